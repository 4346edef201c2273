import { type Life, podLife } from "./pod-life.ts";
import { PodModel } from "./pod-model.ts";
import { parsePodScript } from "./script.ts";
import type { Condition, ContainerStatus, Pod, PodSpec, PodStatus } from "./types.ts";

export const start = Date.UTC(2026, 10, 22, 18, 0, 0);
export const place = { hostIP: "192.168.0.1", podIP: "10.1.0.7" };
export const app = { name: "app", image: "registry.example/shop/api:1.4" };

export function makePod(spec: Partial<PodSpec> = {}): Pod {
  return { metadata: { name: "api-1", namespace: "shop", uid: "uid-1" }, spec: { containers: [app], ...spec } };
}

export interface Moment {
  /** Seconds since the start. */
  readonly at: number;
  readonly status: PodStatus;
}

/** Plays a life in virtual time: each status, with its moment. */
export function play(life: (model: PodModel) => Life, pod: Pod, seconds = 3600, from = 0): Moment[] {
  let now = start + from * 1000;
  const model = new PodModel(pod, place, () => now);
  const moments: Moment[] = [];
  for (const pause of life(model)) {
    moments.push({ at: (now - start) / 1000, status: model.status() });
    now += pause;
    if (now > start + (from + seconds) * 1000) break;
  }
  return moments;
}

export function playScript(script: string, pod = makePod(), seconds?: number): Moment[] {
  return play((model) => podLife(model, parsePodScript(script), () => 0.5), pod, seconds);
}

export function container({ status }: Moment, index = 0): ContainerStatus {
  const container = status.containerStatuses?.[index];
  if (container === undefined) throw new Error(`the status has no container ${index}`);
  return container;
}

export function condition({ status }: Moment, type: string): Condition | undefined {
  return status.conditions?.find((condition) => condition.type === type);
}

/** A line a status: phase, the container's state, how often it restarted, whether the Pod is ready. */
export function story(moments: Moment[]): string[] {
  return moments.map((moment) => {
    const { state, restartCount } = container(moment);
    const what = state.running ? "running" : (state.waiting?.reason ?? state.terminated?.reason);
    const ready = condition(moment, "Ready")?.status === "True" ? " ready" : "";
    return `${moment.at}s ${moment.status.phase} ${what} ${restartCount}${ready}`;
  });
}
