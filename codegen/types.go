package main

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// aliases are the names under which meta/v1.ts gives the special values.
var aliases = []struct {
	shape                  shape
	name, definition, says string
}{
	{shapeBytes, "Bytes", "string", "Base64."},
	{shapeTime, "Time", "string", "RFC 3339, whole seconds."},
	{shapeMicroTime, "MicroTime", "string", "RFC 3339, six digits of a second."},
	{shapeDuration, "Duration", "string", "As Go writes it, such as `1m30s`."},
	{shapeQuantity, "Quantity", "string", "Such as `500m` or `2Gi`."},
	{shapeIntOrString, "IntOrString", "number | string", ""},
	{shapeObject, "RawObject", "object", "An object whose fields are not known here."},
}

const aliasPackage = "meta/v1"

// typeFiles gives the text of one module a package, by its name below types/. A
// kind that discovery lists as a resource is there as a type and as a value.
func typeFiles(m *model, discovered []groupVersion) (map[string]string, error) {
	served, err := servedKinds(discovered)
	if err != nil {
		return nil, err
	}
	kinds := map[*structType]*kind{}
	for _, k := range m.kinds {
		kinds[k.typ] = k
	}
	byPackage := map[string][]*structType{}
	for _, typ := range m.structs {
		byPackage[typ.pkg] = append(byPackage[typ.pkg], typ)
	}
	files := map[string]string{}
	for pkg, structs := range byPackage {
		w := typeWriter{pkg: pkg, imports: map[string]bool{}}
		if pkg == aliasPackage {
			w.aliases()
		}
		for _, typ := range structs {
			k := kinds[typ]
			w.structType(typ, k)
			if k == nil {
				continue
			}
			if r, ok := served[servedKind{k.apiVersion, k.name}]; ok {
				w.resource(r)
			}
		}
		files[pkg+".ts"] = header + w.importLines() + w.body.String()
	}
	return files, nil
}

type servedKind struct{ apiVersion, kind string }

type servedResource struct {
	groupVersion
	resource
}

func servedKinds(discovered []groupVersion) (map[servedKind]servedResource, error) {
	served := map[servedKind]servedResource{}
	for _, gv := range discovered {
		for _, r := range gv.resources {
			key := servedKind{gv.apiVersion(), r.kind}
			if other, twice := served[key]; twice {
				return nil, fmt.Errorf("%s of %s is both %s and %s", r.kind, gv.apiVersion(), other.plural, r.plural)
			}
			served[key] = servedResource{gv, r}
		}
	}
	return served, nil
}

type typeWriter struct {
	pkg     string
	imports map[string]bool
	// Whether it holds a kind that is there as a value, too.
	resources bool
	body      strings.Builder
}

func (w *typeWriter) aliases() {
	for _, alias := range aliases {
		w.body.WriteString("\n")
		if alias.says != "" {
			fmt.Fprintf(&w.body, "/** %s */\n", alias.says)
		}
		fmt.Fprintf(&w.body, "export type %s = %s;\n", alias.name, alias.definition)
	}
}

func (w *typeWriter) structType(typ *structType, k *kind) {
	fmt.Fprintf(&w.body, "\nexport interface %s {\n", typ.name)
	for _, f := range typ.fields {
		optional, text := f.optional, ""
		switch {
		case k != nil && f.name == "apiVersion":
			text = fmt.Sprintf("%q", k.apiVersion)
		case k != nil && f.name == "kind":
			text = fmt.Sprintf("%q", k.name)
		case k != nil && f.name == "metadata" && k.isObject():
			optional = false // the server always sends it, and KubeObject asks for it
			fallthrough
		default:
			text = w.typeRef(f.typ)
		}
		mark := ""
		if optional {
			mark = "?"
		}
		fmt.Fprintf(&w.body, "  %s%s: %s;\n", propertyName(f.name), mark, text)
	}
	w.body.WriteString("}\n")
}

func (w *typeWriter) resource(r servedResource) {
	w.resources = true
	fmt.Fprintf(&w.body, "\nexport const %s: ResourceOf<%s> = {\n", r.kind, r.kind)
	fmt.Fprintf(&w.body, "  group: %q,\n  version: %q,\n  kind: %q,\n  plural: %q,\n  namespaced: %t,\n};\n",
		r.group, r.version, r.kind, r.plural, r.namespaced)
}

func (w *typeWriter) typeRef(ref typeRef) string {
	switch ref.shape {
	case shapeString:
		return "string"
	case shapeInt, shapeDouble:
		return "number"
	case shapeBool:
		return "boolean"
	case shapeAny:
		return "unknown"
	case shapeList:
		element := w.typeRef(*ref.element)
		if strings.Contains(element, "|") {
			element = "(" + element + ")"
		}
		return element + "[]"
	case shapeMap:
		return "Record<string, " + w.typeRef(*ref.element) + ">"
	case shapeStruct:
		return w.reference(ref.name.pkg, ref.name.name)
	case shapeUnion:
		var members []string
		for _, member := range ref.union {
			members = append(members, w.typeRef(member))
		}
		return strings.Join(members, " | ")
	}
	for _, alias := range aliases {
		if alias.shape == ref.shape {
			return w.reference(aliasPackage, alias.name)
		}
	}
	panic("no TypeScript for the shape " + ref.shape)
}

func (w *typeWriter) reference(pkg, name string) string {
	if pkg == w.pkg {
		return name
	}
	w.imports[pkg] = true
	return moduleName(pkg) + "." + name
}

func (w *typeWriter) importLines() string {
	var lines strings.Builder
	if w.resources {
		lines.WriteString("import type { ResourceOf } from \"../../resource/resource.ts\";\n")
	}
	for _, pkg := range slices.Sorted(maps.Keys(w.imports)) {
		fmt.Fprintf(&lines, "import type * as %s from \"../%s.ts\";\n", moduleName(pkg), pkg)
	}
	return lines.String()
}

// moduleName is what a module is imported as: metav1 for meta/v1.
func moduleName(pkg string) string { return strings.ReplaceAll(pkg, "/", "") }

func propertyName(name string) string {
	if strings.ContainsAny(name, "-.$") {
		return fmt.Sprintf("%q", name)
	}
	return name
}
