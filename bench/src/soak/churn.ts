import type { ObjectStore } from "@kubecast/apiserver";
import type { KubeObject, Resource } from "@kubecast/kube";
import { configMaps, pods } from "./cluster.ts";
import type { Random } from "./random.ts";

const namespaces = ["bank", "post", "shop"];
/** In each namespace, for Pods and ConfigMaps alike; nine in ten of them are taken at a time. */
const NAMES = 370;
/** Letters of one to four bytes, so that a cut may go through one. */
const words = ["ready", "größer", "☃", "数据", "🚢", "\u2028", '"quoted"', "\\"];

/** Lets objects come, change and go. What it does next is the seed's to say. */
export class Churn {
  readonly #store: ObjectStore;
  readonly #random: Random;
  #serial = 0;

  constructor(store: ObjectStore, random: Random) {
    this.#store = store;
    this.#random = random;
    for (const resource of [pods, configMaps]) {
      for (const namespace of namespaces) {
        for (let index = 0; index < NAMES; index++) this.#put(resource, namespace, nameOf(index));
      }
    }
  }

  /** Writes what belongs together: one event most often, or several in a row about one object. Tells how many. */
  step(): number {
    const random = this.#random;
    const resource = random.pick([pods, configMaps]);
    const namespace = random.pick(namespaces);
    const name = nameOf(random.below(NAMES));
    const put = () => this.#put(resource, namespace, name);
    const remove = () => this.#store.collection(resource).remove(`${namespace}/${name}`);
    if (this.#store.collection(resource).get(`${namespace}/${name}`) === undefined) return times(1, put);
    const chance = random.next();
    if (chance < 0.09) return times(1, remove);
    // Under the same name comes another object.
    if (chance < 0.14) return times(1, remove) + times(1, put);
    if (chance < 0.16) return times(random.between(5, 50), put);
    return times(1, put);
  }

  #put(resource: Resource, namespace: string, name: string): void {
    const collection = this.#store.collection(resource);
    const key = `${namespace}/${name}`;
    const old = collection.get(key)?.object.metadata;
    const serial = ++this.#serial;
    const metadata = {
      name,
      namespace,
      uid: old?.uid ?? `00000000-0000-4000-8000-${serial.toString(16).padStart(12, "0")}`,
      creationTimestamp: "2026-11-01T10:00:00Z",
      labels: { app: name, tier: this.#random.pick(["web", "db"]) },
    };
    const text = `change ${serial}: ${Array.from({ length: this.#random.below(20) }, () => this.#random.pick(words)).join(" ")}`;
    collection.put(key, { metadata, ...(resource === pods ? podOf(text) : { data: { text } }) } as KubeObject);
  }
}

function nameOf(index: number): string {
  return `web-7c9d8b5f6d-${index.toString(36).padStart(5, "0")}`;
}

const containers = [{ name: "web", image: "registry.example.com/web:2.14.3", ports: [{ containerPort: 8080 }] }];

function podOf(message: string) {
  const conditions = ["Initialized", "Ready", "PodScheduled"].map((type) => ({ type, status: "True" }));
  return { spec: { nodeName: "node-1", containers }, status: { phase: "Running", message, conditions } };
}

function times(count: number, write: () => void): number {
  for (let time = 0; time < count; time++) write();
  return count;
}
