export { builtins, findResource, suggest } from "./catalogue.ts";
export type { ResourceDescription, SubresourceDescription } from "./description.ts";
export { RequestValidationError } from "./errors.ts";
export type {
  KubeObject,
  ListMeta,
  ObjectList,
  ObjectMeta,
  ObjectOf as Object,
  OwnerReference,
  Status,
  StatusCause,
  StatusDetails,
  TypeMeta,
  WatchEvent,
} from "./object.ts";
export type {
  ApplyParams,
  AttachParams,
  DeleteParams,
  ListParams,
  LogParams,
  PatchParams,
  PostParams,
  PropagationPolicy,
  SelectorParams,
  TokenParams,
  WatchParams,
} from "./params.ts";
export type { Apply, Partly } from "./partly.ts";
export { type JsonPatchOperation, type MergePart, Patch, type PatchStrategy, patchContentTypes } from "./patch.ts";
export { RawApi, type RequestBody } from "./raw-api.ts";
export type { ApiRequest } from "./request.ts";
export { apiVersion, type Of, type Resource, type ResourceOf, resourceName } from "./resource.ts";
