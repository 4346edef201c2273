package main

import (
	"encoding/json"
	"fmt"

	"github.com/google/cel-go/cel"

	"k8s.io/apimachinery/pkg/runtime/schema"
	utiljson "k8s.io/apimachinery/pkg/util/json"
	"k8s.io/apimachinery/pkg/util/version"
	apiservercel "k8s.io/apiserver/pkg/cel"
	"k8s.io/apiserver/pkg/cel/common"
	"k8s.io/apiserver/pkg/cel/environment"
	"k8s.io/apiserver/pkg/cel/library"
	"k8s.io/apiserver/pkg/cel/openapi"
	"k8s.io/apiserver/pkg/cel/openapi/resolver"
	"k8s.io/client-go/kubernetes/scheme"
	"k8s.io/kube-openapi/pkg/validation/spec"
	generated "k8s.io/kubernetes/pkg/generated/openapi"
)

var release = version.MajorMinor(1, 37)

var builtIn = resolver.NewDefinitionsSchemaResolver(generated.GetOpenAPIDefinitions, scheme.Scheme)

// What compiling takes, by kind or schema and types: building an environment takes longer than anything else.
var environments = map[string]*typed{}

type typed struct {
	env    *cel.Env
	schema *spec.Schema
	err    error
}

func ask(q question) answer {
	typed := environmentOf(q)
	if typed.err != nil {
		panic(typed.err)
	}
	ast, issues := typed.env.Compile(q.Expression)
	if issues.Err() != nil {
		return answer{Error: "compile", Message: issues.Err().Error()}
	}
	program, err := typed.env.Program(ast, cel.EvalOptions(cel.OptOptimize, cel.OptTrackCost))
	if err != nil {
		return answer{Error: "plan", Message: err.Error()}
	}
	result := answer{Type: ast.OutputType().String()}
	value, details, err := program.Eval(activation(q, typed.schema))
	if details != nil && details.ActualCost() != nil {
		result.Cost = *details.ActualCost()
	}
	if err != nil {
		result.Error, result.Message = "evaluate", err.Error()
		return result
	}
	result.Value = written(value)
	return result
}

func environmentOf(q question) *typed {
	names, _ := json.Marshal([]any{q.Types, keys(q.Variables)})
	key := q.APIVersion + q.Kind + string(q.Schema) + string(names)
	if environments[key] == nil {
		environments[key] = newEnvironment(q)
	}
	return environments[key]
}

func newEnvironment(q question) *typed {
	result := &typed{}
	var declared *apiservercel.DeclType
	switch {
	case q.Kind != "":
		result.schema, result.err = builtIn.ResolveSchema(schema.FromAPIVersionAndKind(q.APIVersion, q.Kind))
	case q.Schema != nil:
		result.schema = &spec.Schema{}
		result.err = json.Unmarshal(q.Schema, result.schema)
	}
	if result.err != nil {
		return result
	}
	options := environment.VersionedOptions{
		IntroducedVersion: version.MajorMinor(1, 0),
		EnvOptions:        []cel.EnvOption{library.JSONPatch()},
	}
	if result.schema != nil {
		declared = common.SchemaDeclType(&openapi.Schema{Schema: result.schema}, true).MaybeAssignTypeName("Typed")
		options.DeclTypes = []*apiservercel.DeclType{declared}
	}
	for _, name := range keys(q.Variables) {
		options.EnvOptions = append(options.EnvOptions, cel.Variable(name, typeOf(q.Types[name], declared)))
	}
	set, err := environment.MustBaseEnvSet(release).Extend(options)
	if err != nil {
		result.err = err
		return result
	}
	result.env, result.err = set.Env(environment.StoredExpressions)
	return result
}

func typeOf(name string, declared *apiservercel.DeclType) *cel.Type {
	switch name {
	case "object":
		return declared.CelType()
	case "timestamp":
		return cel.TimestampType
	default:
		return cel.DynType
	}
}

func activation(q question, schema *spec.Schema) map[string]any {
	values := map[string]any{}
	for name, value := range q.Variables {
		values[name] = wholeNumbers(value)
		switch q.Types[name] {
		case "object":
			values[name] = common.UnstructuredToVal(values[name], &openapi.Schema{Schema: schema})
		case "timestamp":
			values[name] = timestamp(value.(string))
		}
	}
	return values
}

// As Kubernetes reads JSON: a number without a fraction is an int.
func wholeNumbers(value any) any {
	text, err := json.Marshal(value)
	if err != nil {
		panic(err)
	}
	var read any
	if err := utiljson.Unmarshal([]byte(fmt.Sprintf(`{"value":%s}`, text)), &read); err != nil {
		panic(err)
	}
	return read.(map[string]any)["value"]
}
