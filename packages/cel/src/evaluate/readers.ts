import type { PlainObject, Value } from "../values/value.ts";

/** Reads one field of any object. */
export type Reader = (object: PlainObject) => Value | undefined;

// A function that names its field is quicker than one that is told it, since the engine learns
// where objects have it: with these, rules over Kubernetes' objects take a tenth less.
const readers: Readonly<Record<string, Reader>> = {
  apiVersion: (object) => object.apiVersion,
  annotations: (object) => object.annotations,
  availableReplicas: (object) => object.availableReplicas,
  conditions: (object) => object.conditions,
  containerStatuses: (object) => object.containerStatuses,
  containers: (object) => object.containers,
  creationTimestamp: (object) => object.creationTimestamp,
  deletionTimestamp: (object) => object.deletionTimestamp,
  exitCode: (object) => object.exitCode,
  image: (object) => object.image,
  initContainerStatuses: (object) => object.initContainerStatuses,
  key: (object) => object.key,
  kind: (object) => object.kind,
  labels: (object) => object.labels,
  lastState: (object) => object.lastState,
  message: (object) => object.message,
  metadata: (object) => object.metadata,
  name: (object) => object.name,
  namespace: (object) => object.namespace,
  nodeName: (object) => object.nodeName,
  ownerReferences: (object) => object.ownerReferences,
  phase: (object) => object.phase,
  ready: (object) => object.ready,
  readyReplicas: (object) => object.readyReplicas,
  reason: (object) => object.reason,
  replicas: (object) => object.replicas,
  restartCount: (object) => object.restartCount,
  running: (object) => object.running,
  spec: (object) => object.spec,
  state: (object) => object.state,
  status: (object) => object.status,
  terminated: (object) => object.terminated,
  type: (object) => object.type,
  uid: (object) => object.uid,
  value: (object) => object.value,
  waiting: (object) => object.waiting,
};

/** The function that names the field; undefined where there is none. */
export function knownReader(field: string): Reader | undefined {
  return Object.hasOwn(readers, field) ? readers[field] : undefined;
}

export function readerOf(field: string): Reader {
  return knownReader(field) ?? ((object) => object[field]);
}
