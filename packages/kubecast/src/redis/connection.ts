import { createClient, DisconnectsClientError, ErrorReply, SocketClosedUnexpectedlyError } from "@redis/client";

/** Redis could not be used; the message says why and what to do. */
export class RedisError extends Error {
  override readonly name = "RedisError";
  /** It will not get better by trying again: wrong password, missing rights. */
  readonly fatal: boolean;

  constructor(message: string, options: { fatal?: boolean; cause?: unknown } = {}) {
    super(message, { cause: options.cause });
    this.fatal = options.fatal ?? false;
  }
}

export type Client = ReturnType<typeof createClient>;

/** The address as it may be shown: without its password. */
export function redactUrl(url: string): string {
  try {
    const parsed = new URL(url);
    if (parsed.password !== "") parsed.password = "***";
    return parsed.toString().replace(/\/$/, "");
  } catch {
    return "(not a URL)";
  }
}

/**
 * A connection to Redis that is opened when it is needed, dropped at the first
 * error or silence, and opened again by the next command. It never sends a
 * command twice by itself: whether a lost command may be repeated, its sender
 * knows.
 */
export class RedisConnection {
  readonly url: string;
  /** Milliseconds that a reply, or the connection, may take. */
  readonly #patience: number;
  #client: Promise<Client> | undefined;
  #closed = false;

  constructor(url: string, options: { patience?: number } = {}) {
    this.url = url;
    this.#patience = options.patience ?? 5_000;
  }

  /** Sends one command; throws RedisError. */
  async command(...args: string[]): Promise<unknown> {
    const client = await this.#connected();
    let timer: NodeJS.Timeout | undefined;
    const silence = new Promise<never>((_, reject) => {
      timer = setTimeout(
        () => reject(new RedisError(`Redis at ${redactUrl(this.url)} has not answered for ${this.#patience} ms`)),
        this.#patience,
      );
    });
    try {
      return await Promise.race([client.sendCommand(args), silence]);
    } catch (error) {
      // An error that Redis answered with leaves the connection as it is.
      if (!(error instanceof ErrorReply)) this.#drop();
      throw explain(this.url, error);
    } finally {
      clearTimeout(timer);
    }
  }

  /** Runs a script, sending its source only where Redis does not have it. */
  async run(
    script: { source: string; sha1: string },
    keys: readonly string[],
    args: readonly string[],
  ): Promise<unknown> {
    const rest = [String(keys.length), ...keys, ...args];
    try {
      return await this.command("EVALSHA", script.sha1, ...rest);
    } catch (error) {
      if (!(error instanceof RedisError) || !String(error.cause).includes("NOSCRIPT")) throw error;
      return this.command("EVAL", script.source, ...rest);
    }
  }

  close(): void {
    this.#closed = true;
    this.#drop();
  }

  #connected(): Promise<Client> {
    if (this.#closed) return Promise.reject(new RedisError("the connection to Redis is closed"));
    this.#client ??= connect(this.url, this.#patience, 2, () => this.#drop());
    return this.#client;
  }

  #drop(): void {
    const client = this.#client;
    this.#client = undefined;
    client?.then(destroy, () => {}); // one that failed to open has nothing to close
  }
}

/**
 * The library's own time-out costs a signal a command, three quarters of the
 * throughput; who sends a command watches over its reply. (Its type does not
 * know that undefined turns it off.)
 */
const withoutTimeout = { commandOptions: { timeout: undefined } as unknown as Record<never, never> };

/** Opens a client that never reconnects by itself; `lost` is called when the connection ends. Throws RedisError. */
export async function connect(url: string, patience: number, resp: 2 | 3, lost: () => void): Promise<Client> {
  let client: Client;
  try {
    client = createClient({
      url,
      disableOfflineQueue: true,
      disableClientInfo: true,
      RESP: resp,
      socket: { reconnectStrategy: false, connectTimeout: patience },
      ...withoutTimeout,
    }) as unknown as Client;
  } catch (error) {
    throw explain(url, error);
  }
  client.on("error", lost);
  client.on("end", lost);
  try {
    await client.connect();
    return client;
  } catch (error) {
    destroy(client);
    throw explain(url, error);
  }
}

export function destroy(client: Client): void {
  if (client.isOpen) client.destroy();
}

/** One sentence for what went wrong, with what to do. */
export function explain(url: string, error: unknown): RedisError {
  if (error instanceof RedisError) return error;
  const where = redactUrl(url);
  const { message, code } =
    error instanceof Error ? (error as NodeJS.ErrnoException) : { message: String(error), code: undefined };
  if (message.startsWith("WRONGPASS")) {
    return new RedisError(`Redis at ${where} refused the user name or password; correct them in the URL`, {
      fatal: true,
      cause: error,
    });
  }
  if (message.startsWith("NOAUTH")) {
    return new RedisError(`Redis at ${where} wants a password; give it as redis://:PASSWORD@host:port`, {
      fatal: true,
      cause: error,
    });
  }
  if (message.includes("NOPERM") || /has no permissions|can't run this command|No permissions/i.test(message)) {
    return new RedisError(`Redis at ${where} does not permit this user: ${message}`, { fatal: true, cause: error });
  }
  if (code === "ECONNREFUSED")
    return new RedisError(`nothing answers at ${where}; is Redis running there?`, { cause: error });
  if (code === "ENOTFOUND")
    return new RedisError(`the host name of ${where} is not known`, { fatal: false, cause: error });
  if (error instanceof SocketClosedUnexpectedlyError || error instanceof DisconnectsClientError) {
    return new RedisError(`the connection to Redis at ${where} was lost`, { cause: error });
  }
  return new RedisError(`Redis at ${where}: ${message || code || "the connection failed"}`, { cause: error });
}
