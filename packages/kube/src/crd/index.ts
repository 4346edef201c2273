/**
 * CustomResourceDefinitions from zod schemas, and the resources that they define, typed.
 * Needs the package `zod`.
 *
 * @module @kubecast/kube/crd
 */
export { type CustomResource, customResource, type ObjectFrom } from "./custom-resource.ts";
export { type CustomResourceOptions, withVersions } from "./definition.ts";
export { InvalidObjectError, SchemaError } from "./errors.ts";
