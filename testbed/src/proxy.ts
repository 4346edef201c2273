import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";

export interface ProxyOptions {
  target: { host?: string; port: number };
}

/** A TCP proxy that breaks connections on demand; it does not look at what passes, so TLS and Redis are alike to it. */
export interface FaultProxy {
  readonly port: number;
  /** `scheme://127.0.0.1:port`. */
  url(scheme: string): string;
  /** How many connections are open through it. */
  readonly open: number;
  /** How many connections it has taken so far. */
  readonly accepted: number;
  /** Ends every open connection now. */
  cut(): void;
  /**
   * Lets `bytes` more pass from server to client, all connections taken together,
   * then cuts: in the middle of whatever was being said. Settles when it has cut.
   */
  cutAfterBytes(bytes: number): Promise<void>;
  /** While on, connecting is refused (ECONNREFUSED); open connections go on. */
  refuse(on: boolean): Promise<void>;
  /** While on, it is half-dead: connections are taken, nothing flows, nothing closes. */
  pause(on: boolean): void;
  /** Milliseconds that each piece of data waits, in both directions; 0 is none. */
  delay(ms: number): void;
  stop(): Promise<void>;
}

/** Starts a proxy on 127.0.0.1, on a free port. */
export async function startProxy(options: ProxyOptions): Promise<FaultProxy> {
  const { host = "127.0.0.1", port: targetPort } = options.target;
  const sockets = new Set<Socket>();
  const gate = new Gate();
  let accepted = 0;
  let delay = 0;
  let budget: { left: number; spent: () => void } | undefined;

  const cut = () => {
    for (const socket of sockets) socket.destroy();
  };

  /** Passes on at most what the budget allows, and cuts when that is used up. */
  async function passBack(client: Socket, chunk: Buffer): Promise<void> {
    if (!budget || chunk.length < budget.left) {
      if (budget) budget.left -= chunk.length;
      return await write(client, chunk);
    }
    const { left, spent } = budget;
    budget = undefined;
    await write(client, chunk.subarray(0, left));
    cut();
    spent();
  }

  async function flow(from: Socket, to: Socket, pass: (to: Socket, chunk: Buffer) => Promise<void>): Promise<void> {
    try {
      // Its default is to destroy the socket at the end, whose other direction may still flow.
      for await (const chunk of from.iterator({ destroyOnReturn: false })) {
        if (delay > 0) await sleep(delay);
        await gate.passage();
        await pass(to, chunk as Buffer);
      }
      await gate.passage();
      to.end();
    } catch {
      // One side broke, and the other side shall see that, though not while paused.
      await gate.passage();
      from.destroy();
      to.destroy();
    }
  }

  const server = createServer({ allowHalfOpen: true }, (client) => {
    accepted++;
    const upstream = connect({ host, port: targetPort, allowHalfOpen: true });
    for (const socket of [client, upstream]) {
      sockets.add(socket);
      socket.setNoDelay(true);
      socket.once("close", () => sockets.delete(socket));
      socket.on("error", () => {}); // `flow` sees it
    }
    void flow(client, upstream, write);
    void flow(upstream, client, passBack);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;

  async function refuse(on: boolean): Promise<void> {
    if (on === !server.listening) return;
    if (on) {
      server.close(); // its "close" comes with the last connection; connecting is refused from now
      return;
    }
    server.listen(port, "127.0.0.1");
    await once(server, "listening");
  }

  return {
    port,
    url: (scheme) => `${scheme}://127.0.0.1:${port}`,
    get open() {
      return Math.ceil(sockets.size / 2);
    },
    get accepted() {
      return accepted;
    },
    cut,
    cutAfterBytes: (bytes) =>
      new Promise((resolve) => {
        budget = { left: bytes, spent: resolve };
      }),
    refuse,
    pause: (on) => gate.set(!on),
    delay(ms) {
      delay = ms;
    },
    async stop() {
      await refuse(true);
      cut();
      gate.set(true);
    },
  };
}

/** Settles when the bytes are with the system, and so will arrive even if the socket is destroyed next. */
function write(socket: Socket, chunk: Buffer): Promise<void> {
  return new Promise((resolve, reject) => {
    socket.write(chunk, (error) => (error ? reject(error) : resolve()));
  });
}

/** Something to wait at while it is shut. */
class Gate {
  #opened: Promise<void> | undefined;
  #open = () => {};

  set(open: boolean): void {
    if (open) {
      this.#open();
      this.#opened = undefined;
    } else {
      this.#opened ??= new Promise((resolve) => {
        this.#open = resolve;
      });
    }
  }

  async passage(): Promise<void> {
    while (this.#opened) await this.#opened;
  }
}
