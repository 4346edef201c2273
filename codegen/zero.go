package main

import (
	"encoding/json"
	"fmt"
	"reflect"
	"strings"

	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
)

// zeroFile writes what a new object of each kind has before anybody fills it
// in: the fields that Go always writes. Server-side apply compares with it.
func zeroFile(m *model, scheme *runtime.Scheme, served []groupVersion) (string, error) {
	var file strings.Builder
	file.WriteString(header)
	file.WriteString("\n/** API version and kind, then the JSON of the empty object. */\n")
	file.WriteString("export const zeroObjects: Readonly<Record<string, string>> = {\n")
	for _, k := range m.kinds {
		if !isServed(k, served) || !k.isObject() || k.typ.field("items") != nil {
			continue
		}
		text, err := zeroText(scheme, k)
		if err != nil {
			return "", err
		}
		if text != `{"metadata":{}}` {
			fmt.Fprintf(&file, "  %q: %q,\n", k.apiVersion+" "+k.name, text)
		}
	}
	file.WriteString("};\n")
	return file.String(), nil
}

func zeroText(scheme *runtime.Scheme, k *kind) (string, error) {
	gv, err := schema.ParseGroupVersion(k.apiVersion)
	if err != nil {
		return "", err
	}
	goType, ok := scheme.AllKnownTypes()[gv.WithKind(k.name)]
	if !ok {
		return "", fmt.Errorf("the scheme has no %s %s", k.apiVersion, k.name)
	}
	text, err := json.Marshal(reflect.New(goType).Interface())
	return string(text), err
}
