import type { Reflector } from "@kubecast/kube";
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from "prom-client";
import type { SlimDeployment } from "./versions.ts";

export interface Metrics {
  readonly registry: Registry;
  readonly requests: Histogram<"endpoint" | "method" | "status">;
}

export function createMetrics(deployments: Reflector<SlimDeployment>): Metrics {
  const registry = new Registry();
  const registers = [registry];
  collectDefaultMetrics({ register: registry });
  new Gauge({
    name: "version_deployments",
    help: "Deployments known.",
    registers,
    collect() {
      this.set(deployments.state().length);
    },
  });
  new Counter({
    name: "version_watch_errors_total",
    help: "Failures of the watch, which it got over or is still trying to.",
    registers,
    collect() {
      this.reset();
      this.inc(deployments.stats.errors);
    },
  });
  const requests = new Histogram({
    name: "api_http_requests_duration_seconds",
    help: "Time from a request's head to its answer.",
    labelNames: ["endpoint", "method", "status"],
    buckets: [0.0005, 0.001, 0.005, 0.025, 0.1, 0.5, 2.5],
    registers,
  });
  return { registry, requests };
}
