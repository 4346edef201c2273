import { RawApi } from "@kubecast/kube";
import { type Context, describe, difference, readScript, run, scriptOf } from "./context.ts";
import { hostIP, type NodeModel, podIP } from "./node.ts";
import { podEnd, podLife } from "./pod-life.ts";
import { PodModel } from "./pod-model.ts";
import { healthyPod, parsePodScript } from "./script.ts";
import type { Pod, PodStatus } from "./types.ts";

interface Running {
  readonly model: PodModel;
  node: NodeModel;
  /** The newest that is known of the Pod. */
  pod: Pod;
  /** What the API was told last. */
  reported: PodStatus;
  script: string;
  isEnding: boolean;
  stop: () => void;
}

/** The kubelets of all simulated nodes: they run what is bound to their nodes, and report it. */
export class Kubelet {
  readonly #context: Context;
  readonly #running = new Map<string, Running>();
  /** How many Pods each node has had. */
  readonly #serials = new Map<string, number>();

  constructor(context: Context) {
    this.#context = context;
  }

  /** A Pod of one of the nodes is new or has changed. */
  observe(pod: Pod, node: NodeModel): void {
    const running = this.#running.get(pod.metadata.uid ?? "") ?? this.#take(pod, node);
    running.pod = pod;
    running.node = node;
    running.model.observe(pod.status?.conditions ?? []);
    if (node.isSilent || running.isEnding) return;
    if (pod.metadata.deletionTimestamp !== undefined) this.#end(running);
    else if (running.script !== scriptOf(pod)) this.#live(running);
  }

  /** The Pod is gone from the API. */
  forget(uid: string): void {
    this.#running.get(uid)?.stop();
    this.#running.delete(uid);
    this.#context.writer.forget(uid);
  }

  /** The node is gone from the API: nobody looks after its Pods. */
  forgetNode(name: string): void {
    for (const [uid, running] of this.#running) if (running.node.name === name) this.forget(uid);
  }

  /** The node is ready again, or not any more. */
  nodeChanged(node: NodeModel): void {
    for (const running of this.#running.values()) {
      if (running.node !== node) continue;
      running.model.nodeReady = node.state === "ready";
      if (!running.model.isOver) this.#report(running);
      if (!node.isSilent) this.observe(running.pod, node);
    }
  }

  #take(pod: Pod, node: NodeModel): Running {
    const { name, index } = node;
    const serial = this.#serials.get(name) ?? 0;
    this.#serials.set(name, serial + 1);
    const { now } = this.#context.clock;
    const place = { hostIP: hostIP(index), podIP: podIP(index, serial) };
    const model = new PodModel(pod, place, now.bind(this.#context.clock));
    model.nodeReady = node.state === "ready";
    const running: Running = {
      model,
      node,
      pod,
      reported: pod.status ?? {},
      script: "",
      isEnding: false,
      stop: () => {},
    };
    this.#running.set(pod.metadata.uid ?? "", running);
    return running;
  }

  #live(running: Running): void {
    const { model, pod } = running;
    running.stop();
    running.script = scriptOf(pod);
    const script = readScript(pod, parsePodScript, healthyPod, this.#context.log);
    if (script.container !== undefined && !model.containers.some(({ name }) => name === script.container)) {
      this.#context.log(
        `${describe(pod)}: no container is called "${script.container}"; the script is for the first one`,
      );
    }
    if (model.isOver) return;
    running.stop = run(this.#context, podLife(model, script, this.#context.random), () =>
      this.#reportUnlessSilent(running),
    );
  }

  #end(running: Running): void {
    const { model, pod } = running;
    running.stop();
    running.isEnding = true;
    const life = podEnd(model, pod.metadata.deletionGracePeriodSeconds ?? 30);
    running.stop = run(
      this.#context,
      life,
      () => this.#reportUnlessSilent(running),
      () => {
        // A node that has fallen silent meanwhile ends the Pod when it is back.
        if (running.node.isSilent) running.isEnding = false;
        else this.#report(running, true);
      },
    );
  }

  #reportUnlessSilent(running: Running): void {
    if (!running.node.isSilent) this.#report(running);
  }

  /** Tells the API what has changed since it was told last; with `remove`, that the Pod may go. */
  #report(running: Running, remove = false): void {
    const { send, writer } = this.#context;
    const { name = "", namespace = "", uid = "" } = running.pod.metadata;
    const api = RawApi.v1Pod().within(namespace);
    const status = running.model.status();
    writer.put(uid, `the status of ${describe(running.pod)}`, async () => {
      const patch = difference(running.reported, status);
      // With its uid, so that another Pod of the same name is left alone.
      if (Object.keys(patch).length > 0) await send(api.patchStatus(name, { metadata: { uid }, status: patch }));
      running.reported = status;
      if (remove) await send(api.delete(name, { gracePeriodSeconds: 0, preconditions: { uid } }));
    });
  }
}
