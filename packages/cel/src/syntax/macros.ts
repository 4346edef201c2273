import type { Bind, Call, Comprehension, Expr, Select } from "./ast.ts";

/** A macro that is called in a way that it cannot be, and where. */
export interface MacroFault {
  readonly fault: string;
  readonly at: number;
}

type Macro = (call: Call & { readonly target: Expr }) => Expr | MacroFault;

/** Macros of a target, by name and number of arguments. */
const macros: ReadonlyMap<string, Macro> = new Map<string, Macro>([
  ["all/2", (call) => comprehension(call, "all")],
  ["all/3", (call) => comprehension(call, "all", "two")],
  ["exists/2", (call) => comprehension(call, "exists")],
  ["exists/3", (call) => comprehension(call, "exists", "two")],
  ["exists_one/2", (call) => comprehension(call, "existsOne")],
  ["exists_one/3", (call) => comprehension(call, "existsOne", "two")],
  ["existsOne/2", (call) => comprehension(call, "existsOne")],
  ["existsOne/3", (call) => comprehension(call, "existsOne", "two")],
  ["filter/2", (call) => comprehension(call, "filter")],
  ["sortBy/2", (call) => comprehension(call, "sortBy")],
  ["map/2", (call) => comprehension(call, "map")],
  ["map/3", (call) => comprehension(call, "map", "filter")],
  ["transformList/3", (call) => comprehension(call, "transformList", "two")],
  ["transformList/4", (call) => comprehension(call, "transformList", "two", "filter")],
  ["transformMap/3", (call) => comprehension(call, "transformMap", "two")],
  ["transformMap/4", (call) => comprehension(call, "transformMap", "two", "filter")],
  ["transformMapEntry/3", (call) => comprehension(call, "transformMapEntry", "two")],
  ["transformMapEntry/4", (call) => comprehension(call, "transformMapEntry", "two", "filter")],
  ["optMap/2", (call) => bind(call, "optMap", call.target, call.args)],
  ["optFlatMap/2", (call) => bind(call, "optFlatMap", call.target, call.args)],
]);

/** What the call stands for, where it is a macro; else the call. */
export function expandMacro(call: Call): Expr | MacroFault {
  const { target, args } = call;
  if (target === undefined) return call.function === "has" && args.length === 1 ? has(call) : call;
  if (target.kind === "identifier" && target.name === "cel" && call.function === "bind" && args.length === 3) {
    return bind(call, "bind", args[1] as Expr, [args[0] as Expr, args[2] as Expr]);
  }
  const variadic = target.kind === "identifier" && target.name === "math" && args.length > 2;
  if (variadic && (call.function === "greatest" || call.function === "least")) {
    const elements = args.map((value) => ({ value, optional: false }));
    return { ...call, args: [{ kind: "list", elements, start: call.start, end: call.end, at: call.at }] };
  }
  return macros.get(`${call.function}/${args.length}`)?.({ ...call, target }) ?? call;
}

function has({ args: [field], start, end }: Call): Select | MacroFault {
  if (field?.kind !== "select" || field.test) {
    return { fault: "has takes a field: has(object.spec)", at: start };
  }
  return { ...field, test: true, start, end };
}

function comprehension(
  call: Call & { readonly target: Expr },
  macro: Comprehension["macro"],
  ...shape: ("two" | "filter")[]
): Comprehension | MacroFault {
  const args = [...call.args];
  const variable = variableOf(args.shift(), call);
  if (typeof variable !== "string") return variable;
  const second = shape.includes("two") ? variableOf(args.shift(), call) : undefined;
  if (typeof second === "object") return second;
  if (variable === second)
    return { fault: `both variables are called ${variable}`, at: call.args[1]?.start ?? call.at };
  const filter = shape.includes("filter") ? args.shift() : undefined;
  const [body] = args as [Expr];
  const { start, end, at } = call;
  const written = call.function;
  return { kind: "comprehension", macro, written, range: call.target, variable, second, filter, body, start, end, at };
}

function bind(call: Call, macro: Bind["macro"], value: Expr, [name, body]: readonly Expr[]): Bind | MacroFault {
  const variable = variableOf(name, call);
  if (typeof variable !== "string") return variable;
  const { start, end, at } = call;
  return { kind: "bind", macro, variable, value, body: body as Expr, start, end, at };
}

function variableOf(expr: Expr | undefined, { function: macro, at }: Call): string | MacroFault {
  if (expr?.kind !== "identifier" || expr.name.startsWith(".")) {
    const usage = macro === "bind" ? "cel.bind(x, value, ...)" : `list.${macro}(x, ...)`;
    return { fault: `${macro} takes a new variable and an expression: ${usage}`, at };
  }
  // The name that the specification's own expansion gathers results under.
  if (expr.name === "__result__") return { fault: `${expr.name} is a reserved word`, at: expr.start };
  return expr.name;
}
