import type { Reconcile } from "@kubecast/kube/runtime";
import { Counter, collectDefaultMetrics, Histogram, type OpenMetricsContentType, Registry } from "prom-client";
import type { Document } from "./document.ts";

/** What is to be known of the reconciles, in the OpenMetrics format. */
export class Metrics {
  readonly registry: Registry<OpenMetricsContentType> = new Registry();
  /** When a reconcile was last begun; at first, when the controller was. */
  lastEvent = new Date();
  readonly #runs = new Counter({
    name: "doc_ctrl_reconcile_runs_total",
    help: "Reconciles begun.",
    registers: [this.registry],
  });
  readonly #failures = new Counter({
    name: "doc_ctrl_reconcile_failures_total",
    help: "Reconciles that failed, by the Document's name and the kind of the error.",
    labelNames: ["instance", "error"],
    registers: [this.registry],
  });
  readonly #duration = new Histogram({
    name: "doc_ctrl_reconcile_duration_seconds",
    help: "Time that a reconcile took.",
    buckets: [0.01, 0.1, 0.25, 0.5, 1, 5, 15, 60],
    registers: [this.registry],
  });

  constructor() {
    this.registry.setContentType(Registry.OPENMETRICS_CONTENT_TYPE);
    collectDefaultMetrics({ register: this.registry });
  }

  /** The same reconcile, measured. */
  measured(reconcile: Reconcile<Document>): Reconcile<Document> {
    return async (request, context) => {
      this.lastEvent = new Date();
      this.#runs.inc();
      const end = this.#duration.startTimer();
      try {
        return (await reconcile(request, context)) ?? undefined;
      } finally {
        end();
      }
    };
  }

  failed(instance: string, error: unknown): void {
    this.#failures.inc({ instance, error: error instanceof Error ? error.name : "unknown" });
  }
}
