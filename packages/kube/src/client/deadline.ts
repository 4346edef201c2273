/**
 * One signal for one request, from the caller's signal and a timeout. However
 * many requests share the caller's signal, it carries one listener while any of
 * them lasts, and none afterwards: Node warns of more than ten, and
 * `AbortSignal.any` leaks on some of the versions that we support.
 */
export class Deadline {
  readonly #controller = new AbortController();
  readonly #caller: AbortSignal | undefined;
  readonly #timer: NodeJS.Timeout | undefined;
  /** The request waits for its turn, so it is not the server that is slow. */
  waits = false;

  /** @param timeout milliseconds; undefined: none. */
  constructor(caller: AbortSignal | undefined, timeout: number | undefined, tooLate: () => Error) {
    this.#caller = caller;
    if (caller?.aborted) this.abort(caller.reason);
    else if (caller !== undefined) follow(caller, this);
    if (timeout !== undefined) this.#timer = setTimeout(() => this.abort(tooLate()), timeout);
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  abort(reason: unknown): void {
    this.#controller.abort(reason);
  }

  /** From now on only the caller's signal counts. */
  clearTimeout(): void {
    clearTimeout(this.#timer);
  }

  /** To be called when the request is over. */
  release(): void {
    this.clearTimeout();
    if (this.#caller !== undefined) unfollow(this.#caller, this);
  }
}

interface Followers {
  readonly deadlines: Set<Deadline>;
  readonly listener: () => void;
}

const followed = new WeakMap<AbortSignal, Followers>();

function follow(signal: AbortSignal, deadline: Deadline): void {
  let followers = followed.get(signal);
  if (followers === undefined) {
    const deadlines = new Set<Deadline>();
    const listener = () => {
      for (const each of deadlines) each.abort(signal.reason);
    };
    followers = { deadlines, listener };
    followed.set(signal, followers);
    signal.addEventListener("abort", listener);
  }
  followers.deadlines.add(deadline);
}

function unfollow(signal: AbortSignal, deadline: Deadline): void {
  const followers = followed.get(signal);
  if (followers === undefined || !followers.deadlines.delete(deadline) || followers.deadlines.size > 0) return;
  signal.removeEventListener("abort", followers.listener);
  followed.delete(signal);
}
