import type { KubeObject } from "@kubecast/kube";
import type { ServedResource } from "../api/resources.ts";
import { badRequest } from "../api/status-error.ts";

export type FieldPredicate = (object: KubeObject) => boolean;

interface Term {
  readonly field: string;
  readonly equal: boolean;
  readonly value: string;
}

// Fields by which each resource can be selected, and the path where it is not the field's own name.
// Source: the conversion functions under pkg/apis of k8s.io/kubernetes 1.37.
const selectable: Readonly<Record<string, readonly (string | readonly [string, string])[]>> = {
  "pods.": [
    "spec.nodeName",
    "spec.restartPolicy",
    "spec.schedulerName",
    "spec.serviceAccountName",
    "spec.hostNetwork",
    "status.phase",
    "status.podIP",
    "status.nominatedNodeName",
  ],
  "nodes.": ["spec.unschedulable"],
  "events.": [
    "involvedObject.kind",
    "involvedObject.namespace",
    "involvedObject.name",
    "involvedObject.uid",
    "involvedObject.apiVersion",
    "involvedObject.resourceVersion",
    "involvedObject.fieldPath",
    "reason",
    "reportingComponent",
    ["source", "source.component"],
    "type",
  ],
  "events.events.k8s.io": [
    "regarding.kind",
    "regarding.namespace",
    "regarding.name",
    "regarding.uid",
    "regarding.apiVersion",
    "regarding.resourceVersion",
    "regarding.fieldPath",
    "reason",
    "reportingController",
    "type",
  ],
  "namespaces.": ["status.phase"],
  "secrets.": ["type"],
  "services.": ["spec.clusterIP", "spec.type"],
  "replicationcontrollers.": ["status.replicas"],
  "replicasets.apps": ["status.replicas"],
  "jobs.batch": [["status.successful", "status.succeeded"]],
  "certificatesigningrequests.certificates.k8s.io": ["spec.signerName"],
  "resourceslices.resource.k8s.io": ["spec.nodeName", "spec.driver"],
};

// What an absent field counts as, where that is not the empty string.
const absent: Readonly<Record<string, string>> = {
  "spec.hostNetwork": "false",
  "spec.unschedulable": "false",
  "status.replicas": "0",
  "status.succeeded": "0",
};

/** Parses `metadata.name=a,status.phase!=Running`; throws a 400 for what cannot be parsed or not be selected by. */
export function parseFieldSelector(text: string, resource: ServedResource): FieldPredicate {
  const paths = selectablePaths(resource);
  const tests = terms(text).map(({ field, equal, value }): FieldPredicate => {
    const path = paths.get(field);
    if (path === undefined) throw unsupported(field, resource);
    const segments = path.split(".");
    return (object) => ((read(object, segments) ?? absent[path] ?? "") === value) === equal;
  });
  return (object) => tests.every((matches) => matches(object));
}

/** Splits at commas and at the first `=`, `==` or `!=`; a backslash takes the next `\`, `,` or `=` literally. */
export function terms(text: string): Term[] {
  return splitUnescaped(text)
    .filter((term) => term !== "")
    .map((term) => {
      const match = /^((?:\\.|[^\\=!]|!(?!=))*)(==|!=|=)(.*)$/s.exec(term);
      if (match === null) throw badRequest(`invalid selector: '${text}'; can't understand '${term}'`);
      const [, field = "", operator, value = ""] = match;
      return { field, equal: operator !== "!=", value: unescaped(value, text) };
    });
}

function splitUnescaped(text: string): string[] {
  return [...text.matchAll(/(?:\\.?|[^\\,])*/gs)].map(([part]) => part);
}

function unescaped(value: string, selector: string): string {
  return value.replace(/\\(.?)|=/gs, (sequence, letter) => {
    if (letter === "\\" || letter === "," || letter === "=") return letter;
    throw badRequest(`invalid selector: '${selector}'; '${sequence}' must be escaped or is no escape`);
  });
}

function selectablePaths(resource: ServedResource): Map<string, string> {
  const own = selectable[`${resource.plural}.${resource.group}`] ?? [];
  const fields = ["metadata.name", ...(resource.namespaced ? ["metadata.namespace"] : []), ...own];
  return new Map(fields.map((field) => (typeof field === "string" ? [field, field] : [field[0], field[1]])));
}

function unsupported(field: string, resource: ServedResource): Error {
  if (selectable[`${resource.plural}.${resource.group}`] !== undefined) {
    return badRequest(`field label not supported: ${field}`);
  }
  return badRequest(`"${field}" is not a known field selector: only "metadata.name", "metadata.namespace"`);
}

function read(object: unknown, path: readonly string[]): string | undefined {
  let value = object;
  for (const segment of path) {
    if (typeof value !== "object" || value === null) return undefined;
    value = (value as Record<string, unknown>)[segment];
  }
  return value === undefined || value === null ? undefined : String(value);
}
