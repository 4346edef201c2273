import { setTimeout as sleep } from "node:timers/promises";
import { type KubeObject, Reflector, type Resource } from "@kubecast/kube";
import { configMaps, differences, pods } from "./cluster.ts";
import { type Consumer, type Surroundings, Watching } from "./consumer.ts";
import { ToldChanges } from "./told.ts";

/** After this share of its batches a subscriber that lags takes its time. */
const LAGS = 0.2;

/** Two reflectors, whose stores and whose changes must both lead to what the server has. */
export function startReflectors(surroundings: Surroundings): Consumer {
  const watching = new Watching(surroundings);
  const stop = new AbortController();
  const parts = [pods, configMaps].map((resource) => startReflector(resource, watching, surroundings, stop.signal));
  const running = Promise.all(parts.map((part) => part.running));
  const readers = parts.flatMap((part) => part.readers);
  return {
    name: "Reflector",
    received: watching.received,
    stats: watching.stats,
    get handled() {
      return readers.reduce((sum, { told }) => sum + told.count, 0);
    },
    violations: () => readers.flatMap(({ name, told }) => told.violations.map((violation) => `${name}: ${violation}`)),
    differences: (cluster, depth) =>
      parts.flatMap(({ resource, reflector, readers }) => [
        ...differences(reflector.state(), cluster, resource, depth),
        ...readers.flatMap(({ name, told }) =>
          differences(told.objects.values(), cluster, resource, depth).map((each) => `${name}: ${each}`),
        ),
      ]),
    running,
    async stop() {
      stop.abort();
      await running;
    },
  };
}

/** One reflector, and beside the one who runs it two who subscribe to it. */
function startReflector(resource: Resource, watching: Watching, { random }: Surroundings, signal: AbortSignal) {
  // One begins with streaming lists, the other reads pages.
  const settings = { streamingLists: resource === pods };
  const reflector = Reflector.new<KubeObject>({ ...watching.settings, resource }, settings);
  const [all, net, every] = [new ToldChanges(), new ToldChanges(), new ToldChanges()];
  const runs = reflector.run(signal, async (batch) => {
    if (batch.type === "changes") all.take(batch.changes);
    await watching.dawdle();
  });
  const lags = async () => {
    for await (const changes of reflector.subscribe({ signal })) {
      net.take(changes);
      if (random.chance(LAGS)) await sleep(random.between(1, 300));
    }
  };
  const holdsUp = async () => {
    for await (const changes of reflector.subscribe({ signal, whenSlow: "wait", buffer: 500 })) {
      every.take(changes);
      await watching.dawdle();
    }
  };
  return {
    resource,
    reflector,
    readers: [
      { name: "its changes", told: all },
      { name: "to a subscriber that lags", told: net },
      { name: "to a subscriber that is waited for", told: every },
    ],
    running: Promise.all([runs, lags(), holdsUp()]),
  };
}
