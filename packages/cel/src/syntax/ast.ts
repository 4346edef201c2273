/** Where a node stands in the source, in UTF-16 code units from 0. */
export interface Place {
  /** Of its first character. */
  readonly start: number;
  /** Behind its last character. */
  readonly end: number;
  /** Where a message about it points: its operator, its field's name or its bracket, else its start. */
  readonly at: number;
}

/** What an expression is made of. Macros are nodes of their own, not expanded. */
export type Expr =
  | Constant
  | Identifier
  | Select
  | Call
  | ListLiteral
  | MapLiteral
  | MessageLiteral
  | Comprehension
  | Bind;

/** A literal, and where it stands. */
export type Constant = Place & { readonly kind: "constant" } & Literal;

/** The value of a literal by its type. An int is a bigint whatever its size, as is a uint. */
export type Literal =
  | { readonly type: "null"; readonly value: null }
  | { readonly type: "bool"; readonly value: boolean }
  | { readonly type: "int" | "uint"; readonly value: bigint }
  | { readonly type: "double"; readonly value: number }
  | { readonly type: "string"; readonly value: string }
  | { readonly type: "bytes"; readonly value: Uint8Array };

/** A variable or a type; a leading dot, which says that it is none of the container's, is part of the name. */
export interface Identifier extends Place {
  /** Tells it from the other nodes. */
  readonly kind: "identifier";
  /** As it is written, its leading dot too. */
  readonly name: string;
}

/** `operand.field`, `operand.?field`, and `has(operand.field)`. */
export interface Select extends Place {
  /** Tells it from the other nodes. */
  readonly kind: "select";
  /** What the field is read of. */
  readonly operand: Expr;
  /** Without backticks. */
  readonly field: string;
  /** `has(...)`: whether the field is there. */
  readonly test: boolean;
  /** `.?` */
  readonly optional: boolean;
}

/**
 * A function, or an operator by the name that the specification has for it, such as `_+_`,
 * `_[_]` or `_?_:_`. `_&&_` and `_||_` have two arguments or more: as many as are written in a row.
 */
export interface Call extends Place {
  /** Tells it from the other nodes. */
  readonly kind: "call";
  /** Without what stands before the last dot. */
  readonly function: string;
  /** What stands before the dot: a value, or the names of a namespace such as `math`. */
  readonly target: Expr | undefined;
  /** Without the target. */
  readonly args: readonly Expr[];
}

/** `[1, 2, ?x]` */
export interface ListLiteral extends Place {
  /** Tells it from the other nodes. */
  readonly kind: "list";
  /** In their order. */
  readonly elements: readonly Element[];
}

/** What stands in a list, or as the value of a key or field. */
export interface Element {
  /** Of an optional one an expression whose value is an optional. */
  readonly value: Expr;
  /** `[?value]`: an optional, which is left out where it is none. */
  readonly optional: boolean;
}

/** `{"a": 1, ?"b": x}` */
export interface MapLiteral extends Place {
  /** Tells it from the other nodes. */
  readonly kind: "map";
  /** In their order. */
  readonly entries: readonly Entry[];
}

/** A key of a map and its value. */
export interface Entry extends Element {
  /** A string, bool, int or uint. */
  readonly key: Expr;
}

/** `google.protobuf.Int32Value{value: 1}` */
export interface MessageLiteral extends Place {
  /** Tells it from the other nodes. */
  readonly kind: "message";
  /** As it is written, with its dots. */
  readonly name: string;
  /** In their order; their names are without backticks. */
  readonly fields: readonly (Element & Place & { readonly name: string })[];
}

/** A macro that goes through a list or a map. */
export interface Comprehension extends Place {
  /** Tells it from the other nodes. */
  readonly kind: "comprehension";
  /** Which one, whatever it was called. */
  readonly macro:
    | "all"
    | "exists"
    | "existsOne"
    | "map"
    | "filter"
    | "sortBy"
    | "transformList"
    | "transformMap"
    | "transformMapEntry";
  /** As it was written: `exists_one` is `existsOne` too. */
  readonly written: string;
  /** The list or map. */
  readonly range: Expr;
  /** The element of a list or the key of a map; with two variables the index or the key. */
  readonly variable: string;
  /** The element or the value, in the macros that have two variables. */
  readonly second: string | undefined;
  /** Which ones count: the middle argument of `map` and of the `transform` macros. */
  readonly filter: Expr | undefined;
  /** What is evaluated for each. */
  readonly body: Expr;
}

/** `cel.bind(variable, value, body)`, and `value.optMap(variable, body)` or `optFlatMap`, whose value is an optional. */
export interface Bind extends Place {
  /** Tells it from the other nodes. */
  readonly kind: "bind";
  /** Which one. */
  readonly macro: "bind" | "optMap" | "optFlatMap";
  /** What the value is called in the body. */
  readonly variable: string;
  /** Of `optMap` and `optFlatMap` an optional. */
  readonly value: Expr;
  /** Not evaluated where the optional has no value. */
  readonly body: Expr;
}

/** The nodes right below, in the order of evaluation. */
export function children(expr: Expr): Expr[] {
  switch (expr.kind) {
    case "constant":
    case "identifier":
      return [];
    case "select":
      return [expr.operand];
    case "call":
      return expr.target === undefined ? [...expr.args] : [expr.target, ...expr.args];
    case "list":
      return expr.elements.map(({ value }) => value);
    case "map":
      return expr.entries.flatMap(({ key, value }) => [key, value]);
    case "message":
      return expr.fields.map(({ value }) => value);
    case "comprehension":
      return expr.filter === undefined ? [expr.range, expr.body] : [expr.range, expr.filter, expr.body];
    case "bind":
      return [expr.value, expr.body];
  }
}

/** `a.b.c` where the expression is nothing but names, else undefined. */
export function qualifiedName(expr: Expr): string | undefined {
  if (expr.kind === "identifier") return expr.name;
  if (expr.kind !== "select" || expr.test || expr.optional) return undefined;
  const before = qualifiedName(expr.operand);
  return before === undefined ? undefined : `${before}.${expr.field}`;
}
