import type { Transport } from "../client/transport.ts";
import type { KubeObject, ObjectList } from "../resource/object.ts";
import { DecodeError } from "../wire/errors.ts";
import type { WatchItem } from "./item.ts";
import type { WatchRequests } from "./requests.ts";

/** client-go's name for the same wish. */
const VARIABLE = "KUBE_WATCHLIST_INCONSISTENCY_DETECTOR";
/** Milliseconds for the list that is compared, which comes whole. */
const TIMEOUT = 300_000;

export function checksLists(): boolean {
  return /^(1|t|true)$/i.test(process.env[VARIABLE] ?? "");
}

/** Whether a streaming list was right: the objects that a plain list has at the same resourceVersion, in the same states. */
export class ListCheck {
  readonly #transport: Transport;
  readonly #requests: WatchRequests;
  /** Of each object that came, by name, which one it is and in what state. */
  readonly #streamed = new Map<string, string>();
  #over = false;

  constructor(transport: Transport, requests: WatchRequests) {
    this.#transport = transport;
    this.#requests = requests;
  }

  /** To be called with all items that the stream brings: what is wrong with them, once the list is whole. */
  async follow<K extends KubeObject>(
    items: readonly WatchItem<K>[],
    signal: AbortSignal,
  ): Promise<DecodeError | undefined> {
    if (this.#over) return undefined;
    for (const item of items) {
      if (item.type === "init-apply") this.#streamed.set(keyOf(item.object), stateOf(item.object));
      if (item.type === "delete") this.#streamed.delete(keyOf(item.object));
      if (item.type !== "init-done") continue;
      this.#over = true;
      return this.#compare(item.resourceVersion, signal);
    }
    return undefined;
  }

  async #compare(resourceVersion: string, signal: AbortSignal): Promise<DecodeError | undefined> {
    const request = this.#requests.listAt(resourceVersion);
    let list: ObjectList<KubeObject>;
    try {
      list = await this.#transport.request<ObjectList<KubeObject>>(request, { signal, timeout: TIMEOUT });
    } catch (cause) {
      const why = cause instanceof Error ? cause.message : String(cause);
      return new DecodeError(`the streaming list at ${resourceVersion} could not be checked: ${why}`, { cause });
    }
    const listed = new Map((list.items ?? []).map((object) => [keyOf(object), stateOf(object)]));
    const { size } = this.#streamed;
    const wrong = [...listed].filter(([key, state]) => this.#streamed.get(key) !== state);
    const excess = [...this.#streamed].filter(([key]) => !listed.has(key));
    this.#streamed.clear();
    const [first] = [...wrong, ...excess];
    if (first === undefined) return undefined;
    return new DecodeError(
      `the streaming list at ${resourceVersion}, of ${size} objects, is not the list of ${listed.size} objects that the server has there: ` +
        `${wrong.length} are missing or in another state, ${excess.length} should not be there, such as ${first[0]}`,
    );
  }
}

function keyOf({ metadata: { name = "", namespace } }: KubeObject): string {
  return namespace === undefined ? name : `${namespace}/${name}`;
}

function stateOf({ metadata: { uid, resourceVersion } }: KubeObject): string {
  return `${uid} ${resourceVersion}`;
}
