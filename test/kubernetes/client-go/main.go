// What programs in Go do with a cluster, done with our own: each command writes what it found as JSON.
package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"strings"

	"k8s.io/client-go/discovery"
	"k8s.io/client-go/dynamic"
	core "k8s.io/client-go/kubernetes/typed/core/v1"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"
)

// Clients of one server, and how often they listed.
type clients struct {
	core      *core.CoreV1Client
	dynamic   *dynamic.DynamicClient
	discovery *discovery.DiscoveryClient
	lists     *counter
}

func main() {
	if len(os.Args) != 3 {
		fail(errors.New("expected a command and a kubeconfig"))
	}
	opened, err := open(os.Args[2])
	if err != nil {
		fail(err)
	}
	ctx := context.Background()
	var found any
	switch os.Args[1] {
	case "objects":
		found, err = objects(ctx, opened)
	case "apply":
		found, err = apply(ctx, opened)
	case "watch":
		found, err = watchFrom(ctx, opened)
	case "rules":
		found, err = rules(ctx, opened)
	case "inform":
		err = inform(ctx, opened, func() { untilInputEnds() })
		found = map[string]any{"lists": opened.lists.value()}
	default:
		err = fmt.Errorf("there is no command %q", os.Args[1])
	}
	if err != nil {
		fail(err)
	}
	tell(found)
}

func open(kubeconfig string) (*clients, error) {
	config, err := clientcmd.BuildConfigFromFlags("", kubeconfig)
	if err != nil {
		return nil, err
	}
	lists := &counter{}
	config.Wrap(lists.around)
	return openAs(config, lists)
}

func openAs(config *rest.Config, lists *counter) (*clients, error) {
	typed, err := core.NewForConfig(config)
	if err != nil {
		return nil, err
	}
	untyped, err := dynamic.NewForConfig(config)
	if err != nil {
		return nil, err
	}
	finder, err := discovery.NewDiscoveryClientForConfig(config)
	if err != nil {
		return nil, err
	}
	return &clients{core: typed, dynamic: untyped, discovery: finder, lists: lists}, nil
}

func untilInputEnds() {
	scanner := bufio.NewScanner(os.Stdin)
	for scanner.Scan() {
		if strings.TrimSpace(scanner.Text()) == "end" {
			return
		}
	}
}

func tell(value any) {
	text, err := json.Marshal(value)
	if err != nil {
		fail(err)
	}
	fmt.Println(string(text))
}

func fail(err error) {
	fmt.Fprintln(os.Stderr, err)
	os.Exit(1)
}
