import { KindAdorner, toDebugString } from "@bufbuild/cel-spec/testdata/to-debug-string.js";
import type { Bind, Comprehension, Expr } from "../src/syntax/ast.ts";
import { qualifiedName } from "../src/syntax/ast.ts";
import { partsOf, resolve } from "../src/syntax/names.ts";
import { BOOL, DYN, formatType, INT, listOf, optionalOf, type Type } from "../src/types/type.ts";

/** What the checker found, for a tree with types; without it the tree is the parser's. */
export interface Annotations {
  readonly types: ReadonlyMap<Expr, Type>;
  readonly container: string;
  isVariable(name: string): boolean;
  isFunction(name: string): boolean;
  isMessage(name: string): boolean;
}

/** A node as the specification's messages have it; only what is printed. */
interface Node {
  readonly $typeName: "cel.expr.Expr";
  readonly exprKind: { readonly case: string; readonly value: object };
  readonly type: Type | undefined;
}

/**
 * The tree in the notation of cel-go's tests: macros expanded, rows of && and || as balanced trees,
 * after each node its kind (`1^#*expr.Constant_Int64Value#`), or its type where it was checked (`1~int`).
 * cel-go parsed those tests with the standard macros only; with types, it had those of optionals and `cel.bind` too.
 */
export function debugTree(expr: Expr, checked?: Annotations): string {
  return toDebugString(
    new Expansion(checked).of(expr, []) as never,
    checked === undefined ? KindAdorner.singleton : (types as never),
  );
}

/**
 * cel-go's tree with types as `debugTree` writes it: without the names that cel-go has for overloads
 * (`size(x)~int^size_list`), and with dyn for any and type for type(dyn), which are the same here.
 */
export function withoutOverloads(tree: string): string {
  return tree
    .replace(/\)~[^\n^~]*\^[\w@|-]+/g, (found) => found.slice(0, found.indexOf("^")))
    .replace(/~[^\n~^]*/g, plainType);
}

/** A type as `debugTree` writes it. */
export function plainType(type: string): string {
  return type
    .replace(/\bany\b/g, "dyn")
    .replace(/\btype\(dyn\)/g, "type")
    .replace("type(optional_type)", "type(optional_type(dyn))");
}

const types = {
  GetMetadata: ({ type, exprKind }: Partial<Node>) => {
    if (type === undefined || exprKind === undefined) return "";
    const { case: kind, value } = exprKind;
    const { name, messageName } = value as { name?: string; messageName?: string };
    const reference = kind === "identExpr" ? name : messageName;
    return `~${goType(type)}${reference ? `^${reference}` : ""}`;
  },
};

/** As cel-go writes it. */
export function goType(type: Type): string {
  return formatType(type)
    .replace(/\bnull_type\b/g, "null")
    .replace(/google\.protobuf\.Timestamp/g, "timestamp")
    .replace(/google\.protobuf\.Duration/g, "duration");
}

class Expansion {
  readonly #checked: Annotations | undefined;

  constructor(checked: Annotations | undefined) {
    this.#checked = checked;
  }

