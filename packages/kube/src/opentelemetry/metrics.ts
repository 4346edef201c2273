import type { Meter } from "@opentelemetry/api";
import {
  type ConnectionMessage,
  diagnostics,
  type LeaderMessage,
  type QueueMessage,
  type ReconcileMessage,
  type RequestMessage,
  type RetryMessage,
  type WaitMessage,
  type WatchMessage,
} from "../client/diagnostics.ts";
import { resourceName } from "../resource/resource.ts";
import { errorType, outcomeAttributes, requestAttributes } from "./attributes.ts";

/** Seconds; those that the conventions advise for HTTP. */
const explicitBucketBoundaries = [0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10];

/** Counts and measures; the README has the table. */
export function measureAll(meter: Meter): () => void {
  const seconds = (name: string, description: string) =>
    meter.createHistogram(name, { unit: "s", description, advice: { explicitBucketBoundaries } });
  const duration = seconds(
    "kubecast.client.request.duration",
    "Requests, all tries together; streams until they are open.",
  );
  const waits = seconds("kubecast.client.wait.duration", "Requests that waited for their turn.");
  const retries = meter.createCounter("kubecast.client.retries", {
    unit: "{retry}",
    description: "Tries after the first.",
  });
  const connections = meter.createUpDownCounter("kubecast.client.connections", {
    ...{ unit: "{connection}", description: "Connections that are open." },
  });
  const lists = meter.createCounter("kubecast.watch.lists", { unit: "{list}", description: "Lists that were whole." });
  const watches = meter.createCounter("kubecast.watch.connections", {
    unit: "{watch}",
    description: "Watches asked for.",
  });
  const errors = meter.createCounter("kubecast.watch.errors", { unit: "{error}", description: "Failures of watches." });
  const reconciles = seconds("kubecast.reconcile.duration", "Reconciles.");
  const running = meter.createUpDownCounter("kubecast.reconcile.active", {
    ...{ unit: "{reconcile}", description: "Reconciles that run." },
  });
  const depth = meter.createGauge("kubecast.queue.depth", {
    unit: "{object}",
    description: "Objects that wait for a reconcile.",
  });
  const leader = meter.createGauge("kubecast.leader", { unit: "1", description: "1 while this process leads." });

  const onRequest = (message: RequestMessage): void =>
    duration.record((message.duration ?? 0) / 1000, { ...requestAttributes(message), ...outcomeAttributes(message) });
  const onRetry = ({ request, error }: RetryMessage): void =>
    retries.add(1, { ...requestAttributes(request), ...errorType(error) });
  const onWait = (message: WaitMessage): void =>
    waits.record(message.duration / 1000, { "kubecast.reason": message.reason });
  const onConnection = ({ type, server }: ConnectionMessage): void =>
    connections.add(type === "opened" ? 1 : -1, { "server.address": new URL(server).hostname });
  const onWatch = ({ type, resource: { group, plural }, error }: WatchMessage): void => {
    const attributes = { "kubecast.resource": resourceName({ group, plural }) };
    if (type === "listed") lists.add(1, attributes);
    else if (type === "error") errors.add(1, { ...attributes, ...errorType(error) });
    else if (type !== "ended") watches.add(1, { ...attributes, "kubecast.resumed": type === "resumed" });
  };
  const onBegin = ({ controller }: ReconcileMessage): void => running.add(1, { "kubecast.controller": controller });
  const onEnd = ({ controller, duration, error }: ReconcileMessage): void => {
    const attributes = { "kubecast.controller": controller };
    running.add(-1, attributes);
    reconciles.record((duration ?? 0) / 1000, { ...attributes, ...errorType(error) });
  };
  const onQueue = (message: QueueMessage): void =>
    depth.record(message.depth, { "kubecast.controller": message.queue });
  const onLeader = ({ type, namespace, name }: LeaderMessage): void =>
    leader.record(type === "acquired" ? 1 : 0, { "k8s.namespace.name": namespace, "kubecast.lease": name });

  const { request, retry, wait, connection, watch, reconcile, queue, leader: leaders } = diagnostics;
  const requests = { asyncEnd: onRequest };
  const tasks = { start: onBegin, asyncEnd: onEnd };
  request.subscribe(requests);
  reconcile.subscribe(tasks);
  retry.subscribe(onRetry);
  wait.subscribe(onWait);
  connection.subscribe(onConnection);
  watch.subscribe(onWatch);
  queue.subscribe(onQueue);
  leaders.subscribe(onLeader);
  return () => {
    request.unsubscribe(requests);
    reconcile.unsubscribe(tasks);
    retry.unsubscribe(onRetry);
    wait.unsubscribe(onWait);
    connection.unsubscribe(onConnection);
    watch.unsubscribe(onWatch);
    queue.unsubscribe(onQueue);
    leaders.unsubscribe(onLeader);
  };
}
