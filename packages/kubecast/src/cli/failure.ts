import { ApiError, type ClusterConfig, ConfigError, ConnectionError, DecodeError } from "@kubecast/kube";
import { RedisError } from "../redis/connection.ts";
import { FencedError } from "../redis/publisher.ts";
import { RulesError } from "../rules/catalogue.ts";
import { PortError } from "../server/server.ts";
import { SettingsError } from "../settings/settings.ts";
import { formatMistake } from "../settings/yaml-file.ts";

/** What a command ends with: 0 done, 1 it failed, 2 it was called or configured wrongly. */
export const exitCodes = { done: 0, failed: 1, usage: 2 } as const;

/** A failure as users see it: what went wrong and what to do, without a stack. */
export class Failure extends Error {
  override readonly name = "Failure";
  readonly exitCode: number;
  /** Whether the log says it already. */
  logged = false;

  constructor(message: string, exitCode: number = exitCodes.failed) {
    super(message);
    this.exitCode = exitCode;
  }
}

/** Says an error to the user. What is not expected here is a fault of ours: only then a stack is worth showing. */
export function toFailure(error: unknown): Failure {
  if (error instanceof Failure) return error;
  if (error instanceof SettingsError || error instanceof ConfigError)
    return new Failure(error.message, exitCodes.usage);
  if (error instanceof RulesError)
    return new Failure([`${error.message}:`, ...error.mistakes.map(formatMistake)].join("\n"), exitCodes.usage);
  if (error instanceof RedisError && error.message.includes("NOPERM")) {
    return new Failure(
      `${error.message}; grant it (ACL SETUSER) the keys ~kubecast:*, the channels &kubecast:* (to subscribe, &kubecast:{CLUSTER}:*) and this command`,
    );
  }
  if (error instanceof PortError || error instanceof RedisError || error instanceof FencedError)
    return new Failure(error.message);
  if (error instanceof ApiError || error instanceof ConnectionError || error instanceof DecodeError)
    return new Failure(error.message);
  const stack = error instanceof Error ? (error.stack ?? error.message) : String(error);
  return new Failure(`an unexpected error; please report it with these lines:\n${stack}`);
}

/** Says an error of the API with the cluster and user that it concerns, and what to do. */
export function explainApiError(error: ApiError, config: ClusterConfig): Failure {
  const user = config.user === undefined ? "" : ` of user "${config.user}"`;
  if (error.isUnauthorized) {
    return new Failure(
      `the API server at ${config.server} refused the credentials${user} (401 ${error.reason}); they may have expired: log in again or correct the kubeconfig`,
    );
  }
  if (error.isForbidden) {
    return new Failure(
      `the API server at ${config.server} does not permit what the rules need (403): ${error.status.message ?? error.reason}; grant the verbs list and watch on it (a ClusterRole and its binding), or drop the rules that need it`,
    );
  }
  if (error.isNotFound) {
    return new Failure(
      `the API server at ${config.server} does not have a resource that a rule names (404): ${error.message}; is its CustomResourceDefinition installed?`,
    );
  }
  return new Failure(`the API server at ${config.server}: ${error.message} (${error.code})`);
}
