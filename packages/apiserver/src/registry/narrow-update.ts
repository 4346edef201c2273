import { isDeepStrictEqual } from "node:util";
import { type Fields, fieldsOf, objectsOf } from "../api/fields.ts";
import { qosClass } from "../api/quantity.ts";
import { duplicate, forbiddenField, invalid, modified, required, unsupportedValue } from "../api/status-error.ts";
import { timestamp } from "../api/timestamp.ts";
import type { StoredObject } from "../store/stored-object.ts";
import { containerWithDefaults } from "./pod-defaults.ts";
import type { ObjectTarget, Registry, Subresource, WriteOptions } from "./target.ts";
import { modify } from "./update.ts";

/** What a subresource lets through of what an object is to become. */
type Narrowing = (current: Fields, next: Fields, target: ObjectTarget, now: string) => Fields;

const narrowings: Partial<Record<Subresource, Narrowing>> = {
  resize: resized,
  ephemeralcontainers: withEphemeralContainers,
  approval: decided,
  finalize: finalized,
};

/** Whether the subresource shows the whole object, but lets only a part of it be changed. */
export function isNarrow(subresource: Subresource | undefined): boolean {
  return subresource !== undefined && narrowings[subresource] !== undefined;
}

/** Changes the part of an object that the subresource is about; what else is changed does not count. */
export function modifyNarrowly(
  registry: Registry,
  target: ObjectTarget,
  change: (current: Fields) => Fields,
  options: WriteOptions,
): StoredObject {
  const { subresource = "status" } = target;
  const narrowed = narrowings[subresource] ?? ((_: Fields, next: Fields) => next);
  const through = subresource === "approval" ? "status" : undefined;
  return modify(
    registry,
    { ...target, subresource: through },
    (current) => {
      const next = change(current);
      // They say what the change was made from.
      const { uid, resourceVersion, name, namespace } = fieldsOf(next.metadata);
      const { resourceVersion: now } = fieldsOf(current.metadata);
      if (resourceVersion && resourceVersion !== now) throw modified(target.resource, target.name);
      const metadata = { ...fieldsOf(current.metadata), uid, resourceVersion, name, namespace };
      return { ...narrowed(current, next, target, timestamp(registry.clock())), metadata };
    },
    { ...options, through: subresource },
  );
}

/** The resources of a Pod's containers. */
function resized(current: Fields, next: Fields, { resource, name }: ObjectTarget): Fields {
  const spec = fieldsOf(current.spec);
  const wanted = fieldsOf(next.spec);
  const containers = resizedContainers(spec.containers, wanted.containers);
  const initContainers = resizedContainers(spec.initContainers, wanted.initContainers);
  if (containers === undefined || initContainers === undefined) {
    const field = containers === undefined ? "spec.containers" : "spec.initContainers";
    throw invalid(resource, name, [forbiddenField(field, "containers may not be added or removed on resize")]);
  }
  const changed = { ...spec, containers, ...(spec.initContainers !== undefined && { initContainers }) };
  if (qosClass(changed) !== qosClass(spec)) {
    const why = `Invalid value: ${JSON.stringify(qosClass(spec))}: Pod QOS Class may not change as a result of resizing`;
    throw invalid(resource, name, [{ reason: "FieldValueInvalid", message: why, field: "spec" }]);
  }
  if (!isDeepStrictEqual(withoutComputing(changed), withoutComputing(spec))) {
    throw invalid(resource, name, [forbiddenField("spec", "only cpu and memory resources are mutable")]);
  }
  return { ...current, spec: changed };
}

/** Undefined where they are not the same containers. */
function resizedContainers(current: unknown, wanted: unknown): Fields[] | undefined {
  const [before, after] = [objectsOf(current), objectsOf(wanted)];
  if (before.length !== after.length) return undefined;
  const resized: Fields[] = [];
  for (const container of before) {
    const same = after.find(({ name }) => name === container.name);
    if (same === undefined) return undefined;
    const { resources, resizePolicy } = same;
    resized.push({
      ...container,
      ...(resources !== undefined && { resources }),
      ...(resizePolicy !== undefined && { resizePolicy }),
    });
  }
  return resized;
}

