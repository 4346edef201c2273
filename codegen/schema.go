package main

import (
	"cmp"
	"encoding/json"
	"fmt"
	"path"
	"reflect"
	"slices"
	"strings"

	apidiscoveryv2 "k8s.io/api/apidiscovery/v2"
	apiextensionsv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	apiextensionsv1beta1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1beta1"
	quantity "k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/util/intstr"
	utilruntime "k8s.io/apimachinery/pkg/util/runtime"
	clientscheme "k8s.io/client-go/kubernetes/scheme"
	apiregistrationv1 "k8s.io/kube-aggregator/pkg/apis/apiregistration/v1"
)

// shape says how a value looks in JSON.
type shape string

const (
	shapeString      shape = "string"
	shapeInt         shape = "int"
	shapeDouble      shape = "double"
	shapeBool        shape = "bool"
	shapeBytes       shape = "bytes"
	shapeTime        shape = "time"
	shapeMicroTime   shape = "microTime"
	shapeDuration    shape = "duration"
	shapeQuantity    shape = "quantity"
	shapeIntOrString shape = "intOrString"
	shapeObject      shape = "object" // of any fields
	shapeAny         shape = "any"
	shapeUnion       shape = "union" // one of several; see union
	shapeList        shape = "list"
	shapeMap         shape = "map" // its keys are strings
	shapeStruct      shape = "struct"
)

type typeRef struct {
	shape   shape
	element *typeRef    // of a list or a map
	name    *structType // of a struct
	union   []typeRef
}

type field struct {
	name          string
	typ           typeRef
	optional      bool
	patchStrategy string
	patchMergeKey string
}

type structType struct {
	pkg, name string // such as core/v1 and Pod
	fields    []field
}

func (s *structType) id() string { return s.pkg + "." + s.name }

// field gives the field of that JSON name, or nil.
func (s *structType) field(name string) *field {
	for i := range s.fields {
		if s.fields[i].name == name {
			return &s.fields[i]
		}
	}
	return nil
}

type kind struct {
	apiVersion, name string
	typ              *structType
}

// isObject tells kinds that are stored, or are lists, from the rest, such as Status.
func (k *kind) isObject() bool {
	meta := k.typ.field("metadata")
	return meta != nil && (meta.typ.name.name == "ObjectMeta" || k.typ.field("items") != nil)
}

// model is all that is known of the types, in the order of their names.
type model struct {
	kinds   []*kind
	structs []*structType
	byType  map[reflect.Type]*structType
}

// marshalsItself lists the types whose JSON is not that of their Go fields.
var marshalsItself = map[reflect.Type]shape{
	reflect.TypeFor[metav1.Time]():               shapeTime,
	reflect.TypeFor[metav1.MicroTime]():          shapeMicroTime,
	reflect.TypeFor[metav1.Duration]():           shapeDuration,
	reflect.TypeFor[quantity.Quantity]():         shapeQuantity,
	reflect.TypeFor[intstr.IntOrString]():        shapeIntOrString,
	reflect.TypeFor[metav1.FieldsV1]():           shapeObject,
	reflect.TypeFor[runtime.RawExtension]():      shapeObject,
	reflect.TypeFor[runtime.Object]():            shapeObject,
	reflect.TypeFor[apiextensionsv1.JSON]():      shapeAny,
	reflect.TypeFor[apiextensionsv1beta1.JSON](): shapeAny,
	reflect.TypeFor[any]():                       shapeAny,
}

// unionOf lists the types that marshal as one of their Go fields.
var unionOf = map[reflect.Type]bool{
	reflect.TypeFor[apiextensionsv1.JSONSchemaPropsOrArray]():            true,
	reflect.TypeFor[apiextensionsv1.JSONSchemaPropsOrBool]():             true,
	reflect.TypeFor[apiextensionsv1.JSONSchemaPropsOrStringArray]():      true,
	reflect.TypeFor[apiextensionsv1beta1.JSONSchemaPropsOrArray]():       true,
	reflect.TypeFor[apiextensionsv1beta1.JSONSchemaPropsOrBool]():        true,
	reflect.TypeFor[apiextensionsv1beta1.JSONSchemaPropsOrStringArray](): true,
}

// loadScheme gives the built-in kinds, and those that ship with every server
// though they live in modules of their own.
func loadScheme() *runtime.Scheme {
	scheme := runtime.NewScheme()
	for _, add := range []func(*runtime.Scheme) error{
		clientscheme.AddToScheme, apidiscoveryv2.AddToScheme, apiextensionsv1.AddToScheme,
		apiextensionsv1beta1.AddToScheme, apiregistrationv1.AddToScheme, metav1.AddMetaToScheme,
	} {
		utilruntime.Must(add(scheme))
	}
	metav1.AddToGroupVersion(scheme, schema.GroupVersion{Version: "v1"})
	return scheme
}

