import { randomUUID } from "node:crypto";
import type { TokenRequest } from "@kubecast/kube/authentication/v1";
import { type Fields, fieldsOf, listOf } from "../api/fields.ts";
import { badRequest, invalid, invalidValue, notFound } from "../api/status-error.ts";
import { timestamp } from "../api/timestamp.ts";
import { keyOf, type ObjectTarget, type Registry } from "./target.ts";

const issuer = "https://kubernetes.default.svc";
/** What a token can be bound to, by apiVersion and kind. */
const bindable: Readonly<Record<string, string>> = { "v1 Pod": "pods", "v1 Secret": "secrets", "v1 Node": "nodes" };

/** A token of a ServiceAccount: the claims of a real one, unsigned, so that it opens nothing. */
export function createToken(registry: Registry, target: ObjectTarget, body: Fields): TokenRequest {
  const { resource, name, namespace = "" } = target;
  const given = fieldsOf(body.spec);
  const { expirationSeconds = 3600, boundObjectRef } = given;
  if (typeof expirationSeconds !== "number" || expirationSeconds < 600) {
    const why = "may not specify a duration less than 10 minutes";
    throw invalid({ group: "authentication.k8s.io", kind: "TokenRequest" }, "", [
      invalidValue("spec.expirationSeconds", expirationSeconds, why),
    ]);
  }
  const account = registry.store.collection(resource).get(keyOf(namespace, name));
  if (account === undefined) throw notFound(resource, name);
  if (boundObjectRef !== undefined && boundObjectRef !== null) checkBound(registry, target, fieldsOf(boundObjectRef));

  const asked = listOf(given.audiences).map(String);
  const audiences = asked.length === 0 ? [issuer] : asked;
  const { uid } = account.object.metadata;
  const now = registry.clock();
  const seconds = Math.floor(now / 1000);
  const claims = {
    aud: audiences,
    exp: seconds + expirationSeconds,
    iat: seconds,
    iss: issuer,
    jti: randomUUID(),
    "kubernetes.io": { namespace, serviceaccount: { name, uid } },
    nbf: seconds,
    sub: `system:serviceaccount:${namespace}:${name}`,
  };
  return {
    kind: "TokenRequest",
    apiVersion: "authentication.k8s.io/v1",
    metadata: { name, namespace, ...(uid !== undefined && { uid }), creationTimestamp: timestamp(now) },
    spec: { ...given, audiences, expirationSeconds },
    status: {
      token: `${base64url({ alg: "none" })}.${base64url(claims)}.`,
      expirationTimestamp: timestamp(now + expirationSeconds * 1000),
    },
  };
}

function checkBound(registry: Registry, target: ObjectTarget, reference: Fields): void {
  const { apiVersion = "", kind, name = "" } = reference;
  const plural = bindable[`${String(apiVersion)} ${String(kind)}`];
  if (plural === undefined) {
    const [version, group = ""] = String(apiVersion).split("/").reverse();
    throw badRequest(`cannot bind token to object of type ${group}/${version}, Kind=${String(kind)}`);
  }
  const key = keyOf(plural === "nodes" ? undefined : target.namespace, String(name));
  const bound = registry.store.collection({ group: "", plural }).get(key);
  if (bound === undefined) throw notFound({ group: "", plural }, String(name));
  const { serviceAccountName } = fieldsOf((bound.object as unknown as Fields).spec);
  if (plural === "pods" && serviceAccountName !== target.name) {
    throw badRequest(
      `cannot bind token for serviceaccount "${target.name}" to pod running with different serviceaccount name.`,
    );
  }
}

function base64url(value: unknown): string {
  return Buffer.from(JSON.stringify(value)).toString("base64url");
}
