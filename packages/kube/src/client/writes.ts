import { AsyncLocalStorage } from "node:async_hooks";
import type { ApiRequest, Transport } from "./transport.ts";

/** Is told of each write that has succeeded, before the writer is. */
export type WriteObserver = (client: Transport, request: ApiRequest, answer: unknown) => void;

// Costs 0.2 µs an await on Node 20, from the first task on that is observed; next to nothing on Node 24.
const observers = new AsyncLocalStorage<WriteObserver>();

/** Runs a task, and tells the observer what that and all that it calls or begins writes, with whatever client. */
export function observingWrites<T>(observer: WriteObserver, task: () => T): T {
  return observers.run(observer, task);
}

/** For a `Transport` to call when a request has been answered. */
export function answered(client: Transport, request: ApiRequest, answer: unknown): void {
  if (request.method !== "GET") observers.getStore()?.(client, request, answer);
}
