import type { Attributes } from "@opentelemetry/api";
import type { Failure, RequestMessage } from "../client/diagnostics.ts";
import { apiVersion, resourceName } from "../resource/resource.ts";

// Names are those of OpenTelemetry's semantic conventions for HTTP clients and Kubernetes,
// 1.37; what these have no name for is under `kubecast.`.

/** The path of a request with `{namespace}` and `{name}` in it: there are few, however many objects there are. */
export function templateOf({ path, group, version, resource, subresource, namespace, name }: RequestMessage): string {
  if (group === undefined || version === undefined || resource === undefined) return path;
  const root = group === "" ? `/api/${version}` : `/apis/${apiVersion({ group, version })}`;
  const within = namespace === undefined || resource === "namespaces" ? "" : "/namespaces/{namespace}";
  const object = name === undefined ? "" : "/{name}";
  return `${root}${within}/${resource}${object}${subresource === undefined ? "" : `/${subresource}`}`;
}

/** Of all requests of a kind. */
export function requestAttributes(message: RequestMessage): Attributes {
  const { hostname, port, protocol } = new URL(message.server);
  const { group, resource, subresource } = message;
  return {
    "http.request.method": message.method,
    "url.template": templateOf(message),
    "server.address": hostname,
    "server.port": Number(port || (protocol === "https:" ? 443 : 80)),
    "kubecast.verb": message.verb,
    ...(group !== undefined &&
      resource !== undefined && { "kubecast.resource": resourceName({ group, plural: resource }) }),
    ...(subresource !== undefined && { "kubecast.subresource": subresource }),
  };
}

export function outcomeAttributes(message: RequestMessage): Attributes {
  return {
    ...(message.status !== undefined && { "http.response.status_code": message.status }),
    ...errorType(message.error),
  };
}

/** The status, the reason or, where there is neither, the class of the error. */
export function errorType(failure: Failure | undefined): Attributes {
  return failure === undefined ? {} : { "error.type": String(failure.code ?? failure.reason ?? failure.name) };
}