  /** @param locals the variables of macros around it. */
  of(expr: Expr, locals: readonly string[]): Node {
    const type = this.#typeOf(expr);
    const call = (name: string, args: readonly Node[], target?: Node): Node =>
      node("callExpr", { function: name, target, args }, type);
    switch (expr.kind) {
      case "constant":
        return node("constExpr", { constantKind: { case: constantKinds[expr.type], value: expr.value } }, type);
      case "identifier":
        return ident(this.#name(expr, locals) ?? expr.name, type);
      case "select": {
        const name = expr.test || expr.optional ? undefined : this.#name(expr, locals);
        if (name !== undefined) return ident(name, type);
        const { field, test } = expr;
        const operand = this.of(expr.operand, locals);
        if (!expr.optional) return node("selectExpr", { operand, field, testOnly: test }, type);
        return call("_?._", [operand, constant("stringValue", field)]);
      }
      case "call": {
        const args = expr.args.map((arg) => this.of(arg, locals));
        if (expr.function === "_&&_" || expr.function === "_||_") return this.#balanced(expr.function, args);
        if (expr.target === undefined) return call(this.#function([expr.function]) ?? expr.function, args);
        const namespace = this.#namespace(expr.target, locals);
        const name = namespace && this.#function([...partsOf(namespace), expr.function]);
        if (name !== undefined)
          return call(name.replace("math.greatest", "math.@max").replace("math.least", "math.@min"), args);
        const [list] = expr.args;
        // Of greatest and least with three arguments or more the parser makes one list.
        const spread = this.#checked === undefined && list?.kind === "list" && list.start === expr.start;
        const given = spread ? list.elements.map(({ value }) => this.of(value, locals)) : args;
        return call(expr.function, given, this.of(expr.target, locals));
      }
      case "list":
        return node("listExpr", { elements: expr.elements.map(({ value }) => this.of(value, locals)) }, type);
      case "map":
        return node(
          "structExpr",
          {
            messageName: "",
            entries: expr.entries.map(({ key, value, optional }) =>
              entry({ case: "mapKey", value: this.of(key, locals) }, this.of(value, locals), optional),
            ),
          },
          type,
        );
      case "message":
        return node(
          "structExpr",
          {
            messageName: this.#message(expr.name),
            entries: expr.fields.map(({ name, value, optional }) =>
              entry({ case: "fieldKey", value: name }, this.of(value, locals), optional),
            ),
          },
          type,
        );
      case "comprehension":
        return this.#comprehension(expr, locals, type);
      case "bind":
        return this.#bind(expr, locals, type);
    }
  }

  #balanced(name: string, terms: readonly Node[]): Node {
    const type = this.#checked && BOOL;
    const tree = (low: number, high: number): Node => {
      const middle = Math.ceil((low + high) / 2);
      const left = middle === low ? terms[middle] : tree(low, middle - 1);
      const right = middle === high ? terms[middle + 1] : tree(middle + 1, high);
      return node("callExpr", { function: name, args: [left, right] }, type);
    };
    return tree(0, terms.length - 2);
  }

  #comprehension(expr: Comprehension, locals: readonly string[], type: Type | undefined): Node {
    const { macro, variable, second, filter, written } = expr;
    const range = this.of(expr.range, locals);
    const inner = [...locals, variable];
    const body = this.of(expr.body, inner);
    const condition = filter && this.of(filter, inner);
    const plain = ["all", "exists", "existsOne", "map", "filter"].includes(macro) && second === undefined;
    if (!plain) {
      const args = [
        ident(variable),
        ...(second === undefined ? [] : [ident(second)]),
        ...(condition ? [condition] : []),
        body,
      ];
      return node("callExpr", { function: written, target: range, args }, type);
    }
    const of = (wanted: Type): Type | undefined => this.#checked && wanted;
    const result = ident("@result", macro === "existsOne" ? of(INT) : type);
    const call = (name: string, args: readonly Node[], given = type): Node =>
      node("callExpr", { function: name, args }, given);
    const yes = constant("boolValue", true, of(BOOL));
    const loop = (init: Node, until: Node, step: Node, value: Node = result): Node =>
      comprehension(
        {
          iterVar: variable,
          iterRange: range,
          accuVar: "@result",
          accuInit: init,
          loopCondition: until,
          loopStep: step,
          result: value,
        },
        type,
      );
    switch (macro) {
      case "all":
        return loop(yes, call("@not_strictly_false", [result]), call("_&&_", [result, body]));
      case "exists": {
        const no = constant("boolValue", false, of(BOOL));
        return loop(no, call("@not_strictly_false", [call("!_", [result])]), call("_||_", [result, body]));
      }
      case "existsOne": {
        const [zero, one] = [0n, 1n].map((value) => constant("int64Value", value, of(INT))) as [Node, Node];
        const step = call("_?_:_", [body, call("_+_", [result, one], of(INT)), result], of(INT));
        return loop(zero, yes, step, call("_==_", [result, one]));
      }
      default: {
        const none = node("listExpr", { elements: [] }, type);
        const element = macro === "filter" ? ident(variable, type?.kind === "list" ? type.element : undefined) : body;
        const more = call("_+_", [
          result,
          node("listExpr", { elements: [element] }, element.type && listOf(element.type)),
        ]);
        const when = macro === "filter" ? body : condition;
        return loop(none, yes, when === undefined ? more : call("_?_:_", [when, more, result]));
      }
    }
  }

