/**
 * A set of fields, in the form in which managedFields show it (FieldsV1): an
 * object with a key for each step of a path, `f:name` for a field,
 * `k:{"name":"main"}` for an element of a list under its keys, `v:"x"` for an
 * element of a set. What ends there is `{}`; what is in the set itself and has
 * others below it has the key `.`, too. Sets are never changed, and share parts.
 */
export type FieldSet = { readonly [step: string]: FieldSet };

/** A part of a set, below some step; undefined where nothing of it is in the set. */
type Part = FieldSet | undefined;

const self = ".";
export const nothing: FieldSet = Object.freeze({});
/** What is in the set, and nothing below it. */
export const whole: FieldSet = Object.freeze({});

export function isEmptySet(set: FieldSet): boolean {
  for (const _ in set) return false;
  return true;
}

export function isSameSet(a: FieldSet, b: FieldSet): boolean {
  if (a === b) return true;
  let steps = 0;
  for (const step in a) {
    const [part, other] = [a[step], b[step]];
    if (part === undefined || other === undefined || !isSameSet(part, other)) return false;
    steps++;
  }
  for (const _ in b) steps--;
  return steps === 0;
}

/** Whether the part's own field is in the set. */
export function isMember(part: Part): boolean {
  return part !== undefined && (self in part || isEmptySet(part));
}

/** A part out of what is below it. */
export function partOf(member: boolean, below: Record<string, FieldSet>): Part {
  if (isEmptySet(below)) return member ? whole : undefined;
  return member ? { [self]: whole, ...below } : below;
}

/** The set that a path leads to. */
export function below(set: FieldSet, step: string): Part {
  return Object.hasOwn(set, step) && step !== self ? set[step] : undefined;
}

/** The set of one path. */
export function pathSet(path: readonly string[]): FieldSet {
  return path.reduceRight<FieldSet>((set, step) => ({ [step]: set }), whole);
}

export function union(a: FieldSet, b: FieldSet): FieldSet {
  return combine(a, b, (one, other) => one || other) ?? nothing;
}

/** What is in `a` and not in `b`; a field stays although one above it is in `b`. */
export function difference(a: FieldSet, b: FieldSet): FieldSet {
  return combine(a, b, (one, other) => one && !other) ?? nothing;
}

export function intersection(a: FieldSet, b: FieldSet): FieldSet {
  return combine(a, b, (one, other) => one && other) ?? nothing;
}

function combine(a: FieldSet, b: FieldSet, keeps: (inA: boolean, inB: boolean) => boolean): FieldSet | undefined {
  return combineParts(isEmptySet(a) ? undefined : a, isEmptySet(b) ? undefined : b, false, keeps);
}

/** `within` tells the parts below a root from the root, which is not itself a field. */
function combineParts(a: Part, b: Part, within: boolean, keeps: (inA: boolean, inB: boolean) => boolean): Part {
  // What does not change is shared, not copied.
  if (a === undefined) return keeps(false, true) ? b : undefined;
  if (b === undefined) return keeps(true, false) ? a : undefined;
  if (a === b) return keeps(true, true) ? a : undefined;
  const parts: Record<string, FieldSet> = {};
  const member = within && keeps(isMember(a), isMember(b));
  let isA = member === (within && isMember(a));
  for (const step in a) add(step, a[step], below(b, step));
  for (const step in b) if (!(step in a)) add(step, undefined, b[step]);
  return isA ? a : partOf(member, parts);

  function add(step: string, one: Part, other: Part): void {
    if (step === self) return;
    const part = combineParts(one, other, true, keeps);
    isA &&= part === one;
    if (part !== undefined) parts[step] = part;
  }
}

/** What is in `a` and neither in `b` nor below what is in `b`. */
export function without(a: FieldSet, b: FieldSet): FieldSet {
  return partWithout(a, b, false) ?? nothing;
}

function partWithout(a: FieldSet, b: FieldSet, within: boolean): Part {
  const parts: Record<string, FieldSet> = {};
  for (const step in a) {
    if (step === self) continue;
    const [part, other] = [a[step] ?? whole, below(b, step)];
    if (isMember(other)) continue;
    const kept = other === undefined ? part : partWithout(part, other, true);
    if (kept !== undefined) parts[step] = kept;
  }
  return partOf(within && isMember(a), parts);
}

/** Every path in the set; those of a level before those below it, as the API orders them. */
export function* paths(set: FieldSet, above: readonly string[] = []): Generator<readonly string[]> {
  const steps = Object.keys(set)
    .filter((step) => step !== self)
    .sort(byStep);
  for (const step of steps) if (isMember(set[step])) yield [...above, step];
  for (const step of steps) yield* paths(set[step] ?? whole, [...above, step]);
}

/** Names first, then keys and values. */
function byStep(a: string, b: string): number {
  const rank = "fkvi".indexOf(a[0] ?? "") - "fkvi".indexOf(b[0] ?? "");
  if (rank !== 0 || a === b) return rank;
  const [left, right] = a.startsWith("f:") ? [[a], [b]] : [scalars(a), scalars(b)];
  for (const [index, value] of left.entries()) {
    const other = right[index];
    if (other === undefined) return 1;
    if (value !== other) return value < other ? -1 : 1;
  }
  return -1;
}

function scalars(step: string): (string | number)[] {
  const value: unknown = JSON.parse(step.slice(2));
  return (typeof value === "object" && value !== null ? Object.entries(value).flat() : [value]) as (string | number)[];
}

/** As error messages show a path: `.spec.containers[name="main"].image`. */
export function pathText(path: readonly string[]): string {
  return path.map(stepText).join("");
}

function stepText(step: string): string {
  const text = step.slice(2);
  switch (step[0]) {
    case "f":
      return `.${text}`;
    case "k": {
      const keys = Object.entries(JSON.parse(text) as Record<string, unknown>);
      return `[${keys.map(([name, value]) => `${name}=${JSON.stringify(value)}`).join(",")}]`;
    }
    case "v":
      return `[=${text}]`;
    default:
      return `[${text}]`;
  }
}
