export type { AccessRequest, Authorize } from "./http/access.ts";
export { type ApiServer, type ApiServerOptions, startApiServer } from "./server.ts";
export { ObjectStore, type ObjectStoreOptions } from "./store/object-store.ts";
