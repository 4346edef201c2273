import type { Change, Condition } from "./condition.ts";

/** Names the JSON Schema of `data`, `schema/condition.v1.json`; a new version is a new name. */
export const dataSchema = "urn:kubecast:schema:condition:v1";

/** The `data` of a message; see `schema/condition.v1.json`. */
export interface ConditionData {
  rule: string;
  status: "firing" | "resolved";
  severity: string;
  cluster: string;
  resource: string;
  object: Condition["object"];
  element: string | null;
  startsAt: string;
  endsAt: string | null;
  reason: string | null;
  summary: string;
  details: Readonly<Record<string, unknown>>;
  labels: Readonly<Record<string, string>>;
}

/** A message as subscribers receive it: a CloudEvents 1.0 event in its JSON format. */
export interface ConditionEvent {
  specversion: "1.0";
  id: string;
  source: string;
  /** CloudEvents' sequence extension: the number of the transition in its cluster. */
  sequence: string;
  type: `kubecast.condition.${"firing" | "resolved"}`;
  subject: string;
  time: string;
  datacontenttype: "application/json";
  dataschema: string;
  data: ConditionData;
}

export type Transition = Extract<Change, { type: "firing" | "resolved" }>;

/**
 * A message with a hole where its sequence number goes: the number is given by
 * the script that publishes it, in Redis.
 */
export interface UnnumberedEvent {
  readonly head: string;
  readonly tail: string;
}

export function encodeEvent(cluster: string, transition: Transition): UnnumberedEvent {
  const { condition } = transition;
  const resolved = transition.type === "resolved";
  const data: ConditionData = {
    rule: condition.rule,
    status: transition.type,
    severity: condition.severity,
    cluster,
    resource: condition.resource,
    object: condition.object,
    element: condition.element,
    startsAt: condition.startsAt,
    endsAt: resolved ? transition.endsAt : null,
    reason: resolved ? transition.reason : null,
    summary: condition.summary,
    details: condition.details,
    labels: condition.labels,
  };
  const before = { specversion: "1.0", id: eventId(transition), source: `/kubecast/${cluster}` };
  const after = {
    type: `kubecast.condition.${transition.type}`,
    subject: subject(condition),
    time: resolved ? transition.endsAt : condition.startsAt,
    datacontenttype: "application/json",
    dataschema: dataSchema,
    data,
  };
  return {
    head: `${oneLine(before).slice(0, -1)},"sequence":"`,
    tail: `",${oneLine(after).slice(1)}`,
  };
}

/** JSON that is one line for every reader: some end a line at Unicode's separators too, which JSON leaves as they are. */
function oneLine(value: unknown): string {
  return JSON.stringify(value).replace(/[\u2028\u2029]/g, (separator) => `\\u${separator.charCodeAt(0).toString(16)}`);
}

/** The same transition has the same id from any replica and after any restart. */
export function eventId({ type, condition }: Pick<Transition, "type" | "condition">): string {
  return `${condition.id}@${condition.startsAt}/${type}`;
}

/** `pods/shop/checkout-7c9d8/api` or `nodes/node-1`. */
function subject({ resource, object, element }: Condition): string {
  const parts = [resource, object.namespace, object.name, element];
  return parts.filter((part) => part !== undefined && part !== null).join("/");
}

/**
 * Reads the condition back out of a published message.
 * Throws SyntaxError or TypeError for what is not one of ours.
 */
export function decodeCondition(id: string, message: string): Condition {
  const { data } = JSON.parse(message) as ConditionEvent;
  const { rule, severity, resource, object, element, startsAt, summary, details, labels } = data;
  if (typeof rule !== "string" || typeof object?.uid !== "string" || Number.isNaN(Date.parse(startsAt))) {
    throw new TypeError(`the published state of ${id} is not a kubecast message`);
  }
  return { id, rule, severity, resource, object, element, startsAt, summary, details, labels };
}
