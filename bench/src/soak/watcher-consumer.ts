import { type KubeObject, watcher } from "@kubecast/kube";
import { configMaps, differences, pods } from "./cluster.ts";
import { type Consumer, type Surroundings, Watching } from "./consumer.ts";
import { ToldItems } from "./told.ts";

/**
 * Two watchers, whose items must keep what `WatchItem` promises. They are begun
 * anew at each checkpoint, so that both ways to list are used to the end.
 */
export function startWatchers(surroundings: Surroundings): Consumer {
  const watching = new Watching(surroundings);
  const violations: string[] = [];
  let handled = 0;
  let rounds = 0;
  let failed: (error: unknown) => void = () => {};
  const running = new Promise<never>((_, reject) => {
    failed = reject;
  });

  function begin() {
    rounds++;
    const stop = new AbortController();
    const parts = [pods, configMaps].map((resource) => {
      const streamingLists = (resource === pods) === (rounds % 2 === 1);
      const told = new ToldItems();
      return {
        resource,
        told,
        running: follow({ ...watching.settings, resource, streamingLists, signal: stop.signal }, told),
      };
    });
    const ended = Promise.all(parts.map((part) => part.running));
    ended.catch(failed);
    return {
      parts,
      async end() {
        stop.abort();
        await ended;
        for (const { told } of parts) {
          handled += told.count;
          violations.push(...told.violations);
        }
      },
    };
  }

  async function follow(options: Parameters<typeof watcher>[0], told: ToldItems): Promise<void> {
    for await (const items of watcher<KubeObject>(options)) {
      told.take(items);
      await watching.dawdle();
    }
  }

  let round = begin();
  return {
    name: "watcher",
    received: watching.received,
    stats: watching.stats,
    get handled() {
      return round.parts.reduce((sum, { told }) => sum + told.count, handled);
    },
    violations: () => [...violations, ...round.parts.flatMap(({ told }) => told.violations)],
    differences: (cluster, depth) =>
      round.parts.flatMap(({ resource, told }) => differences(told.objects.values(), cluster, resource, depth)),
    async checkpoint() {
      await round.end();
      round = begin();
    },
    running,
    stop: () => round.end(),
  };
}
