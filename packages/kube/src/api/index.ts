export type { Scale, ScaleSpec, ScaleStatus } from "../types/autoscaling/v1.ts";
export { Api, type Patch } from "./api.ts";
export {
  type Condition,
  isCrdEstablished,
  isDeleted,
  isDeploymentCompleted,
  isJobCompleted,
  isPodRunning,
} from "./conditions.ts";
export { and, not, or, type Test } from "./logic.ts";
export { type WaitOptions, WaitTimeoutError, waitFor } from "./wait.ts";
