//go:build tools

// Package tools pins the server that the cluster tests run against.
package tools

import _ "k8s.io/kubernetes/cmd/kube-apiserver"
