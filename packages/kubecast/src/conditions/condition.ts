/** The object that a condition is about, as it was when the condition began to fire. */
export interface ObjectRef {
  readonly apiVersion: string;
  readonly kind: string;
  /** Absent for objects of the cluster's scope. */
  readonly namespace?: string;
  readonly name: string;
  readonly uid: string;
  readonly resourceVersion: string;
}

/** What a rule says of an object: evaluated once, when the condition fires. */
export interface Description {
  readonly summary: string;
  readonly details: Readonly<Record<string, unknown>>;
  readonly labels: Readonly<Record<string, string>>;
}

/** A condition that fires or has fired. */
export interface Condition extends Description {
  readonly id: string;
  readonly rule: string;
  readonly severity: string;
  readonly object: ObjectRef;
  /** Plural name of the object's resource, such as `pods`. */
  readonly resource: string;
  /** Which part of the object, such as a container's name; null when the rule has no `each`. */
  readonly element: string | null;
  /** RFC 3339, milliseconds: when it began to fire. */
  readonly startsAt: string;
}

/** Why a condition ended. */
export type ResolvedReason = "recovered" | "deleted" | "rule-removed";

/** A hold time that runs: towards firing (`for`) or towards resolved (`keepFiringFor`). */
export interface Timer {
  readonly to: "firing" | "resolved";
  /** Milliseconds since the epoch. */
  readonly since: number;
}

/** One step in the life of a condition, in the order in which it happened. */
export type Change =
  | { readonly type: "firing"; readonly condition: Condition }
  | {
      readonly type: "resolved";
      readonly condition: Condition;
      readonly endsAt: string;
      readonly reason: ResolvedReason;
    }
  | { readonly type: "timer"; readonly id: string; readonly timer: Timer }
  | { readonly type: "timer-cleared"; readonly id: string };

/** Identity of a condition within a cluster: the same from any replica and after any restart. */
export function conditionId(rule: string, uid: string, element: string | null): string {
  return element === null ? `${rule}/${uid}` : `${rule}/${uid}/${element}`;
}

/** What `conditionId` put together: neither a rule's name nor a uid has a slash. */
export function partsOf(id: string): { rule: string; uid: string; element: string | null } {
  const [rule = "", uid = "", ...element] = id.split("/");
  return { rule, uid, element: element.length === 0 ? null : element.join("/") };
}
