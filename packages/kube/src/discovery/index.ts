/**
 * Which resources a server has, its custom ones too.
 *
 * @module @kubecast/kube/discovery
 */
export { Discovery, type DiscoveryOptions } from "./discovery.ts";
export { UnknownResourceError } from "./errors.ts";
