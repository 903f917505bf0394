package main

import (
	"context"
	"fmt"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
)

const namespace = "default"

func configMap(name string, data map[string]string) *corev1.ConfigMap {
	meta := metav1.ObjectMeta{Name: name, Namespace: namespace, Labels: map[string]string{"of": "go"}}
	return &corev1.ConfigMap{ObjectMeta: meta, Data: data}
}

// Lists in pages, patches of each sort, and refusals as typed errors.
func objects(ctx context.Context, opened *clients) (any, error) {
	maps := opened.core.ConfigMaps(namespace)
	for _, name := range []string{"a", "b", "c", "d", "e"} {
		if _, err := maps.Create(ctx, configMap(name, map[string]string{"k": name}), metav1.CreateOptions{}); err != nil {
			return nil, err
		}
	}
	found := map[string]any{}
	pages := [][]string{}
	options := metav1.ListOptions{LabelSelector: "of=go", Limit: 2}
	for {
		page, err := maps.List(ctx, options)
		if err != nil {
			return nil, err
		}
		names := []string{}
		for _, item := range page.Items {
			names = append(names, item.Name)
		}
		pages = append(pages, names)
		if page.Continue == "" {
			break
		}
		options.Continue = page.Continue
	}
	found["pages"] = pages

	patches := map[types.PatchType]string{
		types.JSONPatchType:           `[{"op":"replace","path":"/data/k","value":"json"}]`,
		types.MergePatchType:          `{"data":{"k":null,"merged":"yes"}}`,
		types.StrategicMergePatchType: `{"metadata":{"labels":{"strategic":"yes"}}}`,
	}
	for _, how := range []types.PatchType{types.JSONPatchType, types.MergePatchType, types.StrategicMergePatchType} {
		patched, err := maps.Patch(ctx, "a", how, []byte(patches[how]), metav1.PatchOptions{})
		if err != nil {
			return nil, fmt.Errorf("%s: %w", how, err)
		}
		found[string(how)] = map[string]any{"data": patched.Data, "labels": patched.Labels}
	}

	stale, err := maps.Get(ctx, "b", metav1.GetOptions{})
	if err != nil {
		return nil, err
	}
	if _, err := maps.Patch(ctx, "b", types.MergePatchType, []byte(`{"data":{"k":"new"}}`), metav1.PatchOptions{}); err != nil {
		return nil, err
	}
	_, conflict := maps.Update(ctx, stale, metav1.UpdateOptions{})
	_, exists := maps.Create(ctx, configMap("a", nil), metav1.CreateOptions{})
	_, missing := maps.Get(ctx, "nothing", metav1.GetOptions{})
	_, invalid := maps.Create(ctx, configMap("Not_A_Name", nil), metav1.CreateOptions{})
	found["refused"] = []bool{
		apierrors.IsConflict(conflict),
		apierrors.IsAlreadyExists(exists),
		apierrors.IsNotFound(missing),
		apierrors.IsInvalid(invalid),
	}
	uid := types.UID("another")
	wrong := metav1.DeleteOptions{Preconditions: &metav1.Preconditions{UID: &uid}}
	found["precondition"] = apierrors.IsConflict(maps.Delete(ctx, "c", wrong))
	if err := maps.DeleteCollection(ctx, metav1.DeleteOptions{}, metav1.ListOptions{LabelSelector: "of=go"}); err != nil {
		return nil, err
	}
	left, err := maps.List(ctx, metav1.ListOptions{LabelSelector: "of=go"})
	if err != nil {
		return nil, err
	}
	found["left"] = len(left.Items)
	return found, nil
}

// A list, and then everything that happened after it.
func watchFrom(ctx context.Context, opened *clients) (any, error) {
	maps := opened.core.ConfigMaps(namespace)
	if _, err := maps.Create(ctx, configMap("before", nil), metav1.CreateOptions{}); err != nil {
		return nil, err
	}
	listed, err := maps.List(ctx, metav1.ListOptions{LabelSelector: "of=go"})
	if err != nil {
		return nil, err
	}
	if _, err := maps.Create(ctx, configMap("between", nil), metav1.CreateOptions{}); err != nil {
		return nil, err
	}
	watching, err := maps.Watch(ctx, metav1.ListOptions{LabelSelector: "of=go", ResourceVersion: listed.ResourceVersion})
	if err != nil {
		return nil, err
	}
	defer watching.Stop()
	seen := []string{}
	for event := range watching.ResultChan() {
		object, isMap := event.Object.(*corev1.ConfigMap)
		if !isMap {
			return nil, fmt.Errorf("%s: %v", event.Type, event.Object)
		}
		seen = append(seen, fmt.Sprintf("%s %s", event.Type, object.Name))
		switch len(seen) {
		case 1:
			labels := []byte(`{"metadata":{"labels":{"of":"others"}}}`)
			if _, err := maps.Patch(ctx, "between", types.MergePatchType, labels, metav1.PatchOptions{}); err != nil {
				return nil, err
			}
		case 2:
			if err := maps.Delete(ctx, "before", metav1.DeleteOptions{}); err != nil {
				return nil, err
			}
		case 3:
			return seen, nil
		}
	}
	return nil, fmt.Errorf("the watch ended after %v", seen)
}