  #bind(expr: Bind, locals: readonly string[], type: Type | undefined): Node {
    const { macro, variable } = expr;
    const value = this.of(expr.value, locals);
    const body = this.of(expr.body, [...locals, variable]);
    if (this.#checked === undefined) {
      const args = macro === "bind" ? [ident(variable), value, body] : [ident(variable), body];
      return node("callExpr", { function: macro, target: macro === "bind" ? ident("cel") : value, args }, type);
    }
    const bound = (init: Node): Node =>
      comprehension(
        {
          iterVar: "#unused",
          iterRange: node("listExpr", { elements: [] }, listOf(DYN)),
          accuVar: variable,
          accuInit: init,
          loopCondition: constant("boolValue", false, BOOL),
          loopStep: ident(variable, init.type),
          result: body,
        },
        body.type,
      );
    if (macro === "bind") return bound(value);
    const call = (name: string, given: Type | undefined, args: readonly Node[], target?: Node): Node =>
      node("callExpr", { function: name, target, args }, given);
    const inside = value.type?.kind === "opaque" ? (value.type.parameters[0] ?? DYN) : DYN;
    const mapped = bound(call("value", inside, [], value));
    return call("_?_:_", type, [
      call("hasValue", BOOL, [], value),
      macro === "optMap" ? call("optional.of", body.type && optionalOf(body.type), [mapped]) : mapped,
      call("optional.none", type, []),
    ]);
  }

  #typeOf(expr: Expr): Type | undefined {
    return this.#checked && (this.#checked.types.get(expr) ?? DYN);
  }

  /** The full name, where the expression is nothing but a name and that one of a variable. */
  #name(expr: Expr, locals: readonly string[]): string | undefined {
    const name = this.#namespace(expr, locals);
    if (name === undefined || this.#checked === undefined) return undefined;
    const { container, isVariable } = this.#checked;
    return resolve(partsOf(name), container, isVariable, "whole")?.name;
  }

  #namespace(expr: Expr, locals: readonly string[]): string | undefined {
    const name = qualifiedName(expr);
    return name === undefined || locals.includes(name.split(".")[0] ?? "") ? undefined : name;
  }

  #function(names: readonly string[]): string | undefined {
    if (this.#checked === undefined) return undefined;
    return resolve(names, this.#checked.container, this.#checked.isFunction, "whole")?.name;
  }

  #message(name: string): string {
    if (this.#checked === undefined) return name;
    return resolve(partsOf(name), this.#checked.container, this.#checked.isMessage, "whole")?.name ?? name;
  }
}

const constantKinds = {
  null: "nullValue",
  bool: "boolValue",
  int: "int64Value",
  uint: "uint64Value",
  double: "doubleValue",
  string: "stringValue",
  bytes: "bytesValue",
} as const;

function node(kind: string, value: object, type?: Type): Node {
  return { $typeName: "cel.expr.Expr", exprKind: { case: kind, value }, type };
}

const ident = (name: string, type?: Type): Node => node("identExpr", { name }, type);

const constant = (kind: string, value: unknown, type?: Type): Node =>
  node("constExpr", { constantKind: { case: kind, value } }, type);

const comprehension = (parts: object, type?: Type): Node => node("comprehensionExpr", parts, type);

const entry = (keyKind: object, value: Node, optionalEntry: boolean): object => ({
  $typeName: "cel.expr.Expr.CreateStruct.Entry",
  keyKind,
  value,
  optionalEntry,
});
