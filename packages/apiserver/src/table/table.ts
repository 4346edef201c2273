import type { KubeObject } from "@kubecast/kube";
import type { ServedResource } from "../api/resources.ts";
import { badRequest } from "../api/status-error.ts";
import type { StoredObject } from "../store/stored-object.ts";
import { builtinColumns } from "./builtin-columns.ts";
import type { Columns } from "./columns.ts";
import { customColumns } from "./custom-columns.ts";

/** What a row carries of its object. */
export type IncludeObject = "Object" | "Metadata" | "None";

export function parseIncludeObject(text: string): IncludeObject {
  if (text === "" || text === "Metadata") return "Metadata";
  if (text === "Object" || text === "None") return text;
  throw badRequest(`unrecognized includeObject value: ${JSON.stringify(text)}`);
}

const known = new WeakMap<ServedResource, Columns<KubeObject>>();

export function columnsOf(resource: ServedResource): Columns<KubeObject> {
  let columns = known.get(resource);
  if (columns === undefined) {
    columns = resource.custom ? customColumns(resource.printerColumns) : builtinColumns(resource);
    known.set(resource, columns);
  }
  return columns;
}

/** An object's row of a Table; its ages are those of now. */
export function rowOf(resource: ServedResource, { object }: StoredObject, include: IncludeObject): object {
  const { cells, conditions } = columnsOf(resource);
  const found = conditions?.(object);
  return {
    cells: cells(object, Date.now()),
    ...(found !== undefined && { conditions: found }),
    object: shown(resource, object, include),
  };
}

function shown({ kind, apiVersion }: ServedResource, object: KubeObject, include: IncludeObject): object | null {
  switch (include) {
    case "Object":
      return { kind, apiVersion, ...object };
    case "Metadata":
      return { kind: "PartialObjectMetadata", apiVersion: "meta.k8s.io/v1", metadata: object.metadata };
    default:
      return null;
  }
}
