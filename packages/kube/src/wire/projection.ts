/**
 * The fields of an object that somebody will read: a tree by name, whose leaves
 * are kept whole. Lists are passed through to their elements.
 */
export type Projection = ReadonlyMap<string, Projection | undefined>;

/** What every projection keeps: the identity of an object, by which it is stored and compared. */
export type IdentityField =
  | "apiVersion"
  | "kind"
  | "metadata.name"
  | "metadata.namespace"
  | "metadata.uid"
  | "metadata.resourceVersion";

const identity: readonly IdentityField[] = [
  "apiVersion",
  "kind",
  "metadata.name",
  "metadata.namespace",
  "metadata.uid",
  "metadata.resourceVersion",
];

/** The projection of fields such as `status.phase` or, of every container, `spec.containers.image`, and of the identity. */
export function projectionOf(fields: readonly string[]): Projection {
  return treeOf([...identity, ...fields]);
}

/** A new value that holds the fields of the projection and nothing else; those that are absent stay so. */
export function project(value: unknown, projection: Projection): unknown {
  if (Array.isArray(value)) return value.map((element) => project(element, projection));
  if (typeof value !== "object" || value === null) return value;
  const whole = value as Record<string, unknown>;
  const part: Record<string, unknown> = {};
  for (const [name, below] of projection) {
    if (!Object.hasOwn(whole, name)) continue;
    part[name] = below === undefined ? whole[name] : project(whole[name], below);
  }
  return part;
}

function treeOf(paths: readonly string[]): Projection {
  const below = new Map<string, string[]>();
  const leaves = new Set<string>();
  for (const path of paths) {
    const dot = path.indexOf(".");
    const name = dot < 0 ? path : path.slice(0, dot);
    const rest = below.get(name) ?? [];
    below.set(name, rest);
    if (dot < 0) leaves.add(name);
    else rest.push(path.slice(dot + 1));
  }
  return new Map([...below].map(([name, rest]) => [name, leaves.has(name) ? undefined : treeOf(rest)]));
}

type Element<T> = NonNullable<T> extends readonly (infer E)[] ? Element<E> : NonNullable<T>;

/**
 * `P` if it names a field of `T` by the names on the way to it, apart by dots
 * (elements of lists are not counted, maps end the way); else what it could have
 * been called up to where it went wrong.
 */
export type FieldPath<T, P extends string> = P extends `${infer Head}.${infer Rest}`
  ? Head extends keyof Element<T> & string
    ? `${Head}.${FieldPath<Element<T>[Head], Rest>}`
    : keyof Element<T> & string
  : P extends keyof Element<T> & string
    ? P
    : keyof Element<T> & string;

type HeadOf<P extends string> = P extends `${infer Head}.${string}` ? Head : P;
type Below<P extends string, Head extends string> = P extends `${Head}.${infer Rest}` ? Rest : never;

/** What `project` leaves of a `T`. */
export type Projected<T, P extends string> = T extends readonly (infer E)[]
  ? Projected<E, P>[]
  : T extends object
    ? { [N in keyof T as N extends HeadOf<P> ? N : never]: N extends P ? T[N] : Projected<T[N], Below<P, N & string>> }
    : T;
