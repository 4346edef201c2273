export { type Clock, systemClock } from "./clock.ts";
export type {
  CacheSettings,
  PartialObject,
  PartialSettings,
  TransformSettings,
  Watchable,
  WatchSettings,
  WatchSource,
} from "./configurable.ts";
export type { Indexed, IndexFunction } from "./indexes.ts";
export { Informer } from "./informer.ts";
export type { WatchItem } from "./item.ts";
export { Reflector, type ReflectorBatch } from "./reflector.ts";
export type { Selection } from "./requests.ts";
export { type Change, Store, type StoreOptions } from "./store.ts";
export type { SubscribeOptions } from "./subscribers.ts";
export { dropManagedFields, type Transform } from "./transform.ts";
export { type WatchOptions, type WatchStats, watcher, watchStats } from "./watcher.ts";
