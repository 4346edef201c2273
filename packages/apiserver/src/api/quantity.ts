import { fieldsOf, objectsOf } from "./fields.ts";

const suffixes: Record<string, number> = {
  n: 1e-9,
  u: 1e-6,
  m: 1e-3,
  "": 1,
  k: 1e3,
  M: 1e6,
  G: 1e9,
  T: 1e12,
  P: 1e15,
  E: 1e18,
  Ki: 2 ** 10,
  Mi: 2 ** 20,
  Gi: 2 ** 30,
  Ti: 2 ** 40,
  Pi: 2 ** 50,
  Ei: 2 ** 60,
};

/** The value of a quantity such as `250m` or `1.5Gi`, exact enough to add up; 0 for what is none. */
export function quantity(text: unknown): number {
  const match = /^([+-]?[\d.]+(?:[eE][+-]?\d+)?)([numkMGTPE]i?|Ki|)$/.exec(String(text ?? ""));
  return match === null ? 0 : Number(match[1]) * (suffixes[match[2] ?? ""] ?? 0);
}

// Nothing of their shape is sure.
interface Container {
  readonly resources?: unknown;
}
interface PodContainers {
  readonly containers?: unknown;
  readonly initContainers?: unknown;
}

/** What a container asks for: a limit without a request is the request too. */
export function requested({ resources }: Container, resource: string): number {
  const { requests, limits } = fieldsOf(resources);
  return quantity(fieldsOf(requests)[resource] ?? fieldsOf(limits)[resource]);
}

/**
 * The quality of service of a Pod with this spec: BestEffort where its containers and init containers
 * name no cpu and memory, Guaranteed where each has a limit of both and asks for no less.
 */
export function qosClass(spec: PodContainers): "Guaranteed" | "Burstable" | "BestEffort" {
  const containers = [...objectsOf(spec.initContainers), ...objectsOf(spec.containers)];
  const amounts = containers.flatMap((container) =>
    ["cpu", "memory"].map((resource) => ({
      request: requested(container, resource),
      limit: quantity(fieldsOf(fieldsOf(container.resources).limits)[resource]),
    })),
  );
  if (amounts.every(({ request, limit }) => request === 0 && limit === 0)) return "BestEffort";
  return amounts.every(({ request, limit }) => limit > 0 && request === limit) ? "Guaranteed" : "Burstable";
}
