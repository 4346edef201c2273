import { AsyncLocalStorage } from "node:async_hooks";
import type * as OpenTelemetry from "@opentelemetry/api";
import type { Span, Tracer } from "@opentelemetry/api";
import {
  diagnostics,
  type Failure,
  type ReconcileMessage,
  type RequestMessage,
  type RetryMessage,
} from "../client/diagnostics.ts";
import { errorType, outcomeAttributes, requestAttributes, templateOf } from "./attributes.ts";

/** A span for each request and each reconcile; the requests of a reconcile are its children. */
export function traceAll(api: typeof OpenTelemetry, tracer: Tracer): () => void {
  const spans = new WeakMap<RequestMessage | ReconcileMessage, Span>();

  // Bound to a channel, it runs what is traced with the span as OpenTelemetry's own active one.
  class Active extends AsyncLocalStorage<Span> {
    override run<R>(span: Span, run: () => R): R {
      return api.context.with(api.trace.setSpan(api.context.active(), span), () => super.run(span, run));
    }
  }
  const active = new Active();

  const beginRequest = (message: RequestMessage): Span => {
    const { server, path, method, namespace, name } = message;
    const attributes = {
      ...requestAttributes(message),
      "url.full": server + path,
      ...(namespace !== undefined && { "k8s.namespace.name": namespace }),
      ...(name !== undefined && { "kubecast.name": name }),
    };
    const span = tracer.startSpan(`${method} ${templateOf(message)}`, { kind: api.SpanKind.CLIENT, attributes });
    api.propagation.inject(api.trace.setSpan(api.context.active(), span), message.headers);
    spans.set(message, span);
    return span;
  };
  const beginReconcile = (message: ReconcileMessage): Span => {
    const { controller, namespace, name } = message;
    const attributes = {
      "kubecast.controller": controller,
      ...(namespace !== undefined && { "k8s.namespace.name": namespace }),
      "kubecast.name": name,
    };
    // Not a part of whatever it was that started the controller.
    const span = tracer.startSpan(`reconcile ${controller}`, { root: true, attributes });
    spans.set(message, span);
    return span;
  };
  const end = (span: Span | undefined, error: Failure | undefined): void => {
    if (error !== undefined) span?.setStatus({ code: api.SpanStatusCode.ERROR });
    span?.end();
  };
  const endRequest = (message: RequestMessage): void => {
    const resent = message.retries > 0 && { "http.request.resend_count": message.retries };
    const span = spans.get(message)?.setAttributes({ ...outcomeAttributes(message), ...resent });
    end(span, message.error);
  };
  const endReconcile = (message: ReconcileMessage): void => {
    end(spans.get(message)?.setAttributes(errorType(message.error)), message.error);
  };
  const retried = ({ request, tries, delay, error }: RetryMessage): void => {
    spans
      .get(request)
      ?.addEvent("retry", { "kubecast.tries": tries, "kubecast.delay": delay / 1000, ...errorType(error) });
  };

  const { request, reconcile, retry } = diagnostics;
  const requests = { asyncEnd: endRequest };
  const reconciles = { asyncEnd: endReconcile };
  request.start.bindStore(active, beginRequest);
  request.subscribe(requests);
  reconcile.start.bindStore(active, beginReconcile);
  reconcile.subscribe(reconciles);
  retry.subscribe(retried);
  return () => {
    request.start.unbindStore(active);
    request.unsubscribe(requests);
    reconcile.start.unbindStore(active);
    reconcile.unsubscribe(reconciles);
    retry.unsubscribe(retried);
  };
}
