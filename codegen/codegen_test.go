package main

import (
	"maps"
	"os"
	"path/filepath"
	"slices"
	"testing"
)

func load(t *testing.T) *model {
	t.Helper()
	m, err := buildModel(loadScheme())
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func (m *model) structNamed(t *testing.T, id string) *structType {
	t.Helper()
	at := slices.IndexFunc(m.structs, func(s *structType) bool { return s.id() == id })
	if at < 0 {
		t.Fatalf("no struct %s", id)
	}
	return m.structs[at]
}

// The figures change with the release; a change of one that nobody expected is a loss.
func TestFigures(t *testing.T) {
	m := load(t)
	fields := 0
	for _, s := range m.structs {
		fields += len(s.fields)
	}
	if kinds := len(m.kinds); kinds != 345 {
		t.Errorf("%d kinds", kinds)
	}
	if len(m.structs) != 1248 || fields != 5013 {
		t.Errorf("%d structs with %d fields", len(m.structs), fields)
	}
}

func TestFields(t *testing.T) {
	m := load(t)
	for _, want := range []struct {
		structID, field string
		shape           shape
		optional        bool
	}{
		{"coordination/v1.LeaseSpec", "renewTime", shapeMicroTime, true},
		{"core/v1.Container", "name", shapeString, false},
		{"core/v1.ContainerStatus", "restartCount", shapeInt, false},
		{"core/v1.PodSpec", "containers", shapeList, false},
		{"core/v1.PodList", "items", shapeList, false},
		{"core/v1.ServicePort", "targetPort", shapeIntOrString, true},
		{"core/v1.Volume", "emptyDir", shapeStruct, true}, // of an embedded struct
		{"core/v1.Secret", "data", shapeMap, true},
		{"meta/v1.ObjectMeta", "creationTimestamp", shapeTime, true},
		{"meta/v1.ManagedFieldsEntry", "fieldsV1", shapeObject, true},
		{"apiextensions/v1.JSONSchemaProps", "items", shapeUnion, true},
		{"apiextensions/v1.JSONSchemaProps", "maximum", shapeDouble, true},
	} {
		got := m.structNamed(t, want.structID).field(want.field)
		if got == nil || got.typ.shape != want.shape || got.optional != want.optional {
			t.Errorf("%s.%s is %+v", want.structID, want.field, got)
		}
	}
	containers := m.structNamed(t, "core/v1.PodSpec").field("containers")
	if containers.patchStrategy != "merge" || containers.patchMergeKey != "name" {
		t.Errorf("a Pod's containers merge as %q by %q", containers.patchStrategy, containers.patchMergeKey)
	}
}

// The release's OpenAPI document is made from the same types by another way.
func TestAgreesWithOpenAPI(t *testing.T) {
	m := load(t)
	definitions, err := readDefinitions()
	if err != nil {
		t.Fatal(err)
	}
	compared := 0
	for _, s := range m.structs {
		known, ok := definitions[s.id()]
		if !ok || len(known.Properties) == 0 {
			continue
		}
		compared++
		names := map[string]bool{}
		for _, f := range s.fields {
			names[f.name] = true
			property := known.Properties[f.name]
			if f.patchStrategy != property.PatchStrategy || f.patchMergeKey != property.PatchMergeKey {
				t.Errorf("%s.%s merges as %q by %q, in OpenAPI as %q by %q", s.id(), f.name,
					f.patchStrategy, f.patchMergeKey, property.PatchStrategy, property.PatchMergeKey)
			}
		}
		want := slices.Sorted(maps.Keys(known.Properties))
		if got := slices.Sorted(maps.Keys(names)); !slices.Equal(got, want) {
			t.Errorf("%s has the fields %v, in OpenAPI %v", s.id(), got, want)
		}
	}
	if compared < 800 {
		t.Errorf("only %d structs were found in the document", compared)
	}
}

func TestFilesInPlaceAreThoseThatItWrites(t *testing.T) {
	files, err := generate()
	if err != nil {
		t.Fatal(err)
	}
	for name, text := range files {
		found, err := os.ReadFile(filepath.Join(kubeSource, filepath.FromSlash(name)))
		if err != nil {
			t.Error(err)
		} else if string(found) != text {
			t.Errorf("%s is not up to date: run go run . in codegen", name)
		}
	}
}
