import type { $ZodType } from "zod/v4/core";
import type {
  CustomResourceColumnDefinition,
  CustomResourceDefinition,
  CustomResourceDefinitionVersion,
  CustomResourceSubresourceScale,
  ValidationRule,
} from "../types/apiextensions/v1.ts";
import { mayBeAbsent, structuralSchema } from "./schema.ts";

/** What a kind is called, and what its objects are. */
export interface CustomResourceOptions<Spec extends $ZodType, Status extends $ZodType> {
  /** Such as `kube.rs`. */
  readonly group: string;
  /** Such as `v1` or `v1beta1`. */
  readonly version: string;
  /** Such as `Document`. */
  readonly kind: string;
  /** In lower case, as in the URL; default of the kind, as English has it: `documents`, `policies`, `classes`. */
  readonly plural?: string;
  /** Default the kind in lower case. */
  readonly singular?: string;
  /** Such as `doc`, for kubectl. */
  readonly shortNames?: readonly string[];
  /** Such as `all`, for kubectl. */
  readonly categories?: readonly string[];
  /** Default `Namespaced`. */
  readonly scope?: "Namespaced" | "Cluster";
  /** For `kubectl explain`. */
  readonly description?: string;
  /** What `spec` may be. */
  readonly spec: Spec;
  /** With it there is the subresource `status`: the status is written by `patchStatus` alone. */
  readonly status?: Status;
  /** Columns of `kubectl get`. */
  readonly printerColumns?: readonly CustomResourceColumnDefinition[];
  /** Where `kubectl scale` and autoscalers find the replicas. */
  readonly scale?: CustomResourceSubresourceScale;
  /** Paths such as `.spec.color`, for field selectors. */
  readonly selectableFields?: readonly string[];
  /** Rules in CEL about the whole object, which is `self`. Those about a field: `.meta({ "x-kubernetes-validations": [...] })`. */
  readonly validations?: readonly ValidationRule[];
  /** What those who still use this version are told; `true` for a message of the API's own. */
  readonly deprecated?: boolean | string;
}

/** @throws {SchemaError} a part of the schema has no form in the API. */
export function definitionOf(options: CustomResourceOptions<$ZodType, $ZodType>): CustomResourceDefinition {
  const { group, kind, plural = pluralOf(kind), singular = kind.toLowerCase() } = options;
  return {
    apiVersion: "apiextensions.k8s.io/v1",
    kind: "CustomResourceDefinition",
    metadata: { name: `${plural}.${group}` },
    spec: {
      group,
      scope: options.scope ?? "Namespaced",
      names: {
        kind,
        plural,
        singular,
        ...(options.shortNames?.length && { shortNames: [...options.shortNames] }),
        ...(options.categories?.length && { categories: [...options.categories] }),
      },
      versions: [versionOf(options)],
    },
  };
}

function versionOf(options: CustomResourceOptions<$ZodType, $ZodType>): CustomResourceDefinitionVersion {
  const { version, spec, status, scale, deprecated = false } = options;
  return {
    name: version,
    served: true,
    storage: true,
    ...(deprecated !== false && { deprecated: true }),
    ...(typeof deprecated === "string" && { deprecationWarning: deprecated }),
    schema: {
      openAPIV3Schema: {
        ...(options.description !== undefined && { description: options.description }),
        type: "object",
        ...(!mayBeAbsent(spec) && { required: ["spec"] }),
        properties: {
          spec: structuralSchema(spec, "spec"),
          ...(status !== undefined && { status: structuralSchema(status, "status") }),
        },
        ...(options.validations?.length && { "x-kubernetes-validations": [...options.validations] }),
      },
    },
    ...((status !== undefined || scale !== undefined) && {
      subresources: { ...(status !== undefined && { status: {} }), ...(scale !== undefined && { scale }) },
    }),
    ...(options.selectableFields?.length && {
      selectableFields: options.selectableFields.map((jsonPath) => ({ jsonPath })),
    }),
    ...(options.printerColumns?.length && { additionalPrinterColumns: [...options.printerColumns] }),
  };
}

/**
 * One definition of several versions: `stored` is what the API keeps, the others are
 * served beside it. They are not converted: each takes the same objects.
 *
 * ```ts
 * const page = { group: "kube.rs", kind: "Page", spec: z.object({ title: z.string() }) };
 * const definition = withVersions(
 *   customResource({ ...page, version: "v2" }),
 *   customResource({ ...page, version: "v1", deprecated: "use v2" }),
 * );
 * console.log(definition.spec.versions.map(({ name }) => name)); // [ 'v2', 'v1' ]
 * ```
 *
 * @throws {TypeError} they are not versions of the same kind.
 */
export function withVersions(
  stored: { readonly definition: CustomResourceDefinition },
  ...others: readonly { readonly definition: CustomResourceDefinition }[]
): CustomResourceDefinition {
  const { versions, ...same } = stored.definition.spec;
  const kind = JSON.stringify(same);
  const all = [...versions];
  for (const { definition } of others) {
    const { versions, ...other } = definition.spec;
    if (JSON.stringify(other) !== kind) {
      throw new TypeError(`${definition.metadata.name}: all versions of a kind have the same names and scope`);
    }
    for (const version of versions) {
      if (all.some(({ name }) => name === version.name)) {
        throw new TypeError(`${definition.metadata.name}: version ${version.name} is there twice`);
      }
      all.push({ ...version, storage: false });
    }
  }
  return { ...stored.definition, spec: { ...same, versions: all } };
}

/** English as Kubernetes knows it. */
export function pluralOf(kind: string): string {
  const singular = kind.toLowerCase();
  if (/(s|x|z|ch|sh)$/.test(singular)) return `${singular}es`;
  return /[^aeiou]y$/.test(singular) ? `${singular.slice(0, -1)}ies` : `${singular}s`;
}
