// Command codegen writes the generated files of the workspace from a pinned
// Kubernetes release. Run it from this folder: go run .
package main

import (
	"fmt"
	"os"
	"path/filepath"
)

const kubeSource = "../packages/kube/src"

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, "codegen:", err)
		os.Exit(1)
	}
}

func run() error {
	discovered, err := readDiscovery()
	if err != nil {
		return err
	}
	return write("resource/catalogue.generated.ts", catalogueFile(discovered))
}

// write puts a file, named relative to the kube package's source, in place.
func write(name, text string) error {
	path := filepath.Join(kubeSource, filepath.FromSlash(name))
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return err
	}
	return os.WriteFile(path, []byte(text), 0o644)
}
