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
	files, err := generate()
	if err != nil {
		return err
	}
	// A version that the release has dropped must not stay behind.
	old, err := filepath.Glob(filepath.Join(kubeSource, "types", "*", "v*.ts"))
	if err != nil {
		return err
	}
	for _, path := range old {
		if err := os.Remove(path); err != nil {
			return err
		}
	}
	for name, text := range files {
		if err := write(name, text); err != nil {
			return err
		}
	}
	return nil
}

// generate gives the text of every file, by its name relative to the kube package's source.
func generate() (map[string]string, error) {
	discovered, err := readDiscovery()
	if err != nil {
		return nil, err
	}
	scheme := loadScheme()
	types, err := buildModel(scheme)
	if err != nil {
		return nil, err
	}
	definitions, err := readDefinitions()
	if err != nil {
		return nil, err
	}
	files := map[string]string{
		"resource/catalogue.generated.ts": catalogueFile(discovered),
		"resource/fields.generated.ts":    fieldsFile(types, discovered, definitions),
	}
	zero, err := zeroFile(types, scheme, discovered)
	if err != nil {
		return nil, err
	}
	files["../../apiserver/src/managed-fields/zero.generated.ts"] = zero
	modules, err := typeFiles(types, discovered)
	if err != nil {
		return nil, err
	}
	for name, text := range modules {
		files["types/"+name] = text
	}
	return files, nil
}

// write puts a file in place.
func write(name, text string) error {
	path := filepath.Join(kubeSource, filepath.FromSlash(name))
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return err
	}
	return os.WriteFile(path, []byte(text), 0o644)
}
