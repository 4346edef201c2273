export { type CustomResource, customResource, type ObjectFrom } from "./custom-resource.ts";
export { type CustomResourceOptions, withVersions } from "./definition.ts";
export { InvalidObjectError, SchemaError } from "./errors.ts";
