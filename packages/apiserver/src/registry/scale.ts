import type { KubeObject } from "@kubecast/kube";
import { type Fields, fieldsOf, listOf, objectsOf } from "../api/fields.ts";
import type { ScalePaths } from "../api/resources.ts";
import { invalid, invalidValue, notFound, StatusError } from "../api/status-error.ts";
import { type ApplyOptions, applyConfig } from "./apply.ts";
import { keyOf, type ObjectTarget, type Registry, type WriteOptions } from "./target.ts";
import { modify } from "./update.ts";

/** What the scale subresource shows of an object. */
export interface Scale {
  readonly kind: "Scale";
  readonly apiVersion: "autoscaling/v1";
  readonly metadata: Fields;
  readonly spec: { readonly replicas?: number };
  readonly status: { readonly replicas: number; readonly selector?: string };
}

export function getScale(registry: Registry, target: ObjectTarget): Scale {
  const { resource, namespace, name } = target;
  const stored = registry.store.collection(resource).get(keyOf(namespace, name));
  if (stored === undefined) throw notFound(resource, name);
  const paths = pathsOf(target);
  if (resource.custom && read(stored.object, paths.specReplicas) === undefined) {
    const path = `.${paths.specReplicas.join(".")}`;
    const why = `Internal error occurred: the spec replicas field "${path}" does not exist`;
    throw new StatusError(500, "InternalError", why);
  }
  return scaleOf(paths, stored.object);
}

/** Sets the number of replicas to what `change` makes of the scale. */
export function changeScale(
  registry: Registry,
  target: ObjectTarget,
  change: (current: Fields) => Fields,
  options: WriteOptions,
): Scale {
  const paths = pathsOf(target);
  const main = { ...target, subresource: undefined };
  const stored = modify(
    registry,
    main,
    (object) => {
      const next = change({ ...scaleOf(paths, object as unknown as KubeObject) });
      const { replicas = 0 } = fieldsOf(next.spec);
      if (typeof replicas !== "number" || !Number.isSafeInteger(replicas) || replicas < 0) {
        const cause = invalidValue("spec.replicas", replicas, "must be greater than or equal to 0");
        throw invalid({ group: "autoscaling", kind: "Scale" }, target.name, [cause]);
      }
      const { name, namespace, uid, resourceVersion } = fieldsOf(next.metadata);
      const metadata = { ...fieldsOf(object.metadata), name, namespace, uid, resourceVersion };
      return write({ ...object, metadata }, paths.specReplicas, replicas);
    },
    { ...options, through: "scale" },
  );
  return scaleOf(paths, stored.object);
}

/** Server-side apply of a scale: its writer owns the number of replicas of the object. */
export function applyScale(registry: Registry, target: ObjectTarget, config: Fields, options: ApplyOptions): Scale {
  const paths = pathsOf(target);
  const { replicas } = fieldsOf(config.spec);
  const { apiVersion, kind } = target.resource;
  const { name } = fieldsOf(config.metadata);
  const named = { apiVersion, kind, metadata: { name } };
  const main = { ...target, subresource: undefined };
  const wanted = replicas === undefined ? named : write(named, paths.specReplicas, replicas);
  const { stored } = applyConfig(registry, main, wanted, { ...options, through: "scale" });
  return scaleOf(paths, stored.object);
}

function pathsOf({ resource }: ObjectTarget): ScalePaths {
  if (resource.scale === undefined) throw new Error(`${resource.plural} have no scale`);
  return resource.scale;
}

function scaleOf(paths: ScalePaths, object: KubeObject): Scale {
  const { name, namespace, uid, resourceVersion, creationTimestamp } = object.metadata;
  const replicas = Number(read(object, paths.specReplicas) ?? 0);
  const selector = paths.selector && selectorText(read(object, paths.selector));
  return {
    kind: "Scale",
    apiVersion: "autoscaling/v1",
    metadata: { name, namespace, uid, resourceVersion, creationTimestamp },
    spec: replicas === 0 ? {} : { replicas },
    status: { replicas: Number(read(object, paths.statusReplicas) ?? 0), ...(selector && { selector }) },
  };
}

/** A custom resource has the text itself, a ReplicationController a map of labels, the others a LabelSelector. */
export function selectorText(selector: unknown): string {
  if (typeof selector === "string") return selector;
  const { matchLabels, matchExpressions } = fieldsOf(selector);
  const labels = matchLabels ?? (matchExpressions === undefined ? selector : {});
  const equal = Object.entries(fieldsOf(labels)).map(([key, value]) => `${key}=${String(value)}`);
  const expressions = objectsOf(matchExpressions).map(expressionText);
  return [...equal, ...expressions].sort().join(",");
}

function expressionText({ key, operator, values }: Fields): string {
  const listed = `(${[...listOf(values)].sort().join(",")})`;
  switch (operator) {
    case "In":
      return `${String(key)} in ${listed}`;
    case "NotIn":
      return `${String(key)} notin ${listed}`;
    case "DoesNotExist":
      return `!${String(key)}`;
    default:
      return String(key);
  }
}

function read(object: unknown, path: readonly string[]): unknown {
  return path.reduce<unknown>((value, segment) => fieldsOf(value)[segment], object);
}

function write(object: Fields, [first = "", ...rest]: readonly string[], value: unknown): Fields {
  return { ...object, [first]: rest.length === 0 ? value : write(fieldsOf(object[first]), rest, value) };
}
