/** A rule for Pods as CEL and as the JavaScript that somebody would write in its place. */
export interface BenchRule {
  readonly name: string;
  readonly cel: string;
  readonly byHand: (object: Json) => boolean;
}

// biome-ignore lint/suspicious/noExplicitAny: any JSON
type Json = any;

const pullFailures = [
  "ImagePullBackOff",
  "ErrImagePull",
  "InvalidImageName",
  "ErrImageNeverPull",
  "ImageInspectError",
  "RegistryUnavailable",
  "SignatureValidationFailed",
];
const configErrors = [
  "CreateContainerConfigError",
  "CreateContainerError",
  "RunContainerError",
  "PostStartHookError",
  "PreCreateHookError",
  "PreStartHookError",
];
const harmless = [
  "Evicted",
  "UnexpectedAdmissionError",
  "NodeAffinity",
  "NodeShutdown",
  "Shutdown",
  "Terminated",
  "NodeLost",
];

/** kubecast's own rules for Pods, each as one expression, with `has` wherever a field may be absent, so that no engine has an error to make. */
export const rules: readonly BenchRule[] = [
  {
    name: "PodCrashLoopBackOff",
    cel: 'object.status.containerStatuses.exists(c, has(c.state.waiting) && c.state.waiting.reason == "CrashLoopBackOff")',
    byHand: (object) =>
      object.status.containerStatuses.some((c: Json) => c.state.waiting?.reason === "CrashLoopBackOff"),
  },
  {
    name: "PodImagePullFailed",
    cel: `object.status.containerStatuses.exists(c, has(c.state.waiting) && c.state.waiting.reason in ${JSON.stringify(pullFailures)})`,
    byHand: (object) =>
      object.status.containerStatuses.some((c: Json) => pullFailures.includes(c.state.waiting?.reason)),
  },
  {
    name: "PodContainerConfigError",
    cel: `object.status.containerStatuses.exists(c, has(c.state.waiting) && c.state.waiting.reason in ${JSON.stringify(configErrors)})`,
    byHand: (object) =>
      object.status.containerStatuses.some((c: Json) => configErrors.includes(c.state.waiting?.reason)),
  },
  {
    name: "PodUnschedulable",
    cel: 'object.status.conditions.exists(c, c.type == "PodScheduled" && c.status == "False" && has(c.reason) && c.reason == "Unschedulable")',
    byHand: (object) =>
      object.status.conditions.some(
        (c: Json) => c.type === "PodScheduled" && c.status === "False" && c.reason === "Unschedulable",
      ),
  },
  {
    name: "PodNotReady",
    cel:
      'object.status.phase == "Running" && !has(object.metadata.deletionTimestamp) && ' +
      '!(has(object.metadata.ownerReferences) && object.metadata.ownerReferences.exists(o, o.kind == "Job")) && ' +
      'object.status.conditions.exists(c, c.type == "Ready" && c.status != "True" && !(has(c.reason) && c.reason == "PodCompleted"))',
    byHand: ({ status, metadata }) =>
      status.phase === "Running" &&
      metadata.deletionTimestamp === undefined &&
      !metadata.ownerReferences?.some((o: Json) => o.kind === "Job") &&
      status.conditions.some((c: Json) => c.type === "Ready" && c.status !== "True" && c.reason !== "PodCompleted"),
  },
  {
    name: "PodEvicted",
    cel: 'object.status.phase == "Failed" && has(object.status.reason) && object.status.reason == "Evicted"',
    byHand: (object) => object.status.phase === "Failed" && object.status.reason === "Evicted",
  },
  {
    name: "PodFailed",
    cel: `object.status.phase == "Failed" && !has(object.metadata.deletionTimestamp) && !(has(object.status.reason) && object.status.reason in ${JSON.stringify(harmless)})`,
    byHand: ({ status, metadata }) =>
      status.phase === "Failed" && metadata.deletionTimestamp === undefined && !harmless.includes(status.reason),
  },
  {
    name: "many restarts",
    cel: "object.status.containerStatuses.exists(c, c.restartCount > 5)",
    byHand: (object) => object.status.containerStatuses.some((c: Json) => c.restartCount > 5),
  },
];
