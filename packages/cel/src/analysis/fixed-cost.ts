import { type Call, type Comprehension, type Expr, qualifiedName } from "../syntax/ast.ts";

// Costs are Kubernetes': those of cel-go, which counts what it plans as one look-up as one.

/** A variable and what is read below it by fields and indexes: the way into it costs 1, however it goes on. */
export function isAttribute(expr: Expr): boolean {
  if (expr.kind === "identifier") return true;
  if (expr.kind === "select") return !expr.test;
  return expr.kind === "call" && expr.target === undefined && (expr.function === "_[_]" || expr.function === "_[?_]");
}

const conversions = new Set(
  ["bool", "bytes", "double", "duration", "dyn", "int", "string", "timestamp", "type", "uint"], //
);

/** What is the same at each evaluation at no cost: literals, lists and maps of these, and their conversions. */
export function isFree(expr: Expr): boolean {
  switch (expr.kind) {
    case "constant":
      return true;
    case "list":
      return expr.elements.every(({ value, optional }) => !optional && isFree(value));
    case "map":
      return expr.entries.every(({ key, value, optional }) => !optional && isFree(key) && isFree(value));
    case "call": {
      const [only] = expr.args;
      const isConversion = expr.target === undefined && conversions.has(expr.function) && expr.args.length === 1;
      return isConversion && only !== undefined && isFree(only);
    }
    default:
      return false;
  }
}

/** `value in [1, 2, 3]`, which is one look-up, whatever the list's length. */
export function isSetMembership(list: Expr): boolean {
  if (list.kind !== "list" || !isFree(list)) return false;
  const types = new Set(list.elements.map(({ value }) => (value.kind === "constant" ? value.type : undefined)));
  return types.size <= 1 && !types.has(undefined);
}

/** What names stand for. */
export interface Names {
  /** Of a type or another constant, which costs nothing. */
  readonly isConstant: (name: string) => boolean;
  readonly isFunction: (name: string) => boolean;
}

/** `math.abs(x)`, whose `math` is part of the function's name. */
export function isNamespaced({ target, function: name }: Call, { isFunction }: Names): boolean {
  const namespace = target && qualifiedName(target);
  return namespace !== undefined && isFunction(`${namespace}.${name}`);
}

/** Where a way by fields begins with a value that is made, it costs 1 to begin it. */
export function wayInto(operand: Expr): number {
  return isAttribute(operand) || (operand.kind === "call" && operand.function === "_?_:_") ? 0 : 1;
}

/**
 * What evaluating an expression costs in any case: all but what depends on values, which is told
 * where they are known, namely of calls, of branches that may not be taken, and of each round of a loop.
 * @param known the cost of parts that are evaluated already.
 */
export function fixedCost(expr: Expr, names: Names, known: ReadonlyMap<Expr, number>): number {
  const of = (part: Expr): number => fixedCost(part, names, known);
  const sum = (parts: readonly Expr[]): number => parts.reduce((total, part) => total + of(part), 0);
  if (isFree(expr)) return 0;
  const evaluated = known.get(expr);
  if (evaluated !== undefined) return evaluated;
  switch (expr.kind) {
    case "constant":
      return 0;
    case "identifier":
      return names.isConstant(expr.name) ? 0 : 1;
    case "select": {
      const name = qualifiedName(expr);
      if (name !== undefined && names.isConstant(name)) return 0;
      return of(expr.operand) + wayInto(expr.operand) + (expr.test ? 0 : 1);
    }
    case "list":
      return 10 + sum(expr.elements.map(({ value }) => value));
    case "map":
      return 30 + sum(expr.entries.flatMap(({ key, value }) => [key, value]));
    case "message":
      return 40 + sum(expr.fields.map(({ value }) => value));
    case "bind":
      return of(expr.value) + (expr.macro === "bind" ? of(expr.body) : 1);
    case "comprehension":
      return of(expr.range) + loopCosts[expr.macro].end;
    case "call": {
      const [first, second] = expr.args;
      if (expr.target !== undefined) {
        const isOr = expr.function === "or" || expr.function === "orValue";
        if (isNamespaced(expr, names)) return sum(expr.args);
        return of(expr.target) + (isOr ? 0 : sum(expr.args));
      }
      if (first !== undefined && (branching.has(expr.function) || isLookUp(expr))) return of(first);
      if (first !== undefined && second !== undefined && isIndex(expr)) {
        return of(first) + of(second) + wayInto(first) + (isAttribute(second) ? 0 : 1);
      }
      return sum(expr.args);
    }
  }
}

const branching = new Set(["_&&_", "_||_", "_?_:_"]);
const isIndex = (expr: Expr): boolean => expr.kind === "call" && /^_\[\??_\]$/.test(expr.function);
const isLookUp = ({ function: name, args }: Call): boolean =>
  name === "@in" && args[1] !== undefined && isSetMembership(args[1]);

/** What a branch costs; one that is a look-up is part of the look-up around it. */
export const branchCost = (branch: Expr, cost: number): number => (isAttribute(branch) ? Math.max(0, cost - 1) : cost);

/**
 * What the specification's expansion of a macro costs beside the range and the macro's arguments:
 * in each round, in a round whose element counts, and once. `decides`: it is the body that says
 * whether the element counts.
 */
export const loopCosts: Readonly<
  Record<
    Comprehension["macro"],
    { readonly round: number; readonly taken: number; readonly end: number; readonly decides?: true }
  >
> = {
  all: { round: 3, taken: 0, end: 1, decides: true },
  exists: { round: 4, taken: 0, end: 1, decides: true },
  existsOne: { round: 0, taken: 2, end: 2, decides: true },
  // A list of one element is made and joined to those before.
  filter: { round: 0, taken: 13, end: 1, decides: true },
  map: { round: 0, taken: 12, end: 1 },
  transformList: { round: 0, taken: 12, end: 1 },
  sortBy: { round: 0, taken: 12, end: 3 },
  transformMap: { round: 0, taken: 3, end: 1 },
  transformMapEntry: { round: 0, taken: 2, end: 1 },
};

/** What it costs that the element counts; a list of what is constant costs nothing to make. */
export function takenCost({ macro, body }: Comprehension): number {
  const { taken } = loopCosts[macro];
  return taken === 12 && isFree(body) ? 2 : taken;
}

/** Seeing that a loop is decided before its end: the condition of the next round. */
export const decidedCost = { all: 2, exists: 3 } as const;
