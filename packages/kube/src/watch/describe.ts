import type { KubeObject } from "../resource/object.ts";

/** An object for a message, such as `Pod shop/cart-0`. */
export function nameOf({ kind = "object", metadata }: KubeObject): string {
  const { name = "", namespace } = metadata;
  return namespace === undefined ? `${kind} ${name}` : `${kind} ${namespace}/${name}`;
}

/** That a user's function has thrown for an object; not what it said, which may quote a Secret. */
export function thrown(what: string, object: KubeObject, cause: unknown): string {
  const type = cause instanceof Error ? cause.name : typeof cause;
  return `${what} has thrown for ${nameOf(object)}: ${type}, see this error's cause`;
}
