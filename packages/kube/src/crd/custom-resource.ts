import { type $ZodType, type $ZodUnknown, type input, type output, safeParse } from "zod/v4/core";
import { RequestValidationError } from "../resource/errors.ts";
import type { KubeObject, ObjectMeta, ObjectOf } from "../resource/object.ts";
import { RawApi } from "../resource/raw-api.ts";
import { apiVersion, type Of, type ResourceOf } from "../resource/resource.ts";
import type { CustomResourceDefinition } from "../types/apiextensions/v1.ts";
import { type CustomResourceOptions, definitionOf } from "./definition.ts";
import { InvalidObjectError } from "./errors.ts";
import { join } from "./path.ts";

/** A kind of one's own: a resource for `Api.of`, its definition, and the checks of its objects. */
export interface CustomResource<Spec extends $ZodType, Status extends $ZodType>
  extends ResourceOf<ObjectOf<output<Spec>, output<Status>>> {
  /** To be applied to the cluster before its objects. The same options give the same, to the order of the fields. */
  readonly definition: CustomResourceDefinition;
  /**
   * An object to be written: with its apiVersion and kind, its defaults filled in, and checked.
   * @throws {InvalidObjectError} it does not fit the schema.
   */
  readonly new: (object: {
    metadata: ObjectMeta;
    spec: input<Spec>;
    status?: input<Status>;
  }) => ObjectOf<output<Spec>, output<Status>>;
  /**
   * What came from elsewhere, such as a file: checked, with its defaults filled in and without fields that
   * the schema does not know.
   * @throws {InvalidObjectError} it does not fit the schema, or is of another kind.
   */
  parse(object: unknown): ObjectOf<output<Spec>, output<Status>>;
}

/** The type of a custom resource's objects: `type Document = ObjectFrom<typeof Document>`. */
export type ObjectFrom<R extends Of<unknown>> = R extends ResourceOf<infer K> ? K : never;

/**
 * A kind of one's own from zod schemas of its spec and status: the CustomResourceDefinition
 * that the API is given and the type that the compiler knows are one.
 *
 * ```ts
 * const Document = customResource({
 *   group: "kube.rs",
 *   version: "v1",
 *   kind: "Document",
 *   spec: z.object({ title: z.string(), hide: z.boolean().default(false) }),
 *   status: z.object({ hidden: z.boolean() }),
 * });
 * await Api.v1CustomResourceDefinition(client).create(Document.definition);
 * const lorem = Document.new({ metadata: { name: "lorem" }, spec: { title: "Lorem" } });
 * console.log(Document.plural, lorem.spec.hide); // documents false
 * ```
 *
 * @throws {SchemaError} a part of a schema has no form in the API; names it, and what to use instead.
 * @throws {RequestValidationError} a name is none for the API.
 */
export function customResource<Spec extends $ZodType, Status extends $ZodType = $ZodUnknown>(
  options: CustomResourceOptions<Spec, Status>,
): CustomResource<Spec, Status> {
  type Known = ObjectOf<output<Spec>, output<Status>>;
  const definition = definitionOf(options);
  const { group, version, kind, scope = "Namespaced" } = options;
  const resource = { group, version, kind, plural: definition.spec.names.plural, namespaced: scope === "Namespaced" };
  new RawApi(resource); // checks the names
  if (!/^[A-Z][A-Za-z0-9]*$/.test(kind)) throw new RequestValidationError(`the kind ${kind} is no word in CamelCase`);

  const parse = (value: unknown): Known => {
    const { metadata, spec, status, ...rest } = Object(value) as Partial<
      KubeObject & Record<"spec" | "status", unknown>
    >;
    const issues: { path: string; message: string }[] = [];
    for (const [path, found, wanted] of [
      ["apiVersion", rest.apiVersion, apiVersion(resource)],
      ["kind", rest.kind, kind],
    ] as const) {
      if (found !== undefined && found !== wanted) issues.push({ path, message: `expected ${wanted}` });
    }
    if (typeof metadata !== "object" || metadata === null)
      issues.push({ path: "metadata", message: "expected an object" });
    const checked = { spec: check(options.spec, spec, "spec", issues) } as { spec: unknown; status?: unknown };
    if (status !== undefined) {
      checked.status = options.status === undefined ? status : check(options.status, status, "status", issues);
    }
    if (issues.length > 0) throw new InvalidObjectError(nameOf(kind, metadata), issues);
    return { ...rest, apiVersion: apiVersion(resource), kind, metadata, ...checked } as unknown as Known;
  };
  return { ...resource, definition, parse, new: (object) => parse(object) };
}

function check(schema: $ZodType, value: unknown, at: string, issues: { path: string; message: string }[]): unknown {
  const { data, error } = safeParse(schema, value);
  for (const { path, message } of error?.issues ?? []) issues.push({ path: path.reduce<string>(join, at), message });
  return data;
}

function nameOf(kind: string, metadata: ObjectMeta | undefined): string {
  const { namespace, name } = Object(metadata) as ObjectMeta;
  return [kind, [namespace, name].filter(Boolean).join("/")].filter(Boolean).join(" ");
}
