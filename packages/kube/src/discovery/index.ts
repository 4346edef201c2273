export { Discovery, type DiscoveryOptions } from "./discovery.ts";
export { UnknownResourceError } from "./errors.ts";
