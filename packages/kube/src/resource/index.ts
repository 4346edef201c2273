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
export {
  type AttachParams,
  type DeleteParams,
  type ListParams,
  type LogParams,
  type PatchParams,
  type PatchStrategy,
  type PostParams,
  type PropagationPolicy,
  patchContentTypes,
  type SelectorParams,
  type WatchParams,
} from "./params.ts";
export { RawApi, type RequestBody } from "./raw-api.ts";
export type { ApiRequest } from "./request.ts";
export { apiVersion, type Of, type Resource, type ResourceOf, resourceName } from "./resource.ts";
