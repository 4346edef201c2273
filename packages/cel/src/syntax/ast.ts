/** Where a node stands in the source, in UTF-16 code units from 0. */
export interface Place {
  readonly start: number;
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

/**
 * A literal. An int is a bigint whatever its size, as is a uint. (Of these the parser
 * makes all but `timestamp`, which are calls; folding constants keeps to these too.)
 */
export type Constant = Place & { readonly kind: "constant" } & Literal;

export type Literal =
  | { readonly type: "null"; readonly value: null }
  | { readonly type: "bool"; readonly value: boolean }
  | { readonly type: "int" | "uint"; readonly value: bigint }
  | { readonly type: "double"; readonly value: number }
  | { readonly type: "string"; readonly value: string }
  | { readonly type: "bytes"; readonly value: Uint8Array };

/** A variable or a type; a leading dot, which says that it is none of the container's, is part of the name. */
export interface Identifier extends Place {
  readonly kind: "identifier";
  readonly name: string;
}

/** `operand.field`, `operand.?field`, and `has(operand.field)`. */
export interface Select extends Place {
  readonly kind: "select";
  readonly operand: Expr;
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
  readonly kind: "call";
  readonly function: string;
  readonly target: Expr | undefined;
  readonly args: readonly Expr[];
}

export interface ListLiteral extends Place {
  readonly kind: "list";
  readonly elements: readonly Element[];
}

export interface Element {
  readonly value: Expr;
  /** `[?value]`: an optional, which is left out where it is none. */
  readonly optional: boolean;
}

export interface MapLiteral extends Place {
  readonly kind: "map";
  readonly entries: readonly Entry[];
}

export interface Entry extends Element {
  readonly key: Expr;
}

/** `google.protobuf.Int32Value{value: 1}` */
export interface MessageLiteral extends Place {
  readonly kind: "message";
  readonly name: string;
  readonly fields: readonly (Element & Place & { readonly name: string })[];
}

/** A macro that goes through a list or a map. */
export interface Comprehension extends Place {
  readonly kind: "comprehension";
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
  readonly range: Expr;
  /** The element of a list or the key of a map; with two variables the index or the key. */
  readonly variable: string;
  /** The element or the value, in the macros that have two variables. */
  readonly second: string | undefined;
  /** Which ones count: the middle argument of `map` and of the `transform` macros. */
  readonly filter: Expr | undefined;
  readonly body: Expr;
}

/** `cel.bind(variable, value, body)`, and `value.optMap(variable, body)` or `optFlatMap`, whose value is an optional. */
export interface Bind extends Place {
  readonly kind: "bind";
  readonly macro: "bind" | "optMap" | "optFlatMap";
  readonly variable: string;
  readonly value: Expr;
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
