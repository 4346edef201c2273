package main

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"sort"
	"strconv"
	"time"

	"github.com/google/cel-go/common/types"
	"github.com/google/cel-go/common/types/ref"
	"github.com/google/cel-go/common/types/traits"

	apiservercel "k8s.io/apiserver/pkg/cel"
)

// A value as JSON that keeps its type: a list of the type's name and what it holds.
func written(value ref.Val) any {
	switch v := value.(type) {
	case types.Null:
		return []any{"null"}
	case types.Bool:
		return []any{"bool", bool(v)}
	case types.Int:
		return []any{"int", strconv.FormatInt(int64(v), 10)}
	case types.Uint:
		return []any{"uint", strconv.FormatUint(uint64(v), 10)}
	case types.Double:
		return []any{"double", strconv.FormatFloat(float64(v), 'e', -1, 64)}
	case types.String:
		return []any{"string", string(v)}
	case types.Bytes:
		return []any{"bytes", base64.StdEncoding.EncodeToString(v)}
	case types.Timestamp:
		return []any{"timestamp", v.UTC().Format(time.RFC3339Nano)}
	case types.Duration:
		return []any{"duration", strconv.FormatInt(v.Nanoseconds(), 10)}
	case *types.Optional:
		if !v.HasValue() {
			return []any{"optional"}
		}
		return []any{"optional", written(v.GetValue())}
	case ref.Type:
		return []any{"type", v.TypeName()}
	case traits.Mapper:
		return []any{"map", entries(v)}
	case traits.Lister:
		list := []any{}
		for each := v.Iterator(); each.HasNext() == types.True; {
			list = append(list, written(each.Next()))
		}
		return []any{"list", list}
	}
	name := value.Type().TypeName()
	switch v := value.(type) {
	case apiservercel.Quantity:
		return []any{name, v.String()}
	case *apiservercel.Quantity:
		return []any{name, v.String()}
	case apiservercel.URL:
		return []any{name, v.URL.String()}
	case apiservercel.IP:
		return []any{name, v.Addr.String()}
	case apiservercel.CIDR:
		return []any{name, v.Prefix.String()}
	case apiservercel.Semver:
		return []any{name, v.Version.String()}
	case apiservercel.Format:
		return []any{name, v.Name}
	}
	// A struct of the schema.
	if fields, ok := value.(traits.Iterable); ok {
		return []any{"map", entries(fields.(mapper))}
	}
	return []any{name, fmt.Sprint(value.Value())}
}

type mapper interface {
	traits.Iterable
	traits.Indexer
}

// Entries in the order of their keys.
func entries(m mapper) []any {
	list := []any{}
	for each := m.Iterator(); each.HasNext() == types.True; {
		key := each.Next()
		list = append(list, []any{written(key), written(m.Get(key))})
	}
	sort.Slice(list, func(i, j int) bool { return keyText(list[i]) < keyText(list[j]) })
	return list
}

func keyText(entry any) string {
	text, err := json.Marshal(entry.([]any)[0])
	if err != nil {
		panic(err)
	}
	return string(text)
}

func timestamp(text string) types.Timestamp {
	moment, err := time.Parse(time.RFC3339Nano, text)
	if err != nil {
		panic(err)
	}
	return types.Timestamp{Time: moment}
}

func keys(m map[string]any) []string {
	names := []string{}
	for name := range m {
		names = append(names, name)
	}
	sort.Strings(names)
	return names
}
