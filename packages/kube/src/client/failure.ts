import { ConnectionError } from "./errors.ts";

const CUT = "the connection was cut";
const UNREACHABLE = "there is no route to it";
const REASONS: Readonly<Record<string, string>> = {
  ECONNREFUSED: "connection refused",
  ECONNRESET: CUT,
  EPIPE: CUT,
  UND_ERR_SOCKET: CUT,
  ETIMEDOUT: "it does not answer",
  UND_ERR_CONNECT_TIMEOUT: "it does not answer",
  EHOSTUNREACH: UNREACHABLE,
  ENETUNREACH: UNREACHABLE,
  ENOTFOUND: "its name does not resolve (ENOTFOUND)",
  EAI_AGAIN: "its name does not resolve now (EAI_AGAIN)",
  ERR_TLS_CERT_ALTNAME_INVALID:
    "its certificate is for another name; connect by a name that it lists, or set tls-server-name in the kubeconfig",
  CERT_HAS_EXPIRED: "its certificate has expired",
  CERT_NOT_YET_VALID: "its certificate is not valid yet; is this computer's clock right?",
  EPROTO: "it does not speak TLS on this port",
  ERR_SSL_WRONG_VERSION_NUMBER: "it does not speak TLS on this port",
};

const UNTRUSTED = new Set([
  "DEPTH_ZERO_SELF_SIGNED_CERT",
  "SELF_SIGNED_CERT_IN_CHAIN",
  "UNABLE_TO_GET_ISSUER_CERT",
  "UNABLE_TO_GET_ISSUER_CERT_LOCALLY",
  "UNABLE_TO_VERIFY_LEAF_SIGNATURE",
  "CERT_SIGNATURE_FAILURE",
  "CERT_UNTRUSTED",
]);

/** What may be gone a moment later, unlike a wrong certificate or name. */
const TRANSIENT = new Set([
  ...["ECONNREFUSED", "ECONNRESET", "EPIPE", "UND_ERR_SOCKET", "ETIMEDOUT", "UND_ERR_CONNECT_TIMEOUT"],
  ...["EHOSTUNREACH", "ENETUNREACH", "EAI_AGAIN"],
]);

/**
 * What Node or undici says of a connection that failed, as one sentence.
 * @param sent whether the request was on its way already.
 */
export function connectionError(cause: unknown, server: string, sent: boolean): ConnectionError {
  if (cause instanceof ConnectionError) return cause;
  return new ConnectionError(`cannot ${sent ? "talk to" : "reach"} ${server}: ${reason(cause)}`, { cause, sent });
}

export function isTransient(error: ConnectionError): boolean {
  return TRANSIENT.has(codeOf(error.cause));
}

function reason(cause: unknown): string {
  const code = codeOf(cause);
  const known = REASONS[code];
  if (known !== undefined) return known;
  if (UNTRUSTED.has(code)) {
    return `its certificate is not signed by an authority that is trusted (${code}); check certificate-authority in the kubeconfig`;
  }
  if (code.startsWith("ERR_SSL_") && code.includes("ALERT")) return `it refused the client certificate (${code})`;
  return cause instanceof Error && cause.message !== "" ? cause.message : String(code || cause);
}

function codeOf(cause: unknown): string {
  const code = (cause as { code?: unknown } | undefined)?.code;
  return typeof code === "string" ? code : "";
}
