package main

import (
	"fmt"
	"slices"
	"strings"
)

// letters are the one-letter names of the shapes in the field table; fields.ts reads them.
var letters = map[shape]string{
	shapeString:      "s",
	shapeInt:         "i",
	shapeDouble:      "d",
	shapeBool:        "b",
	shapeBytes:       "y",
	shapeTime:        "t",
	shapeMicroTime:   "m",
	shapeDuration:    "p",
	shapeQuantity:    "q",
	shapeIntOrString: "x",
	shapeObject:      "o",
	shapeAny:         "a",
	shapeUnion:       "a",
}

// fieldsFile writes what fields.ts decodes: the kinds that the release serves,
// the structs that they are made of, and how patches merge each field.
func fieldsFile(m *model, served []groupVersion, definitions map[string]definition) string {
	kinds := slices.DeleteFunc(slices.Clone(m.kinds), func(k *kind) bool { return !isServed(k, served) })
	var file strings.Builder
	file.WriteString(header)
	file.WriteString(`
/** API version, package, kinds. */
export type KindRow = readonly [string, string, string];

export const kinds: readonly KindRow[] = [
`)
	for start := 0; start < len(kinds); {
		end, names := start, []string{}
		for ; end < len(kinds) && kinds[end].apiVersion == kinds[start].apiVersion && kinds[end].typ.pkg == kinds[start].typ.pkg; end++ {
			names = append(names, kinds[end].name)
		}
		fmt.Fprintf(&file, "  [%q, %q, %q],\n", kinds[start].apiVersion, kinds[start].typ.pkg, strings.Join(names, " "))
		start = end
	}
	file.WriteString(`];

/** Package, then struct, then its fields in a notation that fields.ts explains. */
export const packages: Readonly<Record<string, Readonly<Record<string, string>>>> = {
`)
	pkg := ""
	for _, typ := range reachable(kinds) {
		if typ.pkg != pkg {
			if pkg != "" {
				file.WriteString("  },\n")
			}
			pkg = typ.pkg
			fmt.Fprintf(&file, "  %q: {\n", pkg)
		}
		fmt.Fprintf(&file, "    %s: %q,\n", typ.name, structText(typ, definitions[typ.id()]))
	}
	file.WriteString("  },\n};\n")
	return file.String()
}

func isServed(k *kind, served []groupVersion) bool {
	if slices.Contains([]string{"meta/v1", "apidiscovery/v2"}, k.typ.pkg) {
		return true
	}
	return slices.ContainsFunc(served, func(gv groupVersion) bool {
		return strings.TrimPrefix(gv.group+"/"+gv.version, "/") == k.apiVersion
	})
}

// reachable gives the structs of kinds and all that these are made of, by name.
func reachable(kinds []*kind) []*structType {
	seen := map[*structType]bool{}
	var found []*structType
	var visit func(typ *structType)
	visitRef := func(ref *typeRef) {
		for ; ref != nil; ref = ref.element {
			if ref.name != nil {
				visit(ref.name)
			}
		}
	}
	visit = func(typ *structType) {
		if seen[typ] {
			return
		}
		seen[typ] = true
		found = append(found, typ)
		for i := range typ.fields {
			visitRef(&typ.fields[i].typ)
		}
	}
	for _, k := range kinds {
		visit(k.typ)
	}
	slices.SortFunc(found, func(a, b *structType) int { return strings.Compare(a.id(), b.id()) })
	return found
}

func structText(typ *structType, known definition) string {
	var parts []string
	if mark := topologyText(known.topology); mark != "" {
		parts = append(parts, mark)
	}
	for _, f := range typ.fields {
		text := f.name + ":" + refText(f.typ, typ.pkg)
		if f.patchStrategy != "" {
			text += "!" + f.patchStrategy
			if f.patchMergeKey != "" {
				text += ":" + f.patchMergeKey
			}
		}
		parts = append(parts, text+topologyText(known.Properties[f.name].topology))
	}
	return strings.Join(parts, " ")
}

func refText(ref typeRef, pkg string) string {
	switch ref.shape {
	case shapeList:
		return "[" + refText(*ref.element, pkg)
	case shapeMap:
		return "{" + refText(*ref.element, pkg)
	case shapeStruct:
		if ref.name.pkg == pkg {
			return ref.name.name
		}
		return ref.name.id()
	}
	letter, ok := letters[ref.shape]
	if !ok {
		panic("no letter for the shape " + ref.shape)
	}
	return letter
}

func topologyText(t topology) string {
	mark := t.MapType
	if t.ListType != "" {
		mark = t.ListType
	}
	if mark == "" {
		return ""
	}
	if len(t.ListMapKeys) > 0 {
		mark += ":" + strings.Join(t.ListMapKeys, ",")
	}
	return "@" + mark
}
