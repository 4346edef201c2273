import { isDeepStrictEqual } from "node:util";
import { RawApi } from "@kubecast/kube";
import { type Context, describe, difference, readScript, run, scriptOf } from "./context.ts";
import { mergeTaints, NodeModel, nodeAnnotation, nodeLife } from "./node.ts";
import { healthyNode, parseNodeScript } from "./script.ts";
import type { Node, NodeStatus } from "./types.ts";

interface Running {
  readonly model: NodeModel;
  node: Node;
  reported: NodeStatus;
  script: string;
  stop: () => void;
}

/** The simulated nodes: their heartbeats, and what the node controller makes of them. */
export class Nodes {
  readonly #context: Context;
  readonly #changed: (node: NodeModel) => void;
  readonly #running = new Map<string, Running>();
  #indexes = 0;

  /** `changed` is told of every node that becomes ready, or stops being so. */
  constructor(context: Context, changed: (node: NodeModel) => void) {
    this.#context = context;
    this.#changed = changed;
  }

  /** undefined: no node of the simulation. */
  get(name: string | undefined): NodeModel | undefined {
    return this.#running.get(name ?? "")?.model;
  }

  /** A Node is new or has changed; whether it is one of the simulation's. */
  observe(node: Node): boolean {
    if (node.metadata.annotations?.[nodeAnnotation] !== "true") return false;
    const name = node.metadata.name ?? "";
    const running = this.#running.get(name) ?? this.#take(name, node);
    running.node = node;
    if (running.script !== scriptOf(node)) this.#live(running);
    return true;
  }

  forget(name: string): void {
    this.#running.get(name)?.stop();
    this.#running.delete(name);
    this.#context.writer.forget(key(name));
  }

  #take(name: string, node: Node): Running {
    const { clock } = this.#context;
    const model = new NodeModel(node, ++this.#indexes, () => clock.now());
    const running: Running = { model, node, reported: node.status ?? {}, script: "", stop: () => {} };
    this.#running.set(name, running);
    return running;
  }

  #live(running: Running): void {
    const { model, node } = running;
    running.stop();
    running.script = scriptOf(node);
    const script = readScript(node, parseNodeScript, healthyNode, this.#context.log);
    let state = model.state;
    running.stop = run(this.#context, nodeLife(model, script), () => {
      this.#report(running);
      if (model.state === state) return;
      state = model.state;
      this.#changed(model);
    });
  }

  #report(running: Running): void {
    const { send, writer } = this.#context;
    const { model } = running;
    const status = model.status();
    const own = model.taints();
    writer.put(key(model.name), `the status of ${describe(running.node)}`, async () => {
      const patch = difference(running.reported, status);
      await send(RawApi.v1Node().patchStatus(model.name, { status: patch }));
      running.reported = status;
      const observed = running.node.spec?.taints ?? [];
      const taints = mergeTaints(observed, own);
      if (isDeepStrictEqual(taints, observed)) return;
      await send(RawApi.v1Node().patch(model.name, { spec: { taints: taints.length > 0 ? taints : null } }));
    });
  }
}

function key(name: string): string {
  return `node/${name}`;
}
