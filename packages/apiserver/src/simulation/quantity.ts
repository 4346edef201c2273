import type { Container, PodSpec } from "./types.ts";

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
export function quantity(text: string | number | undefined): number {
  const match = /^([+-]?[\d.]+(?:[eE][+-]?\d+)?)([numkMGTPE]i?|Ki|)$/.exec(String(text ?? ""));
  return match === null ? 0 : Number(match[1]) * (suffixes[match[2] ?? ""] ?? 0);
}

/** What a container asks for: a limit without a request is the request too. */
export function requested(container: Container, resource: string): number {
  const { requests, limits } = container.resources ?? {};
  return quantity(requests?.[resource] ?? limits?.[resource]);
}

/** A Pod's quality of service, by the API's rule. */
export function qosClass(spec: PodSpec): "Guaranteed" | "Burstable" | "BestEffort" {
  const containers = [...(spec.initContainers ?? []), ...spec.containers];
  const named = (container: Container) =>
    [container.resources?.requests, container.resources?.limits].flatMap((list) =>
      ["cpu", "memory"].map((resource) => quantity(list?.[resource])),
    );
  if (containers.every((container) => named(container).every((value) => value === 0))) return "BestEffort";
  const isGuaranteed = (container: Container) =>
    ["cpu", "memory"].every((resource) => {
      const limit = quantity(container.resources?.limits?.[resource]);
      return limit > 0 && requested(container, resource) === limit;
    });
  return containers.every(isGuaranteed) ? "Guaranteed" : "Burstable";
}
