// Command oracle answers what Kubernetes' own CEL makes of expressions: one question a line, as
// JSON, and one answer a line, in order.
package main

import (
	"bufio"
	"encoding/json"
	"os"
)

// A question is an expression and what it is evaluated on.
type question struct {
	Expression string `json:"expression"`
	// By name; numbers without a fraction are ints.
	Variables map[string]any `json:"variables"`
	// Of variables that are not dynamic: "timestamp", or "object" for one that Kind or Schema describes.
	Types map[string]string `json:"types"`
	// The built-in kind whose type "object" is, such as v1 Pod or apps/v1 Deployment.
	APIVersion string `json:"apiVersion"`
	Kind       string `json:"kind"`
	// Instead of Kind, an OpenAPI v3 schema.
	Schema json.RawMessage `json:"schema"`
}

// An answer is a type and a value with its type, or an error.
type answer struct {
	Type  string `json:"type,omitempty"`
	Value any    `json:"value,omitempty"`
	// Run-time cost, in Kubernetes' units.
	Cost uint64 `json:"cost"`
	// "compile", "plan" (a constant part has no value, whether it is reached or not) or "evaluate"; with Message.
	Error   string `json:"error,omitempty"`
	Message string `json:"message,omitempty"`
}

func main() {
	in := bufio.NewScanner(os.Stdin)
	in.Buffer(nil, 64<<20)
	out := bufio.NewWriter(os.Stdout)
	defer out.Flush()
	for in.Scan() {
		var q question
		if err := json.Unmarshal(in.Bytes(), &q); err != nil {
			panic(err)
		}
		line, err := json.Marshal(ask(q))
		if err != nil {
			panic(err)
		}
		out.Write(append(line, '\n'))
		out.Flush()
	}
	if err := in.Err(); err != nil {
		panic(err)
	}
}
