package main

import (
	"context"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	applycore "k8s.io/client-go/applyconfigurations/core/v1"
)

// Server-side apply of a built-in kind: who owns what, a conflict, force, and what is dropped when it is not applied any more.
func apply(ctx context.Context, opened *clients) (any, error) {
	maps := opened.core.ConfigMaps(namespace)
	with := func(data map[string]string) *applycore.ConfigMapApplyConfiguration {
		return applycore.ConfigMap("applied", namespace).WithData(data)
	}
	one := metav1.ApplyOptions{FieldManager: "one"}
	two := metav1.ApplyOptions{FieldManager: "two"}
	if _, err := maps.Apply(ctx, with(map[string]string{"a": "1", "b": "1"}), one); err != nil {
		return nil, err
	}
	_, conflict := maps.Apply(ctx, with(map[string]string{"a": "2"}), two)
	two.Force = true
	if _, err := maps.Apply(ctx, with(map[string]string{"a": "2"}), two); err != nil {
		return nil, err
	}
	applied, err := maps.Apply(ctx, with(map[string]string{}), one)
	if err != nil {
		return nil, err
	}
	extracted, err := applycore.ExtractConfigMap(applied, "two")
	if err != nil {
		return nil, err
	}
	return map[string]any{
		"conflict": apierrors.IsConflict(conflict),
		"data":     applied.Data,
		"owned":    extracted.Data,
	}, nil
}

// Server-side apply of one of our own kinds by the dynamic client.
func rules(ctx context.Context, opened *clients) (any, error) {
	kind := schema.GroupVersionResource{Group: "signalbox.dev", Version: "v1", Resource: "rules"}
	all := opened.dynamic.Resource(kind).Namespace(namespace)
	rule := &unstructured.Unstructured{Object: map[string]any{
		"apiVersion": "signalbox.dev/v1",
		"kind":       "Rule",
		"metadata":   map[string]any{"name": "us-east-1.default.by-go"},
		"spec":       map[string]any{"pattern": `{"source":["go"]}`},
	}}
	options := metav1.ApplyOptions{FieldManager: "go"}
	applied, err := all.Apply(ctx, rule.GetName(), rule, options)
	if err != nil {
		return nil, err
	}
	pattern, _, err := unstructured.NestedString(applied.Object, "spec", "pattern")
	if err != nil {
		return nil, err
	}
	if err := unstructured.SetNestedField(rule.Object, `{"source":"go"}`, "spec", "pattern"); err != nil {
		return nil, err
	}
	_, invalid := all.Apply(ctx, rule.GetName(), rule, options)
	groups, err := opened.discovery.ServerPreferredResources()
	if err != nil {
		return nil, err
	}
	isKnown := false
	for _, group := range groups {
		for _, resource := range group.APIResources {
			isKnown = isKnown || (resource.Kind == "Rule" && group.GroupVersion == "signalbox.dev/v1")
		}
	}
	version, err := opened.discovery.ServerVersion()
	if err != nil {
		return nil, err
	}
	return map[string]any{
		"pattern": pattern,
		"invalid": apierrors.IsInvalid(invalid),
		"known":   isKnown,
		"minor":   version.Minor,
	}, nil
}
