import { AsyncLocalStorage } from "node:async_hooks";
import {
  type Attributes,
  type Context,
  type ContextManager,
  context,
  type MeterProvider,
  propagation,
  ROOT_CONTEXT,
  type Span,
  type SpanOptions,
  type TextMapPropagator,
  type TracerProvider,
  trace,
} from "@opentelemetry/api";
import { onTestFinished } from "vitest";

export interface NotedSpan {
  readonly name: string;
  readonly id: string;
  readonly parent: string | undefined;
  readonly kind: number | undefined;
  attributes: Attributes;
  readonly events: [string, Attributes][];
  status: number | undefined;
  ended: boolean;
}

/** Writes spans down, with the parents that the active context gives them. */
export function notedSpans(): { spans: NotedSpan[]; tracerProvider: TracerProvider } {
  const spans: NotedSpan[] = [];
  const startSpan = (name: string, options: SpanOptions = {}, within: Context = context.active()): Span => {
    const parent = options.root ? undefined : trace.getSpan(within)?.spanContext().spanId;
    const noted: NotedSpan = {
      ...{ name, id: String(spans.length + 1).padStart(16, "0"), parent, kind: options.kind },
      ...{ attributes: { ...options.attributes }, events: [], status: undefined, ended: false },
    };
    spans.push(noted);
    const span = {
      spanContext: () => ({ traceId: "1".padStart(32, "0"), spanId: noted.id, traceFlags: 1 }),
      setAttributes: (more: Attributes) => {
        noted.attributes = { ...noted.attributes, ...more };
        return span;
      },
      addEvent: (event: string, attributes: Attributes) => {
        noted.events.push([event, attributes]);
        return span;
      },
      setStatus: ({ code }: { code: number }) => {
        noted.status = code;
        return span;
      },
      end: () => {
        noted.ended = true;
      },
    } as unknown as Span;
    return span;
  };
  return { spans, tracerProvider: { getTracer: () => ({ startSpan }) } as unknown as TracerProvider };
}

/** Writes down each value with its attributes, by the metric's name. */
export function notedValues() {
  const values = new Map<string, { value: number; attributes: Attributes }[]>();
  const units = new Map<string, string | undefined>();
  const create = (name: string, { unit }: { unit?: string } = {}) => {
    units.set(name, unit);
    const note = (value: number, attributes: Attributes = {}) => {
      values.set(name, [...(values.get(name) ?? []), { value, attributes }]);
    };
    return { add: note, record: note };
  };
  const meter = { createHistogram: create, createCounter: create, createUpDownCounter: create, createGauge: create };
  return { values, units, meterProvider: { getMeter: () => meter } as unknown as MeterProvider };
}

/** Has OpenTelemetry follow contexts and send them along as an SDK would, until the test is over. */
export function useContexts(): void {
  const storage = new AsyncLocalStorage<Context>();
  const manager = {
    active: () => storage.getStore() ?? ROOT_CONTEXT,
    with: (within: Context, run: (...args: unknown[]) => unknown, self: unknown, ...args: unknown[]) =>
      storage.run(within, () => run.apply(self, args)),
    enable: () => manager,
    disable: () => manager,
  } as unknown as ContextManager;
  const propagator = {
    inject: (within: Context, headers: Record<string, string>) => {
      headers.traceparent = trace.getSpan(within)?.spanContext().spanId ?? "";
    },
  } as unknown as TextMapPropagator;
  context.setGlobalContextManager(manager);
  propagation.setGlobalPropagator(propagator);
  onTestFinished(() => {
    context.disable();
    propagation.disable();
  });
}
