import { ApiError, type ApiRequest, type Clock, RawApi, systemClock, type Transport } from "@kubecast/kube";
import type { Context } from "./context.ts";
import { follow } from "./follow.ts";
import { Kubelet } from "./kubelet.ts";
import { newNode } from "./node.ts";
import { Nodes } from "./nodes.ts";
import { Scheduling } from "./scheduling.ts";
import { Timers } from "./timers.ts";
import type { Node, Pod } from "./types.ts";
import { Writer } from "./writer.ts";

/** How the nodes are simulated. */
export interface SimulationOptions {
  /** Whom to ask: a `Client` for the API server. */
  readonly transport: Transport;
  /** How many nodes to create, `node-1` and on; those that exist are used as they are. Default 3. */
  readonly nodes?: number;
  /** Simulated time an amount of real time; timestamps are those of the real clock. Default 1. */
  readonly speed?: number;
  /** Stops the simulation. */
  readonly signal?: AbortSignal;
  /** Told of what is amiss: scripts that cannot be read, requests that fail. Default: standard error. */
  readonly log?: (message: string) => void;
  /** For tests; default `systemClock`. */
  readonly clock?: Clock;
  /** In [0, 1); default Math.random. */
  readonly random?: () => number;
}

/** A simulation that runs. */
export interface Simulation {
  /** Leaves the objects as they are; resolves when the last watch has ended. */
  stop(): Promise<void>;
}

/**
 * Gives the Pods of an API server the life that nodes give them: schedules those
 * without a node, reports the statuses that a kubelet would, and removes them when
 * they are deleted. What goes wrong with a Pod or Node is said by its script, see
 * `scriptAnnotation`. Only Nodes annotated with `simulate.kubecast.dev/node: "true"`
 * and the Pods on them are touched, so that a cluster may have others.
 *
 * Resolves once the nodes are created and all Pods known. Rejects with the
 * transport's error if the nodes cannot be created.
 *
 * ```ts
 * const simulation = await startSimulation({ transport: client, nodes: 1, speed: 100 });
 * const pod = await pods.wait("web", isPodRunning);
 * console.log(pod?.spec?.nodeName); // node-1
 * await simulation.stop();
 * ```
 *
 * @throws {RangeError} the speed is not more than 0.
 */
export async function startSimulation(options: SimulationOptions): Promise<Simulation> {
  const { transport, nodes: count = 3, speed = 1, clock = systemClock, random = Math.random } = options;
  if (!(speed > 0)) throw new RangeError(`speed must be more than 0, not ${speed}`);
  const log = options.log ?? ((message) => process.stderr.write(`simulation: ${message}\n`));
  const stopped = new AbortController();
  const signal = AbortSignal.any([stopped.signal, ...(options.signal === undefined ? [] : [options.signal])]);

  for (let index = 1; index <= count; index++) await createNode(transport, `node-${index}`, signal);

  const timers = new Timers(clock);
  const writer = new Writer({ clock, timers, log });
  const send = (request: ApiRequest) => transport.request(request, { signal });
  const context: Context = { send, clock, timers, writer, speed, random, log };
  const kubelet = new Kubelet(context);
  const scheduling = new Scheduling(context);
  const nodes = new Nodes(context, (node) => kubelet.nodeChanged(node));
  const observePod = (pod: Pod) => {
    scheduling.observePod(pod);
    const node = nodes.get(pod.spec.nodeName);
    if (node !== undefined) kubelet.observe(pod, node);
  };
  const podsWatch = follow<Pod>({
    transport,
    resource: RawApi.v1Pod().resource,
    signal,
    log,
    observe: observePod,
    forget({ metadata: { uid = "" } }) {
      scheduling.forgetPod(uid);
      kubelet.forget(uid);
    },
  });
  const nodesWatch = follow<Node>({
    transport,
    resource: RawApi.v1Node().resource,
    signal,
    log,
    observe(node) {
      const name = node.metadata.name;
      const isNew = nodes.get(name) === undefined;
      if (!nodes.observe(node)) return;
      scheduling.observeNode(node);
      // Its Pods may have been seen before it.
      if (isNew) for (const pod of podsWatch.store) if (pod.spec.nodeName === name) observePod(pod);
    },
    forget({ metadata: { name = "" } }) {
      nodes.forget(name);
      kubelet.forgetNode(name);
      scheduling.forgetNode(name);
    },
  });

  const end = () => {
    writer.stop();
    timers.clear();
  };
  signal.addEventListener("abort", end, { once: true });
  const watches = Promise.all([nodesWatch.done, podsWatch.done]);
  watches.catch((error: unknown) => {
    log(`stopped: ${error instanceof Error ? error.message : String(error)}`);
    stopped.abort();
  });
  await Promise.race([Promise.all([nodesWatch.synced, podsWatch.synced]), watches]);
  return {
    async stop() {
      stopped.abort();
      await watches.catch(() => {});
    },
  };
}

async function createNode(transport: Transport, name: string, signal: AbortSignal): Promise<void> {
  try {
    await transport.request(RawApi.v1Node().create(newNode(name)), { signal });
  } catch (error) {
    if (!(error instanceof ApiError && error.isAlreadyExists)) throw error;
  }
}
