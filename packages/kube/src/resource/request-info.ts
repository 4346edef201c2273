import type { ApiRequest } from "./request.ts";

/** What a request asks for, in the words of RBAC and audit logs. Nothing of its query and its body. */
export interface RequestInfo {
  /** `get`, `list`, `watch`, `create`, `update`, `patch`, `delete` or `deletecollection`; for what is no resource the method in lower case. */
  readonly verb: string;
  /** Without the query. */
  readonly path: string;
  /** `""` for the core group. This and what follows is undefined for what is no resource, such as `/version`. */
  readonly group: string | undefined;
  /** Such as `v1`. */
  readonly version: string | undefined;
  /** Plural, such as `pods`. */
  readonly resource: string | undefined;
  /** Such as `status`. */
  readonly subresource: string | undefined;
  /** Undefined for all, or a resource that has none. */
  readonly namespace: string | undefined;
  /** Undefined where it is about many. */
  readonly name: string | undefined;
}

const verbs = { GET: "get", POST: "create", PUT: "update", PATCH: "patch", DELETE: "delete" };
/** Of a namespace; what else follows its name is a resource in it. */
const subresourcesOfNamespaces = new Set(["status", "finalize"]);

/** As kube-apiserver reads it: RequestInfoFactory of k8s.io/apiserver/pkg/endpoints/request. */
export function requestInfo({ method, path: whole }: ApiRequest): RequestInfo {
  const [path = "", query = ""] = whole.split("?", 2);
  const [root, ...parts] = path.split("/").filter(Boolean).map(decoded);
  const group = root === "apis" ? parts.shift() : "";
  const [version, ...target] = parts;
  if ((root !== "api" && root !== "apis") || target.length === 0) {
    const none = { group: undefined, version: undefined, resource: undefined, subresource: undefined };
    return { verb: method.toLowerCase(), path, ...none, namespace: undefined, name: undefined };
  }
  let namespace: string | undefined;
  if (target[0] === "namespaces" && target.length > 1) {
    namespace = target[1];
    if (target.length > 2 && !subresourcesOfNamespaces.has(target[2] ?? "")) target.splice(0, 2);
  }
  const [resource, name, subresource] = target;
  const verb = name === undefined ? verbOfMany(method, query) : verbs[method];
  return { verb, path, group, version, resource, subresource, namespace, name };
}

function verbOfMany(method: ApiRequest["method"], query: string): string {
  if (method === "DELETE") return "deletecollection";
  if (method !== "GET") return verbs[method];
  const watch = new URLSearchParams(query).get("watch");
  return watch === null || watch === "false" || watch === "0" ? "list" : "watch";
}

function decoded(segment: string): string {
  if (!segment.includes("%")) return segment;
  try {
    return decodeURIComponent(segment);
  } catch {
    return segment;
  }
}
