import { setTimeout as sleep } from "node:timers/promises";
import { type KubeObject, Reflector } from "@kubecast/kube";
import { type Context, Controller, type Request } from "@kubecast/kube/runtime";
import { type Cluster, configMaps, differences, type Objects, pods } from "./cluster.ts";
import { type Consumer, type Surroundings, Watching } from "./consumer.ts";

const CONCURRENCY = 4;
/** Shares of the reconciles. */
const FAILING = 0.002;
const SLOW = 0.02;
const VERY_SLOW = 0.0003;

/** What the last reconcile of a name saw; undefined is an object that was not there. */
interface Seen {
  readonly pod: string | undefined;
  readonly configMap: string | undefined;
}

/**
 * A controller of Pods that also watches the ConfigMaps of the same names. That no
 * change was missed by level shows in what the last reconcile of each name saw.
 */
export function startController(surroundings: Surroundings): Consumer {
  const watching = new Watching(surroundings);
  const { random, clock } = surroundings;
  const stop = new AbortController();
  const reflect = (resource: typeof pods) =>
    Reflector.new<KubeObject>({ ...watching.settings, resource }, { streamingLists: resource === configMaps });
  const podsHere = reflect(pods);
  const configMapsHere = reflect(configMaps);
  const seen = new Map<string, Seen>();
  const atWork = new Set<string>();
  const violations: string[] = [];
  let reconciles = 0;

  async function reconcile({ name, namespace = "" }: Request, { object }: Context<KubeObject>): Promise<void> {
    const key = `${namespace}/${name}`;
    const configMap = configMapsHere.getWithin(name, namespace);
    reconciles++;
    if (atWork.has(key)) violations.push(`${key} is reconciled twice at a time`);
    atWork.add(key);
    if (atWork.size > CONCURRENCY) violations.push(`${atWork.size} reconciles at a time`);
    try {
      const chance = random.next();
      if (chance < VERY_SLOW) await sleep(random.between(100, 1_000));
      else if (chance < SLOW) await sleep(random.between(1, 5));
      else await Promise.resolve();
      if (random.chance(FAILING)) throw new Error("on purpose");
      seen.set(key, { pod: object?.metadata.resourceVersion, configMap: configMap?.metadata.resourceVersion });
    } finally {
      atWork.delete(key);
    }
  }

  const controller = Controller.new(podsHere, { clock }).watches(configMapsHere, ({ metadata }) => [
    { name: metadata.name ?? "", namespace: metadata.namespace ?? "" },
  ]);
  const running = controller.run(reconcile, {
    signal: stop.signal,
    concurrency: CONCURRENCY,
    errorPolicy: () => "backoff",
  });
  return {
    name: "Controller",
    received: watching.received,
    stats: watching.stats,
    get handled() {
      return reconciles;
    },
    violations: () => violations,
    differences: (cluster, depth) => [
      ...differences(podsHere.state(), cluster, pods, depth),
      ...differences(configMapsHere.state(), cluster, configMaps, depth),
      ...missed(seen, cluster),
    ],
    running,
    async stop() {
      stop.abort();
      await running;
    },
  };
}

/** The names whose last reconcile saw another state than the last. */
function missed(seen: ReadonlyMap<string, Seen>, cluster: Cluster): string[] {
  const none: Objects = new Map();
  const [podsThere = none, configMapsThere = none] = [cluster.get(pods), cluster.get(configMaps)];
  const found: string[] = [];
  for (const key of new Set([...seen.keys(), ...podsThere.keys(), ...configMapsThere.keys()])) {
    const pairs = [
      ["Pod", seen.get(key)?.pod, podsThere.get(key)],
      ["ConfigMap", seen.get(key)?.configMap, configMapsThere.get(key)],
    ] as const;
    for (const [kind, version, object] of pairs) {
      const last = object?.metadata.resourceVersion;
      if (version === last) continue;
      found.push(`the last reconcile of ${key} saw its ${kind} in version ${version ?? "none"}, not ${last ?? "none"}`);
    }
  }
  return found;
}
