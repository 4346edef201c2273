/**
 * A Kubernetes API server in memory, for tests and demos.
 *
 * @module @kubecast/apiserver
 */

export type { ContainerFile, ContainerFiles } from "./containers/container-files.ts";
export type { ContainerLog, LogLine } from "./containers/container-log.ts";
export type { Containers, PortHandler } from "./containers/containers.ts";
export type { Command, Execution } from "./containers/execution.ts";
export type { AccessRequest, Authorize } from "./http/access.ts";
export { type ApiServer, type ApiServerOptions, startApiServer } from "./server.ts";
export { ObjectStore, type ObjectStoreOptions } from "./store/object-store.ts";
