/** A kubeconfig, a credential or the in-cluster setting is missing or wrong; the message says which and where. */
export class ConfigError extends Error {
  override readonly name = "ConfigError";
}

export function reason(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
