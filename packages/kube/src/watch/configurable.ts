import type { WatchOptions } from "./watcher.ts";

/** kube's builder methods for what is watched; each changes and returns the object itself. */
export abstract class Configurable {
  protected options: WatchOptions;

  constructor(options: WatchOptions) {
    this.options = options;
  }

  /** Seconds until the server ends a watch, which is then resumed. */
  timeout(seconds: number): this {
    this.options = { ...this.options, timeoutSeconds: seconds };
    return this;
  }

  /** Only objects whose labels match, such as `app=shop,tier!=db`. */
  labels(selector: string): this {
    this.options = { ...this.options, labelSelector: selector };
    return this;
  }

  /** Only objects whose fields match, such as `spec.nodeName=node-1`. */
  fields(selector: string): this {
    this.options = { ...this.options, fieldSelector: selector };
    return this;
  }
}
