import { ApiError, type ApiRequest, RawApi } from "@kubecast/kube";
import { timestamp } from "../api/timestamp.ts";
import { type Context, describe, readScript, scriptOf } from "./context.ts";
import { Scheduler } from "./scheduler.ts";
import { healthyPod, parsePodScript } from "./script.ts";
import type { Condition, Node, Pod } from "./types.ts";

interface Pending {
  pod: Pod;
  /** Until when (milliseconds since the epoch) the script keeps every node away. */
  readonly hinderedUntil: number;
  /** What was told of it last. */
  message: string | undefined;
}

/** Binds the Pods that have no node to the simulated nodes, and says why where it cannot. */
export class Scheduling {
  readonly #context: Context;
  readonly #scheduler = new Scheduler();
  readonly #pending = new Map<string, Pending>();
  /** Bound by us, but the server's word of it is yet to come. */
  readonly #bound = new Set<string>();
  #isRetrying = false;
  /** A server without the binding subresource has been met. */
  #withoutBinding = false;

  constructor(context: Context) {
    this.#context = context;
  }

  observeNode(node: Node): void {
    this.#scheduler.setNode(node);
    this.#retry();
  }

  forgetNode(name: string): void {
    this.#scheduler.removeNode(name);
    this.#retry();
  }

  observePod(pod: Pod): void {
    const { uid = "", deletionTimestamp } = pod.metadata;
    const { nodeName, schedulerName = "default-scheduler", schedulingGates = [] } = pod.spec;
    const isOver = pod.status?.phase === "Succeeded" || pod.status?.phase === "Failed";
    if (nodeName !== undefined && nodeName !== "") {
      this.#pending.delete(uid);
      // Should somebody else have been faster, our binding would be refused for ever.
      if (this.#bound.delete(uid)) this.#context.writer.forget(uid);
      if (isOver) this.#release(uid);
      else this.#scheduler.place(pod, nodeName);
    } else if (deletionTimestamp !== undefined || isOver) {
      this.#pending.delete(uid);
    } else if (schedulerName === "default-scheduler" && schedulingGates.length === 0) {
      this.#consider(uid, pod);
    }
  }

  forgetPod(uid: string): void {
    this.#pending.delete(uid);
    this.#bound.delete(uid);
    this.#release(uid);
  }

  #release(uid: string): void {
    if (this.#scheduler.release(uid)) this.#retry();
  }

  #consider(uid: string, pod: Pod): void {
    const known = this.#pending.get(uid);
    if (known !== undefined && scriptOf(known.pod) === scriptOf(pod)) {
      known.pod = pod;
      return;
    }
    if (this.#bound.has(uid)) return;
    const { clock, timers, speed } = this.#context;
    // The kubelet will tell of a script that cannot be read.
    const { behaviour, recoverAfter } = readScript(pod, parsePodScript, healthyPod, () => {});
    const hinderedUntil = behaviour === "unschedulable" ? clock.now() + recoverAfter / speed : 0;
    const pending: Pending = { pod, hinderedUntil, message: undefined };
    this.#pending.set(uid, pending);
    this.#attempt(uid, pending);
    if (hinderedUntil > 0 && hinderedUntil !== Number.POSITIVE_INFINITY) {
      timers.at(hinderedUntil, () => {
        if (this.#pending.get(uid) === pending) this.#attempt(uid, pending);
      });
    }
  }

  /** Tries all again soon; once, however much has changed at the same time. */
  #retry(): void {
    if (this.#isRetrying || this.#pending.size === 0) return;
    this.#isRetrying = true;
    const { clock, timers } = this.#context;
    timers.at(clock.now(), () => {
      this.#isRetrying = false;
      for (const [uid, pending] of this.#pending) this.#attempt(uid, pending);
    });
  }

  #attempt(uid: string, pending: Pending): void {
    const { pod, hinderedUntil } = pending;
    const isHindered = this.#context.clock.now() < hinderedUntil;
    const choice = isHindered ? { message: this.#scheduler.noRoom() } : this.#scheduler.choose(pod);
    if ("node" in choice) {
      this.#pending.delete(uid);
      this.#bound.add(uid);
      // Counted at once: the next Pod must not be given the same room.
      this.#scheduler.place(pod, choice.node);
      this.#context.writer.put(uid, `the binding of ${describe(pod)}`, () => this.#bind(pod, choice.node));
    } else if (choice.message !== pending.message) {
      pending.message = choice.message;
      const request = unschedulable(pod, choice.message, this.#context.clock.now());
      this.#context.writer.put(uid, `the status of ${describe(pod)}`, () => this.#context.send(request));
    }
  }

  /** By the binding subresource, as spec.nodeName cannot be patched; where a server has none, it can. */
  async #bind(pod: Pod, node: string): Promise<void> {
    const { name = "", namespace = "", uid = "" } = pod.metadata;
    const { send } = this.#context;
    const api = RawApi.v1Pod().within(namespace);
    if (!this.#withoutBinding) {
      try {
        await send(binding(api, name, uid, node));
        return;
      } catch (error) {
        if (!(error instanceof ApiError && (error.isNotFound || error.code === 405))) throw error;
      }
    }
    await send(api.patch(name, { metadata: { uid }, spec: { nodeName: node } }));
    this.#withoutBinding = true;
  }
}

function binding(api: RawApi, name: string, uid: string, node: string): ApiRequest {
  const target = { apiVersion: "v1", kind: "Node", name: node };
  const body = { apiVersion: "v1", kind: "Binding", metadata: { name, namespace: api.namespace, uid }, target };
  return {
    method: "POST",
    path: `${api.get(name).path}/binding`,
    headers: { "content-type": "application/json" },
    body: JSON.stringify(body),
  };
}

function unschedulable(pod: Pod, message: string, now: number): ApiRequest {
  const { name = "", namespace = "", uid } = pod.metadata;
  const observed = pod.status?.conditions ?? [];
  const before = observed.find(({ type }) => type === "PodScheduled");
  const condition: Condition = {
    type: "PodScheduled",
    status: "False",
    reason: "Unschedulable",
    message,
    lastProbeTime: null,
    lastTransitionTime: (before?.status === "False" && before.lastTransitionTime) || timestamp(now),
  };
  const conditions = [...observed.filter(({ type }) => type !== "PodScheduled"), condition];
  const patch = { metadata: { uid }, status: { phase: "Pending", conditions } };
  return RawApi.v1Pod().within(namespace).patchStatus(name, patch);
}
