import { type KubeObject, type Resource, Store, type Transport, watcher } from "@kubecast/kube";

export interface FollowOptions<K extends KubeObject> {
  readonly transport: Transport;
  readonly resource: Resource;
  readonly signal: AbortSignal;
  readonly log: (message: string) => void;
  /** An object is new or has changed. */
  readonly observe: (object: K) => void;
  /** An object is gone. */
  readonly forget: (object: K) => void;
}

export interface Following<K extends KubeObject> {
  readonly store: Store<K>;
  /** Resolves when all objects that there are have been told. */
  readonly synced: Promise<void>;
  /** Resolves after the signal's abort; rejects with what a callback throws. */
  readonly done: Promise<void>;
}

/** Watches a resource in all namespaces, and tells of the differences one after the other. */
export function follow<K extends KubeObject>(options: FollowOptions<K>): Following<K> {
  const { transport, resource, signal, log } = options;
  const store = new Store<K>();
  let whenSynced = () => {};
  const synced = new Promise<void>((resolve) => {
    whenSynced = resolve;
  });
  const watch = async () => {
    for await (const items of watcher<K>({ transport, resource, signal })) {
      for (const item of items) {
        if (item.type === "error") log(`watching ${resource.plural}: ${item.error.message}`);
      }
      for (const change of store.applyItems(items)) {
        if (change.type === "deleted") options.forget(change.object);
        else options.observe(change.object);
      }
      if (store.synced) whenSynced();
    }
  };
  return { store, synced, done: watch() };
}
