/**
 * Spans and metrics of what the library does. Needs the package `@opentelemetry/api`.
 *
 * @module @kubecast/kube/opentelemetry
 */

import type { MeterProvider, TracerProvider } from "@opentelemetry/api";
import { version } from "../client/version.ts";

/** Where spans and metrics go. */
export interface InstrumentOptions {
  /** Default: the global one. `false`: no spans. */
  readonly tracerProvider?: TracerProvider | false | undefined;
  /** Default: the global one. `false`: no metrics. */
  readonly meterProvider?: MeterProvider | false | undefined;
}

const NAME = "@kubecast/kube";

/**
 * Has OpenTelemetry see what this library does, all clients and controllers of the
 * process: a span for each request and each reconcile, and metrics. The context of a
 * trace goes along with the requests.
 *
 * ```ts
 * const stop = await instrument();
 * // ...
 * stop();
 * ```
 *
 * @returns what stops it.
 * @throws {Error} there is no `@opentelemetry/api`, which this needs.
 */
export async function instrument({ tracerProvider, meterProvider }: InstrumentOptions = {}): Promise<() => void> {
  const api = await import("@opentelemetry/api").catch((cause: unknown) => {
    throw new Error(`${NAME}/opentelemetry needs the package @opentelemetry/api: install it`, { cause });
  });
  const stops: (() => void)[] = [];
  if (tracerProvider !== false) {
    const { traceAll } = await import("./traces.ts");
    stops.push(traceAll(api, (tracerProvider ?? api.trace.getTracerProvider()).getTracer(NAME, version)));
  }
  if (meterProvider !== false) {
    const { measureAll } = await import("./metrics.ts");
    stops.push(measureAll((meterProvider ?? api.metrics.getMeterProvider()).getMeter(NAME, version)));
  }
  return () => {
    for (const stop of stops.splice(0)) stop();
  };
}
