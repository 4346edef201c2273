import { apiVersion } from "@kubecast/kube";
import type { CustomResourceDefinition, CustomResourceDefinitionVersion } from "@kubecast/kube/apiextensions/v1";
import type { ObjectStore } from "../store/object-store.ts";
import type { StoredObject } from "../store/stored-object.ts";
import {
  findServed,
  headOf,
  type ScalePaths,
  type ServedResource,
  servedResources,
  servedVersions,
} from "./resources.ts";

const definitions = { group: "apiextensions.k8s.io", plural: "customresourcedefinitions" };
const verbs = ["delete", "deletecollection", "get", "list", "patch", "create", "update", "watch"];
const onObject = ["get", "patch", "update"];

/** One revision of a definition is never changed, and neither is what it defines. */
const defined = new WeakMap<StoredObject, readonly ServedResource[]>();

/** The resource of a URL: a built-in one, or one that a definition in the store serves. */
export function findResource(store: ObjectStore, version: string, plural: string): ServedResource | undefined {
  const builtin = findServed(version, plural);
  if (builtin !== undefined) return builtin;
  const [group] = version.split("/", 1);
  // A definition has to be called by the plural and the group.
  const definition = store.collection(definitions).get(`${plural}.${group}`);
  return definition && resourcesOf(definition).find((resource) => resource.apiVersion === version);
}

/** All that the server has now: built-in resources, then custom ones, the preferred version of a group first. */
export function allResources(store: ObjectStore): readonly ServedResource[] {
  const { keys, get } = store.collection(definitions).current();
  const custom = keys.flatMap((key) => {
    const definition = get(key);
    return definition === undefined ? [] : resourcesOf(definition);
  });
  custom.sort((a, b) => compare(a.group, b.group) || compareVersions(a.version, b.version));
  return [...servedResources, ...custom];
}

function resourcesOf(definition: StoredObject): readonly ServedResource[] {
  let resources = defined.get(definition);
  if (resources === undefined) {
    // The registry lets no other definition into the store.
    const { spec } = definition.object as CustomResourceDefinition;
    resources = spec.versions.filter(({ served }) => served).map((version) => resourceOf(spec, version));
    // What is built in is not for others to define.
    resources = resources.filter((resource) => !servedVersions.has(resource.apiVersion));
    defined.set(definition, resources);
  }
  return resources;
}

function resourceOf(
  { group, names, scope }: CustomResourceDefinition["spec"],
  { name: version, schema, additionalPrinterColumns, subresources = {} }: CustomResourceDefinitionVersion,
): ServedResource {
  const { kind, plural } = names;
  const own = apiVersion({ group, version });
  const hasStatus = subresources.status !== undefined;
  return {
    group,
    version,
    kind,
    plural,
    namespaced: scope === "Namespaced",
    singular: names.singular ?? kind.toLowerCase(),
    verbs,
    shortNames: names.shortNames ?? [],
    categories: names.categories ?? [],
    subresources: [
      ...(hasStatus ? [{ name: "status", group, version, kind, verbs: onObject }] : []),
      ...(subresources.scale
        ? [{ name: "scale", group: "autoscaling", version: "v1", kind: "Scale", verbs: onObject }]
        : []),
    ],
    apiVersion: own,
    head: headOf(kind, own),
    hasStatus,
    hasGeneration: true,
    unconditionalUpdate: false,
    createOnUpdate: false,
    returnsDeleted: false,
    custom: true,
    schema: schema?.openAPIV3Schema,
    printerColumns: additionalPrinterColumns,
    scale: subresources.scale && scalePaths(subresources.scale),
  };
}

function scalePaths(scale: {
  specReplicasPath: string;
  statusReplicasPath: string;
  labelSelectorPath?: string;
}): ScalePaths {
  return {
    specReplicas: segments(scale.specReplicasPath),
    statusReplicas: segments(scale.statusReplicasPath),
    selector: scale.labelSelectorPath === undefined ? undefined : segments(scale.labelSelectorPath),
  };
}

/** The API takes no more of JSONPath than `.spec.replicas`. */
function segments(path: string): string[] {
  return path.split(".").slice(1);
}

/** The order of preference: releases before betas before alphas, newer ones first, other names last and by letter. */
function compareVersions(a: string, b: string): number {
  const [left, right] = [ranks(a), ranks(b)];
  for (const [index, rank] of left.entries()) {
    const difference = (right[index] ?? 0) - rank;
    if (difference !== 0) return difference;
  }
  return compare(a, b);
}

function ranks(version: string): number[] {
  const match = /^v(\d+)(?:(alpha|beta)(\d+))?$/.exec(version);
  if (match === null) return [0, 0, 0];
  const [, major, stage, minor = 0] = match;
  return [stage === undefined ? 3 : stage === "beta" ? 2 : 1, Number(major), Number(minor)];
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
