export type { ClusterConfig, TlsMaterial } from "./cluster-config.ts";
export { ConfigError } from "./errors.ts";
