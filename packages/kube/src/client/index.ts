export type { RequestInfo } from "../resource/request-info.ts";
export { Client, type ClientOptions } from "./client.ts";
export {
  type ConnectionMessage,
  diagnostics,
  type Failure,
  type LeaderMessage,
  type MessageChannel,
  type OperationChannel,
  type OperationListeners,
  type QueueMessage,
  type ReconcileMessage,
  type RequestMessage,
  type RetryMessage,
  type WaitMessage,
  type WatchMessage,
} from "./diagnostics.ts";
export { ApiError, ConnectionError, DecodeError } from "./errors.ts";
export type { RateLimit } from "./rate-gate.ts";
export { systemTiming, type Timing } from "./retry.ts";
export { isStatus } from "./status.ts";
export type { AttachedProcess, ProcessResult } from "./streams/exec.ts";
export type { ListenOptions, PortForward, PortListener } from "./streams/port-forward.ts";
export type { ApiRequest, RequestOptions, StreamedResponse, Transport, UpgradedResponse } from "./transport.ts";
