import { type Fields, fieldsOf, isFields } from "../api/fields.ts";
import type { ServedResource } from "../api/resources.ts";
import { badRequest, invalid, notFound, StatusError } from "../api/status-error.ts";
import { type Applied, ApplyConflict, apply, type Conflict } from "../managed-fields/apply.ts";
import { entriesOf, type ManagedEntry } from "../managed-fields/entries.ts";
import { pathText } from "../managed-fields/field-set.ts";
import { kindOf } from "../managed-fields/kinds.ts";
import { typeProblems } from "../managed-fields/validate.ts";
import { create } from "./create.ts";
import { writerOf } from "./owners.ts";
import { keyOf, type ObjectTarget, type Registry, type WriteOptions } from "./target.ts";
import { checkIdentity, update, type Written, withType } from "./update.ts";

export interface ApplyOptions extends WriteOptions {
  readonly manager: string;
  /** Take fields from those who own them. */
  readonly force: boolean;
  /** Where the configuration came through another resource, such as its scale, that one's name. */
  readonly through?: string;
}

/** Server-side apply: has the object have what `config` has, and creates it where it is not there. */
export function applyConfig(registry: Registry, target: ObjectTarget, config: Fields, options: ApplyOptions): Written {
  const { resource, name, namespace } = target;
  const collection = registry.store.collection(resource);
  const current = collection.get(keyOf(namespace, name));
  const through = options.through ?? target.subresource;
  if (current === undefined && through !== undefined) throw notFound(resource, name);
  if (config.kind !== resource.kind || config.apiVersion !== resource.apiVersion) {
    throw badRequest(`invalid object type: ${gvkText(config)}`);
  }
  const metadata = fieldsOf(config.metadata);
  if (metadata.managedFields !== undefined) throw badRequest("metadata.managedFields must be nil");
  const kind = kindOf(resource, through);
  const [problem, ...others] = typeProblems(config, kind.type);
  if (problem !== undefined) {
    const list = others.length === 0 ? problem : ["errors:", problem, ...others].join("\n  ");
    const what = `${String(metadata.namespace ?? "")}/${String(metadata.name ?? "")}; ${gvkText(config)}`;
    throw new StatusError(500, undefined, `failed to create typed patch object (${what}): ${list}`);
  }
  const applied = applyOrRefuse(() =>
    apply({
      ...kind,
      live: current && withoutOwners(withType(resource, current)),
      entries: entriesOf(current?.object.metadata.managedFields) ?? [],
      config,
      writer: writerOf(registry, resource, options.manager, "Apply", through),
      force: options.force,
    }),
  );
  if (current === undefined && !metadata.name) {
    const why = "was undeterminable: name must be provided";
    throw badRequest(`the name of the object (${name} based on URL) ${why}`);
  }
  if (resource.custom) refuseNulls(resource, name, applied.object);
  const next = resource.custom ? applied.object : (withoutNulls(applied.object) as Fields);
  checkIdentity(target, fieldsOf(next.metadata));
  if (current === undefined) {
    return { stored: create(registry, target, next, options, applied.entries), created: true };
  }
  return { stored: update(registry, target, current, next, options, applied.entries), created: false };
}

function withoutOwners(object: Fields): Fields {
  const { managedFields: _managedFields, ...metadata } = fieldsOf(object.metadata);
  return { ...object, metadata };
}

/** Built-in kinds know no null: it is a field that is not set. */
function withoutNulls(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutNulls);
  if (!isFields(value)) return value;
  const kept = Object.entries(value).filter(([, field]) => field !== null);
  return Object.fromEntries(kept.map(([name, field]) => [name, withoutNulls(field)]));
}

/** Custom ones know it where their schema does, and else are not valid: that is what becomes of a map emptied by applying. */
function refuseNulls(resource: ServedResource, name: string, object: Fields): void {
  const causes = nulls(object, resource.schema, "").map(({ field, type }) => ({
    reason: "FieldValueTypeInvalid",
    message: `Invalid value: "null": ${field} in body must be of type ${type}: "null"`,
    field,
  }));
  if (causes.length > 0) throw invalid(resource, name, causes);
}

function nulls(value: unknown, given: unknown, field: string): { field: string; type: string }[] {
  const schema = fieldsOf(given);
  if (value === null) {
    return typeof schema.type === "string" && schema.nullable !== true ? [{ field, type: schema.type }] : [];
  }
  if (Array.isArray(value)) return value.flatMap((each, index) => nulls(each, schema.items, `${field}[${index}]`));
  if (!isFields(value)) return [];
  const properties = fieldsOf(schema.properties);
  return Object.entries(value).flatMap(([key, each]) =>
    nulls(each, properties[key] ?? schema.additionalProperties, field === "" ? key : `${field}.${key}`),
  );
}

function applyOrRefuse(run: () => Applied): Applied {
  try {
    return run();
  } catch (error) {
    throw error instanceof ApplyConflict ? conflictError(error.conflicts) : error;
  }
}

function conflictError(conflicts: readonly Conflict[]): StatusError {
  const causes = conflicts.map(({ manager, path }) => ({
    reason: "FieldManagerConflict",
    message: `conflict with ${managerText(manager)}`,
    field: pathText(path),
  }));
  const [only] = causes;
  const text =
    causes.length === 1
      ? `1 conflict: ${only?.message}: ${only?.field}`
      : `${causes.length} conflicts: ${conflictList(conflicts)}`;
  return new StatusError(409, "Conflict", `Apply failed with ${text}`, { details: { causes } });
}

function conflictList(conflicts: readonly Conflict[]): string {
  const byManager = new Map<string, string[]>();
  for (const { manager, path } of conflicts) {
    const text = managerText(manager);
    byManager.set(text, [...(byManager.get(text) ?? []), `- ${pathText(path)}`]);
  }
  return [...byManager].flatMap(([manager, fields]) => [`conflicts with ${manager}:`, ...fields]).join("\n");
}

function managerText({ manager, subresource, operation, apiVersion }: ManagedEntry): string {
  const through = subresource === undefined ? "" : ` with subresource ${JSON.stringify(subresource)}`;
  return `${JSON.stringify(manager)}${through}${operation === "Update" ? ` using ${apiVersion}` : ""}`;
}

/** As Go prints a kind: `apps/v1, Kind=Deployment`. */
function gvkText({ apiVersion, kind }: Pick<ServedResource, "apiVersion" | "kind"> | Fields): string {
  const text = String(apiVersion ?? "");
  return `${text.includes("/") ? text : `/${text}`}, Kind=${String(kind ?? "")}`;
}
