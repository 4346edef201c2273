import { quantity, requested } from "../api/quantity.ts";
import type { Node, Pod, Taint, Toleration } from "./types.ts";

const resources = ["cpu", "memory"] as const;

interface Candidate {
  node: Node;
  /** Sum of what the Pods on it ask for. */
  readonly used: Record<(typeof resources)[number] | "pods", number>;
}

export type Placement = { readonly node: string } | { readonly message: string };

/**
 * Which node takes a Pod, by the reasons that matter in a simulation: cordons, taints,
 * node selectors, and the room for what Pods ask for. No IO.
 */
export class Scheduler {
  readonly #candidates = new Map<string, Candidate>();
  /** The Pods that are placed, by uid. */
  readonly #placed = new Map<string, { readonly node: string; readonly pod: Pod }>();

  setNode(node: Node): void {
    const name = node.metadata.name ?? "";
    const known = this.#candidates.get(name);
    if (known !== undefined) {
      known.node = node;
      return;
    }
    const candidate: Candidate = { node, used: { cpu: 0, memory: 0, pods: 0 } };
    this.#candidates.set(name, candidate);
    for (const placed of this.#placed.values()) if (placed.node === name) count(candidate, placed.pod, 1);
  }

  removeNode(name: string): void {
    this.#candidates.delete(name);
  }

  /** Counts a Pod as being on a node; once, however often it is told. */
  place(pod: Pod, node: string): void {
    const uid = pod.metadata.uid ?? "";
    if (this.#placed.has(uid)) return;
    this.#placed.set(uid, { node, pod });
    const candidate = this.#candidates.get(node);
    if (candidate !== undefined) count(candidate, pod, 1);
  }

  /** Gives back what the Pod took: it is gone, or it has come to its end. Whether it had taken any. */
  release(uid: string): boolean {
    const placed = this.#placed.get(uid);
    if (placed === undefined) return false;
    this.#placed.delete(uid);
    const candidate = this.#candidates.get(placed.node);
    if (candidate !== undefined) count(candidate, placed.pod, -1);
    return true;
  }

  /** The node with the fewest Pods among those that fit, or the scheduler's account of why there is none. */
  choose(pod: Pod): Placement {
    const reasons = new Map<string, number>();
    let best: Candidate | undefined;
    for (const candidate of this.#candidates.values()) {
      const against = objections(candidate, pod);
      for (const reason of against) reasons.set(reason, (reasons.get(reason) ?? 0) + 1);
      if (against.length === 0 && (best === undefined || candidate.used.pods < best.used.pods)) best = candidate;
    }
    if (best !== undefined) return { node: best.node.metadata.name ?? "" };
    return { message: this.#message(reasons) };
  }

  /** What the scheduler says of a Pod that no node has room for. */
  noRoom(): string {
    return this.#message(new Map([["Insufficient cpu", this.#candidates.size]]));
  }

  #message(reasons: ReadonlyMap<string, number>): string {
    const total = this.#candidates.size;
    if (total === 0) return "no nodes available to schedule pods";
    const counts = [...reasons].map(([reason, count]) => `${count} ${reason}`).sort();
    const available = `0/${total} nodes are available`;
    const help = [...reasons.keys()].every((reason) => reason.startsWith("Insufficient"))
      ? "No preemption victims found for incoming pod"
      : "Preemption is not helpful for scheduling";
    return `${available}: ${counts.join(", ")}. preemption: ${available}: ${total} ${help}.`;
  }
}

function count({ used }: Candidate, pod: Pod, sign: 1 | -1): void {
  used.pods += sign;
  for (const resource of resources) used[resource] += sign * sum(pod, resource);
}

function sum({ spec }: Pod, resource: string): number {
  return spec.containers.reduce((total, container) => total + requested(container, resource), 0);
}

/** Why the node does not take the Pod, in the scheduler's words; the first kind of reason only, as it stops there. */
function objections({ node, used }: Candidate, pod: Pod): string[] {
  if (node.spec?.unschedulable) return ["node(s) were unschedulable"];
  const taint = (node.spec?.taints ?? []).find(
    (taint) => taint.effect !== "PreferNoSchedule" && !pod.spec.tolerations?.some((one) => tolerates(one, taint)),
  );
  if (taint !== undefined) return [`node(s) had untolerated taint {${taint.key}: ${taint.value ?? ""}}`];
  const labels = node.metadata.labels ?? {};
  if (Object.entries(pod.spec.nodeSelector ?? {}).some(([name, value]) => labels[name] !== value)) {
    return ["node(s) didn't match Pod's node affinity/selector"];
  }
  const room = node.status?.allocatable ?? {};
  const short = resources.filter((resource) => {
    const wanted = sum(pod, resource);
    return wanted > 0 && used[resource] + wanted > quantity(room[resource]);
  });
  const reasons = short.map((resource) => `Insufficient ${resource}`);
  return used.pods + 1 > quantity(room.pods) ? ["Too many pods", ...reasons] : reasons;
}

function tolerates({ key, operator = "Equal", value = "", effect }: Toleration, taint: Taint): boolean {
  if (effect !== undefined && effect !== "" && effect !== taint.effect) return false;
  if (operator === "Exists") return key === undefined || key === "" || key === taint.key;
  return key === taint.key && value === (taint.value ?? "");
}
