package main

import (
	"path/filepath"
	"strings"
)

// topology says how server-side apply merges a value; the Go types say it in
// comments only, so it is read from the release's OpenAPI document.
type topology struct {
	ListType    string   `json:"x-kubernetes-list-type"` // atomic, set or map
	ListMapKeys []string `json:"x-kubernetes-list-map-keys"`
	MapType     string   `json:"x-kubernetes-map-type"` // atomic or granular
}

type definition struct {
	topology
	Properties map[string]property `json:"properties"`
}

type property struct {
	topology
	PatchStrategy string `json:"x-kubernetes-patch-strategy"`
	PatchMergeKey string `json:"x-kubernetes-patch-merge-key"`
}

// readDefinitions gives the types that the release serves, by names such as core/v1.Pod.
func readDefinitions() (map[string]definition, error) {
	dir, err := kubernetesDir()
	if err != nil {
		return nil, err
	}
	var document struct {
		Definitions map[string]definition `json:"definitions"`
	}
	if err := readJSON(filepath.Join(dir, "api", "openapi-spec", "swagger.json"), &document); err != nil {
		return nil, err
	}
	definitions := map[string]definition{}
	for name, one := range document.Definitions {
		parts := strings.Split(name, ".")
		definitions[strings.Join(parts[len(parts)-3:len(parts)-1], "/")+"."+parts[len(parts)-1]] = one
	}
	return definitions, nil
}