// buildModel reads every kind of the scheme, and what it is made of.
func buildModel(scheme *runtime.Scheme) (*model, error) {
	m := &model{byType: map[reflect.Type]*structType{}}
	for gvk, goType := range scheme.AllKnownTypes() {
		if gvk.Version == runtime.APIVersionInternal {
			continue
		}
		typ, err := m.structOf(goType)
		if err != nil {
			return nil, err
		}
		// The options that travel in queries and bodies are registered in every group: they belong to none.
		if typ.pkg == "meta/v1" && gvk.Group != "" && gvk.Group != metav1.GroupName || isOption(gvk.Kind) && typ.pkg == "meta/v1" {
			continue
		}
		m.kinds = append(m.kinds, &kind{apiVersion: gvk.GroupVersion().String(), name: gvk.Kind, typ: typ})
	}
	slices.SortFunc(m.kinds, func(a, b *kind) int {
		return cmp.Or(strings.Compare(a.apiVersion, b.apiVersion), strings.Compare(a.typ.id(), b.typ.id()))
	})
	slices.SortFunc(m.structs, func(a, b *structType) int { return strings.Compare(a.id(), b.id()) })
	for i := 1; i < len(m.structs); i++ {
		if m.structs[i].id() == m.structs[i-1].id() {
			return nil, fmt.Errorf("two types are called %s", m.structs[i].id())
		}
	}
	return m, nil
}

func isOption(kind string) bool { return strings.HasSuffix(kind, "Options") || kind == "WatchEvent" }

func (m *model) structOf(goType reflect.Type) (*structType, error) {
	if known, ok := m.byType[goType]; ok {
		return known, nil
	}
	typ := &structType{pkg: shortPackage(goType.PkgPath()), name: goType.Name()}
	m.byType[goType] = typ // before its fields: types refer to themselves
	m.structs = append(m.structs, typ)
	fields, err := m.fieldsOf(goType)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", typ.id(), err)
	}
	typ.fields = fields
	for i, f := range fields {
		if slices.ContainsFunc(fields[:i], func(earlier field) bool { return earlier.name == f.name }) {
			return nil, fmt.Errorf("%s has the field %s twice", typ.id(), f.name)
		}
	}
	return typ, nil
}

// fieldsOf gives the JSON fields in the order of the Go fields; an embedded
// struct without a JSON name gives its own.
func (m *model) fieldsOf(goType reflect.Type) ([]field, error) {
	var fields []field
	for _, goField := range reflect.VisibleFields(goType) {
		if len(goField.Index) > 1 || !goField.IsExported() {
			continue
		}
		name, options, _ := strings.Cut(goField.Tag.Get("json"), ",")
		if name == "-" {
			continue
		}
		if goField.Anonymous && name == "" {
			inlined, err := m.fieldsOf(dereference(goField.Type))
			if err != nil {
				return nil, err
			}
			fields = append(fields, inlined...)
			continue
		}
		if name == "" {
			name = goField.Name
		}
		typ, err := m.refTo(goField.Type)
		if err != nil {
			return nil, fmt.Errorf("field %s: %w", name, err)
		}
		fields = append(fields, field{
			name:          name,
			typ:           typ,
			optional:      goField.Type.Kind() == reflect.Pointer || strings.Contains(options, "omit"),
			patchStrategy: goField.Tag.Get("patchStrategy"),
			patchMergeKey: goField.Tag.Get("patchMergeKey"),
		})
	}
	return fields, nil
}

func (m *model) refTo(goType reflect.Type) (typeRef, error) {
	goType = dereference(goType)
	if known, ok := marshalsItself[goType]; ok {
		return typeRef{shape: known}, nil
	}
	if unionOf[goType] {
		return m.unionOf(goType)
	}
	marshaler := reflect.TypeFor[json.Marshaler]()
	if goType.Implements(marshaler) || reflect.PointerTo(goType).Implements(marshaler) {
		return typeRef{}, fmt.Errorf("%s marshals itself, in a way not known here", goType)
	}
	switch goType.Kind() {
	case reflect.String:
		return typeRef{shape: shapeString}, nil
	case reflect.Bool:
		return typeRef{shape: shapeBool}, nil
	case reflect.Int, reflect.Int32, reflect.Int64, reflect.Uint, reflect.Uint32, reflect.Uint64:
		return typeRef{shape: shapeInt}, nil
	case reflect.Float64:
		return typeRef{shape: shapeDouble}, nil
	case reflect.Slice:
		if goType.Elem().Kind() == reflect.Uint8 {
			return typeRef{shape: shapeBytes}, nil
		}
		element, err := m.refTo(goType.Elem())
		return typeRef{shape: shapeList, element: &element}, err
	case reflect.Map:
		if goType.Key().Kind() != reflect.String {
			return typeRef{}, fmt.Errorf("the keys of %s are not strings", goType)
		}
		element, err := m.refTo(goType.Elem())
		return typeRef{shape: shapeMap, element: &element}, err
	case reflect.Struct:
		typ, err := m.structOf(goType)
		return typeRef{shape: shapeStruct, name: typ}, err
	}
	return typeRef{}, fmt.Errorf("%s is of no known shape", goType)
}

func (m *model) unionOf(goType reflect.Type) (typeRef, error) {
	ref := typeRef{shape: shapeUnion}
	for _, goField := range reflect.VisibleFields(goType) {
		one, err := m.refTo(goField.Type)
		if err != nil {
			return typeRef{}, err
		}
		ref.union = append(ref.union, one)
	}
	return ref, nil
}

func dereference(goType reflect.Type) reflect.Type {
	if goType.Kind() == reflect.Pointer {
		return goType.Elem()
	}
	return goType
}

// shortPackage names a package by its last two folders: k8s.io/api/core/v1 is core/v1.
func shortPackage(pkgPath string) string {
	dir, version := path.Split(pkgPath)
	return path.Base(dir) + "/" + version
}
