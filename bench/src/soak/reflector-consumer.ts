import { type KubeObject, Reflector } from "@kubecast/kube";
import { configMaps, differences, pods } from "./cluster.ts";
import { type Consumer, type Surroundings, Watching } from "./consumer.ts";
import { ToldChanges } from "./told.ts";

/** Two reflectors, whose stores and whose changes must both lead to what the server has. */
export function startReflectors(surroundings: Surroundings): Consumer {
  const watching = new Watching(surroundings);
  const stop = new AbortController();
  const parts = [pods, configMaps].map((resource) => {
    // One begins with streaming lists, the other reads pages.
    const streamingLists = resource === pods;
    const reflector = Reflector.new<KubeObject>({ ...watching.settings, resource }, { streamingLists });
    const told = new ToldChanges();
    const running = reflector.run(stop.signal, async (batch) => {
      if (batch.type === "changes") told.take(batch.changes);
      await watching.dawdle();
    });
    return { resource, reflector, told, running };
  });
  const running = Promise.all(parts.map((part) => part.running));
  return {
    name: "Reflector",
    received: watching.received,
    stats: watching.stats,
    get handled() {
      return parts.reduce((sum, { told }) => sum + told.count, 0);
    },
    violations: () => parts.flatMap(({ told }) => told.violations),
    differences: (cluster) =>
      parts.flatMap(({ resource, reflector, told }) => [
        ...differences(reflector.state(), cluster, resource),
        ...differences(told.objects.values(), cluster, resource).map((each) => `by its changes, ${each}`),
      ]),
    running,
    async stop() {
      stop.abort();
      await running;
    },
  };
}
