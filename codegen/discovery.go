package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// The release whose discovery answers are read, and the hash of its module:
// a module that is only read, not imported, has no line in go.sum.
const (
	kubernetesModule = "k8s.io/kubernetes@v1.37.2"
	kubernetesSum    = "h1:A2VDEiObzkYqFTKhSsn0ZEb0RlLEXpHWj93gi2HqEwE="
)

type groupVersion struct {
	group, version string
	resources      []resource
}

// apiVersion is what objects call it: v1, apps/v1.
func (gv groupVersion) apiVersion() string {
	if gv.group == "" {
		return gv.version
	}
	return gv.group + "/" + gv.version
}

type resource struct {
	kind, plural, singular        string
	namespaced                    bool
	verbs, shortNames, categories []string
	subresources                  []subresource
}

type subresource struct {
	name, group, version, kind string
	verbs                      []string
}

// readDiscovery gives what an API server with every API switched on says of
// its resources, the preferred group and version first. The release keeps the
// answers for its own tests.
func readDiscovery() ([]groupVersion, error) {
	dir, err := kubernetesDir()
	if err != nil {
		return nil, err
	}
	dir = filepath.Join(dir, "api", "discovery")
	core, err := readGroupVersion(filepath.Join(dir, "api__v1.json"))
	if err != nil {
		return nil, err
	}
	found := []groupVersion{core}
	var groups metav1.APIGroupList
	if err := readJSON(filepath.Join(dir, "apis.json"), &groups); err != nil {
		return nil, err
	}
	for _, group := range groups.Groups {
		for _, version := range group.Versions {
			name := "apis__" + strings.ReplaceAll(version.GroupVersion, "/", "__") + ".json"
			one, err := readGroupVersion(filepath.Join(dir, name))
			if err != nil {
				return nil, err
			}
			found = append(found, one)
		}
	}
	return found, nil
}

func readGroupVersion(path string) (groupVersion, error) {
	var list metav1.APIResourceList
	if err := readJSON(path, &list); err != nil {
		return groupVersion{}, err
	}
	group, version, grouped := strings.Cut(list.GroupVersion, "/")
	if !grouped {
		group, version = "", list.GroupVersion
	}
	found := groupVersion{group: group, version: version}
	subresources := map[string][]subresource{}
	for _, entry := range list.APIResources {
		slices.Sort(entry.Verbs)
		if parent, name, is := strings.Cut(entry.Name, "/"); is {
			sub := subresource{name: name, group: entry.Group, version: entry.Version, kind: entry.Kind, verbs: entry.Verbs}
			if sub.version == "" {
				sub.group, sub.version = group, version
			}
			subresources[parent] = append(subresources[parent], sub)
			continue
		}
		found.resources = append(found.resources, resource{
			kind: entry.Kind, plural: entry.Name, singular: entry.SingularName, namespaced: entry.Namespaced,
			verbs: entry.Verbs, shortNames: entry.ShortNames, categories: entry.Categories,
		})
	}
	for i := range found.resources {
		found.resources[i].subresources = subresources[found.resources[i].plural]
		slices.SortFunc(found.resources[i].subresources, func(a, b subresource) int { return strings.Compare(a.name, b.name) })
	}
	slices.SortFunc(found.resources, func(a, b resource) int { return strings.Compare(a.plural, b.plural) })
	return found, nil
}

func kubernetesDir() (string, error) {
	out, err := exec.Command("go", "mod", "download", "-json", kubernetesModule).Output()
	var module struct{ Dir, Sum, Error string }
	if parsed := json.Unmarshal(out, &module); parsed != nil {
		return "", fmt.Errorf("go mod download %s: %w", kubernetesModule, errors.Join(err, parsed))
	}
	if module.Error != "" {
		return "", fmt.Errorf("go mod download %s: %s", kubernetesModule, module.Error)
	}
	if module.Sum != kubernetesSum {
		return "", fmt.Errorf("%s has the hash %s, not %s", kubernetesModule, module.Sum, kubernetesSum)
	}
	return module.Dir, nil
}

func readJSON(path string, into any) error {
	data, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	if err := json.Unmarshal(data, into); err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	return nil
}
