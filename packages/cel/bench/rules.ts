/** A rule for Pods as CEL and as the JavaScript that somebody would write in its place. */
export interface BenchRule {
  readonly name: string;
  readonly cel: string;
  readonly byHand: (object: Json) => boolean;
}

// biome-ignore lint/suspicious/noExplicitAny: any JSON
type Json = any;

/** With `has` wherever a field may be absent, so that no evaluator has an error to make. */
export const rules: readonly BenchRule[] = [
  {
    name: "crash loop",
    cel: 'object.status.containerStatuses.exists(c, has(c.state.waiting) && c.state.waiting.reason == "CrashLoopBackOff")',
    byHand: (object) =>
      object.status.containerStatuses.some((c: Json) => c.state.waiting?.reason === "CrashLoopBackOff"),
  },
  {
    name: "image pull",
    cel: 'object.status.containerStatuses.exists(c, has(c.state.waiting) && c.state.waiting.reason in ["ImagePullBackOff", "ErrImagePull"])',
    byHand: (object) =>
      object.status.containerStatuses.some((c: Json) =>
        ["ImagePullBackOff", "ErrImagePull"].includes(c.state.waiting?.reason),
      ),
  },
  {
    name: "unschedulable",
    cel: 'object.status.phase == "Pending" && object.status.conditions.exists(c, c.type == "PodScheduled" && c.status == "False" && has(c.reason) && c.reason == "Unschedulable")',
    byHand: (object) =>
      object.status.phase === "Pending" &&
      object.status.conditions.some(
        (c: Json) => c.type === "PodScheduled" && c.status === "False" && c.reason === "Unschedulable",
      ),
  },
  {
    name: "out of memory",
    cel: 'object.status.containerStatuses.exists(c, has(c.lastState.terminated) && c.lastState.terminated.reason == "OOMKilled")',
    byHand: (object) =>
      object.status.containerStatuses.some((c: Json) => c.lastState.terminated?.reason === "OOMKilled"),
  },
  {
    name: "not ready",
    cel: 'object.status.phase == "Running" && !has(object.metadata.deletionTimestamp) && object.status.conditions.exists(c, c.type == "Ready" && c.status != "True")',
    byHand: (object) =>
      object.status.phase === "Running" &&
      object.metadata.deletionTimestamp === undefined &&
      object.status.conditions.some((c: Json) => c.type === "Ready" && c.status !== "True"),
  },
  {
    name: "evicted",
    cel: 'object.status.phase == "Failed" && has(object.status.reason) && object.status.reason == "Evicted"',
    byHand: (object) => object.status.phase === "Failed" && object.status.reason === "Evicted",
  },
  {
    name: "many restarts",
    cel: "object.status.containerStatuses.exists(c, c.restartCount > 5)",
    byHand: (object) => object.status.containerStatuses.some((c: Json) => c.restartCount > 5),
  },
  {
    name: "stuck in deletion",
    cel: "has(object.metadata.deletionTimestamp) && has(object.metadata.finalizers) && size(object.metadata.finalizers) > 0",
    byHand: (object) => object.metadata.deletionTimestamp !== undefined && object.metadata.finalizers?.length > 0,
  },
];
