import { once } from "node:events";
import * as http from "node:http";
import * as https from "node:https";
import type { AddressInfo, Server, Socket } from "node:net";
import { onTestFinished } from "vitest";
import type { ClusterConfig } from "../config/cluster-config.ts";
import { Client, type ClientOptions } from "./client.ts";

export interface Loopback {
  readonly url: string;
  readonly port: number;
  /** How many connections there have been. */
  opened: number;
  readonly open: Set<Socket>;
  /** Path and query of each request, as they came. */
  readonly paths: string[];
}

/** An HTTP(S) server on a free port of this computer, until the test is over. */
export async function serve(handler: http.RequestListener, tls?: https.ServerOptions): Promise<Loopback> {
  const paths: string[] = [];
  const listener: http.RequestListener = (request, response) => {
    paths.push(request.url ?? "");
    handler(request, response);
  };
  const server = tls === undefined ? http.createServer(listener) : https.createServer(tls, listener);
  const open = new Set<Socket>();
  server.on("connection", (socket: Socket) => {
    loopback.opened++;
    open.add(socket.on("close", () => open.delete(socket)));
  });
  const port = await listen(server);
  const loopback = { url: `${tls === undefined ? "http" : "https"}://localhost:${port}`, port, opened: 0, open, paths };
  return loopback;
}

/** Has any server listen on a free port, which it returns, until the test is over. */
export async function listen(server: Server): Promise<number> {
  const open = new Set<Socket>();
  server.on("connection", (socket: Socket) => open.add(socket.on("close", () => open.delete(socket))));
  server.listen(0, "localhost");
  await once(server, "listening");
  onTestFinished(() => {
    for (const socket of open) socket.destroy();
    server.close();
  });
  return (server.address() as AddressInfo).port;
}

export function configOf(server: string, more: Partial<ClusterConfig> = {}): ClusterConfig {
  return {
    server,
    namespace: "default",
    tls: async () => ({ material: {}, version: "1" }),
    headers: async () => ({}),
    refresh: async () => false,
    ...more,
  };
}

/** A client that waits for nothing between its tries and notes how long it would have. */
export function connect(
  config: ClusterConfig,
  options: ClientOptions = {},
): { client: Client; waits: number[]; chance: { value: number } } {
  const waits: number[] = [];
  const chance = { value: 0 };
  const timing = {
    now: () => Date.parse("2026-11-22T12:00:00Z"),
    sleep: async (milliseconds: number) => {
      waits.push(milliseconds);
    },
    random: () => chance.value,
  };
  const client = new Client(config, { timing, ...options });
  onTestFinished(() => client.close());
  return { client, waits, chance };
}
