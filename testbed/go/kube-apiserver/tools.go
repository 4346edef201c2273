//go:build tools

// Package tools pins the server that the cluster tests run against, and the kubectl of its release.
package tools

import (
	_ "k8s.io/kubernetes/cmd/kube-apiserver"
	_ "k8s.io/kubernetes/cmd/kubectl"
)
