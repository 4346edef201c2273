import { type Call, qualifiedName } from "./ast.ts";

/** What a name was found to stand for, and how many of its parts that takes. */
export interface Resolved {
  readonly name: string;
  readonly length: number;
}

/** The parts of a written name; a leading dot stays with the first. */
export function partsOf(name: string): string[] {
  const [first = "", ...rest] = name.replace(/^\./, "").split(".");
  return [name.startsWith(".") ? `.${first}` : first, ...rest];
}

/**
 * The longest part of a name such as `["a", "b", "c"]` that stands for something. In the
 * container `x.y`, `x.y.a.b.c` is tried before `x.a.b.c` and `a.b.c`, and these before `a.b`.
 * A name that begins with a dot is looked up without the container.
 * @param extent `whole`: only the whole name will do.
 */
export function resolve(
  names: readonly string[],
  container: string,
  isKnown: (name: string) => boolean,
  extent: "part" | "whole" = "part",
): Resolved | undefined {
  const [first = "", ...rest] = names;
  const absolute = first.startsWith(".");
  const parts = [absolute ? first.slice(1) : first, ...rest];
  const prefixes = absolute ? [""] : prefixesOf(container);
  let longest: Resolved | undefined;
  let part = "";
  for (const [index, name] of parts.entries()) {
    part = index === 0 ? name : `${part}.${name}`;
    const length = index + 1;
    if (extent === "whole" && length < parts.length) continue;
    const prefix = prefixes.find((each) => isKnown(each + part));
    if (prefix !== undefined) longest = { name: prefix + part, length };
  }
  return longest;
}

/** Where the names of functions are looked up. */
export interface FunctionNames {
  readonly container: string;
  readonly functions: { has(name: string): boolean };
}

/**
 * The full name of the function that is called: `math.greatest` is one where nothing else is
 * called `math`. Undefined for what is called on a value, whose type decides.
 * @param locals the variables of macros around the call.
 */
export function functionCalled(
  call: Call,
  { container, functions }: FunctionNames,
  locals: { has(name: string): boolean },
): string | undefined {
  const { target, function: name } = call;
  const namespace = target === undefined ? "" : qualifiedName(target);
  if (namespace === undefined) return undefined;
  const parts = target === undefined ? [] : partsOf(namespace);
  if (parts[0] !== undefined && locals.has(parts[0])) return undefined;
  const found = resolve([...parts, name], container, (full) => functions.has(full), "whole")?.name;
  return target === undefined ? (found ?? name) : found;
}

function prefixesOf(container: string): string[] {
  const prefixes = [""];
  let prefix = "";
  for (const part of container === "" ? [] : container.split(".")) {
    prefix += `${part}.`;
    prefixes.unshift(prefix);
  }
  return prefixes;
}
