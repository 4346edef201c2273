import { diagnostics, failureOf, type WatchMessage } from "../client/diagnostics.ts";
import type { KubeObject } from "../resource/object.ts";
import type { WatchItem } from "./item.ts";
import type { Selection } from "./requests.ts";
import type { Answer } from "./state.ts";

/** Tells the channel `kubecast:watch` how one watch fares. */
export class WatchDiagnostics {
  readonly #selection: Selection;
  /** Since the last list was begun. */
  #opened = false;

  constructor(selection: Selection) {
    this.#selection = selection;
  }

  connecting(): void {
    this.#tell(this.#opened ? "resumed" : "opened");
    this.#opened = true;
  }

  /** @param items that the answer led to; a failure is the last. */
  answered<K extends KubeObject>(answer: Answer<K>, items: readonly WatchItem<K>[]): void {
    if (answer.type === "start") this.#opened = false;
    if (!diagnostics.watch.hasSubscribers) return;
    if (items.some(({ type }) => type === "init-done")) this.#tell("listed");
    const last = items.at(-1);
    if (last?.type === "error") this.#tell("error", { error: failureOf(last.error), retryIn: last.retryIn });
    else if (answer.type === "end") this.#tell("ended");
  }

  #tell(type: WatchMessage["type"], more: Partial<WatchMessage> = {}): void {
    if (!diagnostics.watch.hasSubscribers) return;
    const { resource, namespace } = this.#selection;
    const { group, version, plural } = resource;
    diagnostics.watch.publish({ resource: { group, version, plural }, namespace, type, ...more });
  }
}
