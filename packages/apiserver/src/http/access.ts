import type { IncomingMessage } from "node:http";
import { forbidden, methodNotAllowed, unauthorized } from "../api/status-error.ts";
import type { ResourcePath } from "./path.ts";

/** What a request wants to do, as RBAC sees it. */
export interface AccessRequest {
  /** `get`, `list`, `watch`, `create`, `update`, `patch`, `delete` or `deletecollection`. */
  readonly verb: string;
  /** `""` for the core group. */
  readonly group: string;
  /** Such as `v1`. */
  readonly version: string;
  /** Plural, such as `pods`. */
  readonly resource: string;
  /** Such as `status`; undefined for the object itself. */
  readonly subresource: string | undefined;
  /** Undefined for all, or a resource that has none. */
  readonly namespace: string | undefined;
  /** Undefined where it is about many, or creates. */
  readonly name: string | undefined;
}

/** True to allow; else what the 403 says was wanted. */
export type Authorize = (request: AccessRequest) => true | { verb: string; resource: string };

/** Throws a 401 for a request that does not carry the token. */
export function authenticate(request: IncomingMessage, token: string): void {
  if (request.headers.authorization !== `Bearer ${token}`) throw unauthorized();
}

/** Throws the 403 that the hook wants. */
export function checkAccess(authorize: Authorize, verb: string, path: ResourcePath): void {
  const [version = "", group = ""] = path.apiVersion.split("/").reverse();
  const { plural: resource, subresource, namespace, name } = path;
  const answer = authorize({ verb, group, version, resource, subresource, namespace, name });
  if (answer !== true) throw forbidden({ ...answer, group, subresource }, { namespace, name });
}

export function verbOf(method: string | undefined, path: ResourcePath, watch: boolean): string {
  const onObject = path.name !== undefined;
  switch (method) {
    case "GET":
      return onObject ? "get" : watch ? "watch" : "list";
    case "POST":
      return "create";
    case "PUT":
      return "update";
    case "PATCH":
      return "patch";
    case "DELETE":
      return onObject ? "delete" : "deletecollection";
    default:
      throw methodNotAllowed();
  }
}