/** All but what may be resized. */
function withoutComputing(spec: Fields): unknown {
  const rest = (amounts: unknown) => {
    const { cpu: _cpu, memory: _memory, ...others } = fieldsOf(amounts);
    return others;
  };
  return [...objectsOf(spec.containers), ...objectsOf(spec.initContainers)].map(({ resources }) => {
    const { limits, requests, ...others } = fieldsOf(resources);
    return { limits: rest(limits), requests: rest(requests), ...others };
  });
}

/** A Pod's ephemeral containers, which are added and stay. */
function withEphemeralContainers(current: Fields, next: Fields, { resource, name }: ObjectTarget): Fields {
  const spec = fieldsOf(current.spec);
  const before = objectsOf(spec.ephemeralContainers);
  const after = objectsOf(fieldsOf(next.spec).ephemeralContainers).map(containerWithDefaults);
  const field = "spec.ephemeralContainers";
  const taken = new Set([...objectsOf(spec.containers), ...objectsOf(spec.initContainers)].map((each) => each.name));
  const causes = after.flatMap((container, index) => {
    const path = `${field}[${index}]`;
    if (!container.name) return [required(`${path}.name`)];
    if (taken.has(container.name)) return [duplicate(`${path}.name`, container.name)];
    taken.add(container.name);
    return container.image ? [] : [required(`${path}.image`)];
  });
  for (const container of before) {
    const same = after.find((each) => each.name === container.name);
    if (isDeepStrictEqual(same, container)) continue;
    const what = same === undefined ? "removed" : "changed";
    const why = `existing ephemeral containers ${JSON.stringify(container.name)} may not be ${what}\n`;
    causes.push(forbiddenField(field, why));
  }
  if (causes.length > 0) throw invalid(resource, name, causes);
  return { ...current, spec: { ...spec, ...(after.length > 0 && { ephemeralContainers: after }) } };
}

/** The conditions of a CertificateSigningRequest, by which it is approved or denied for good. */
function decided(current: Fields, next: Fields, { resource, name }: ObjectTarget, now: string): Fields {
  const status = fieldsOf(current.status);
  const decisions = ["Approved", "Denied"];
  const conditions = objectsOf(fieldsOf(next.status).conditions);
  const causes = conditions.flatMap(({ type, status: value }, index) =>
    decisions.includes(String(type)) && value !== "True"
      ? [unsupportedValue(`status.conditions[${index}].status`, String(value), ["True"])]
      : [],
  );
  for (const { type } of objectsOf(status.conditions)) {
    if (!decisions.includes(String(type)) || conditions.some((each) => each.type === type)) continue;
    const why = `updates may not remove a condition of type ${JSON.stringify(type)}`;
    causes.push(forbiddenField("status.conditions", why));
  }
  if (decisions.every((decision) => conditions.some(({ type }) => type === decision))) {
    const message = "Invalid value: must specify at most one of the conditions Approved and Denied";
    causes.push({ reason: "FieldValueInvalid", message, field: "status.conditions" });
  }
  if (causes.length > 0) throw invalid(resource, name, causes);
  const timed = conditions.map((each) => ({ lastUpdateTime: now, lastTransitionTime: now, ...each }));
  return { ...current, status: { ...status, conditions: timed } };
}

/** Those that a namespace waits for before it goes. */
function finalized(current: Fields, next: Fields): Fields {
  const { finalizers: _, ...spec } = fieldsOf(current.spec);
  const { finalizers } = fieldsOf(next.spec);
  const some = Array.isArray(finalizers) && finalizers.length > 0;
  return { ...current, spec: some ? { ...spec, finalizers } : spec };
}
