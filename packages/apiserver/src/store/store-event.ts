import { StoredObject } from "./stored-object.ts";

export type EventType = "ADDED" | "MODIFIED" | "DELETED";

/** One change of a collection, with the state before it, which selectors and reads of the past need. */
export class StoreEvent {
  readonly type: EventType;
  readonly object: StoredObject;
  readonly previous: StoredObject | undefined;
  #departed: StoredObject | undefined;
  readonly #frames = new Map<string, Buffer>();

  constructor(type: EventType, object: StoredObject, previous: StoredObject | undefined) {
    this.type = type;
    this.object = object;
    this.previous = previous;
  }

  get revision(): number {
    return this.object.revision;
  }

  /** The state before the change under the revision of the change: what a watcher gets when its selector no longer matches. */
  get departed(): StoredObject {
    const previous = this.previous ?? this.object;
    this.#departed ??= new StoredObject(previous.key, this.revision, previous.object);
    return this.#departed;
  }

  /**
   * The event as one line of a watch, the same bytes for every watcher that asks
   * for the same. `head` is `{"kind":...,"apiVersion":...,`.
   */
  frame(type: EventType, object: StoredObject, head: string): Buffer {
    const id = `${type} ${head}`;
    let frame = this.#frames.get(id);
    if (frame === undefined) {
      frame = watchFrame(type, object, head);
      this.#frames.set(id, frame);
    }
    return frame;
  }

  /** Lets go of the frames: watchers that keep up have them already, for late ones they are made again. */
  releaseFrames(): void {
    this.#frames.clear();
  }
}

export function watchFrame(type: EventType, object: StoredObject, head: string): Buffer {
  return Buffer.concat([Buffer.from(`{"type":"${type}","object":${head}`), object.json, Buffer.from("}\n")]);
}
