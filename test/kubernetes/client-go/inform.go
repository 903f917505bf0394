package main

import (
	"context"
	"fmt"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/tools/cache"
)

// Follows the labelled ConfigMaps, and prints a line for whatever an informer tells, until `until` returns.
func inform(ctx context.Context, opened *clients, until func()) error {
	stopping, stop := context.WithCancel(ctx)
	defer stop()
	labelled := func(options *metav1.ListOptions) { options.LabelSelector = "of=go" }
	source := cache.NewFilteredListWatchFromClient(opened.core.RESTClient(), "configmaps", namespace, labelled)
	informer := cache.NewSharedIndexInformer(source, &corev1.ConfigMap{}, time.Hour, cache.Indexers{})
	say := func(verb string, object any) {
		if gone, isGone := object.(cache.DeletedFinalStateUnknown); isGone {
			object = gone.Obj
			verb = "lost"
		}
		config := object.(*corev1.ConfigMap)
		fmt.Printf("%s %s %s\n", verb, config.Name, config.Data["k"])
	}
	_, err := informer.AddEventHandler(cache.ResourceEventHandlerFuncs{
		AddFunc:    func(object any) { say("add", object) },
		UpdateFunc: func(_, object any) { say("update", object) },
		DeleteFunc: func(object any) { say("delete", object) },
	})
	if err != nil {
		return err
	}
	go informer.Run(stopping.Done())
	if !cache.WaitForCacheSync(stopping.Done(), informer.HasSynced) {
		return fmt.Errorf("the informer never knew what is there")
	}
	fmt.Println("synced")
	until()
	return nil
}
