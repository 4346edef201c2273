export type { ClusterConfig, TlsMaterial } from "./cluster-config.ts";
export { ConfigError } from "./errors.ts";
export { type InClusterOptions, inClusterConfig, isInCluster } from "./in-cluster.ts";
export {
  type ExecConfig,
  type Impersonation,
  type Kubeconfig,
  type KubeconfigCluster,
  type KubeconfigContext,
  type KubeconfigUser,
  mergeKubeconfigs,
  type ParseOptions,
  type PemSource,
  parseKubeconfig,
} from "./kubeconfig.ts";
export { configFromText, type LoadOptions, loadConfig, loadKubeconfig } from "./load.ts";
export { type ResolveOptions, resolveKubeconfig } from "./resolve.ts";
