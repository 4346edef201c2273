export type { Scale, ScaleSpec, ScaleStatus } from "../types/autoscaling/v1.ts";
export { Api } from "./api.ts";
export type { Decision } from "./approval.ts";
export {
  type Condition,
  isCrdEstablished,
  isDeleted,
  isDeploymentCompleted,
  isJobCompleted,
  isPodRunning,
} from "./conditions.ts";
export { type FieldConflict, fieldConflicts } from "./conflicts.ts";
export { and, not, or, type Test } from "./logic.ts";
export type { Subresources } from "./subresources.ts";
export { type WaitOptions, WaitTimeoutError, waitFor } from "./wait.ts";
