export { Client, type ClientOptions } from "./client.ts";
export { ApiError, ConnectionError, DecodeError } from "./errors.ts";
export { systemTiming, type Timing } from "./retry.ts";
export { isStatus } from "./status.ts";
export type { AttachedProcess, ProcessResult } from "./streams/exec.ts";
export type { ListenOptions, PortForward, PortListener } from "./streams/port-forward.ts";
export type { ApiRequest, RequestOptions, StreamedResponse, Transport, UpgradedResponse } from "./transport.ts";
