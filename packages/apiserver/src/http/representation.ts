import type { IncomingMessage } from "node:http";
import type { KubeObject } from "@kubecast/kube";
import { headOf, type ServedResource } from "../api/resources.ts";
import { StatusError } from "../api/status-error.ts";
import { StoredObject } from "../store/stored-object.ts";
import { columnsOf, parseIncludeObject, rowOf } from "../table/table.ts";

/** In which form a client gets the objects of a resource. */
export interface Representation extends Pick<ServedResource, "kind" | "apiVersion" | "head" | "custom"> {
  shown(stored: StoredObject): StoredObject;
  /** Of a Table: the row of an object. */
  readonly row?: (stored: StoredObject) => object;
}

const apiVersion = "meta.k8s.io/v1";
const kind = "PartialObjectMetadata";
const metadataOnly: Representation = {
  kind,
  apiVersion,
  head: headOf(kind, apiVersion),
  // As such ones, its objects say what they are in lists, too.
  custom: true,
  shown: metadataOf,
};

/**
 * What the Accept header asks for: whole objects or, by
 * `application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1`, their metadata
 * alone, or by `as=Table` what kubectl prints of them. The first range that this server knows counts; throws a 406 for a
 * list's where the answer is none, and the other way round.
 */
export function representation(
  request: IncomingMessage,
  resource: ServedResource,
  asked: typeof kind | `${typeof kind}List`,
): Representation {
  for (const range of (request.headers.accept ?? "").split(",")) {
    const [type, ...parameters] = range.split(";").map((part) => part.trim());
    if (type !== "application/json") continue;
    if (!parameters.some((parameter) => parameter.startsWith("as="))) break;
    if (!["g=meta.k8s.io", "v=v1"].every((wanted) => parameters.includes(wanted))) continue;
    if (parameters.includes("as=Table")) return tableOf(request, resource);
    if (parameters.includes(`as=${asked}`)) return metadataOnly;
    if (parameters.includes(`as=${asked === kind ? `${kind}List` : kind}`)) {
      throw new StatusError(406, "NotAcceptable", `the answer is a ${asked}, which is not what was asked for`);
    }
  }
  return { ...resource, shown: (stored) => stored };
}

/** What is shown of an object is a Table of one row. */
function tableOf(request: IncomingMessage, resource: ServedResource): Representation {
  const query = new URL(request.url ?? "/", "http://localhost").searchParams;
  const include = parseIncludeObject(query.get("includeObject") ?? "");
  const row = (stored: StoredObject) => rowOf(resource, stored, include);
  const definitions = JSON.stringify(columnsOf(resource).columns);
  return {
    kind: "Table",
    apiVersion,
    head: `${headOf("Table", apiVersion)}"columnDefinitions":${definitions},`,
    custom: true,
    row,
    shown: (stored) =>
      new StoredObject(stored.key, stored.revision, { metadata: {}, rows: [row(stored)] } as KubeObject),
  };
}

const metadata = new WeakMap<StoredObject, StoredObject>();

/** Made once, as is its JSON. */
function metadataOf(stored: StoredObject): StoredObject {
  let only = metadata.get(stored);
  if (only === undefined) {
    only = new StoredObject(stored.key, stored.revision, { metadata: stored.object.metadata });
    metadata.set(stored, only);
  }
  return only;
}
