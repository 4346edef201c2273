import { Duplex } from "node:stream";
import type { WebSocket } from "ws";
import { badRequest } from "../api/status-error.ts";
import { ServerChannels } from "./channels.ts";
import type { Containers } from "./containers.ts";

export const portForwardProtocols = ["v4.channel.k8s.io"];

/** The ports that a request names: `ports=80&ports=443` or `ports=80,443`. */
export function parsePorts(query: URLSearchParams): number[] {
  const ports = query.getAll("ports").flatMap((value) => value.split(",").map(Number));
  if (ports.length > 0 && ports.every((port) => Number.isInteger(port) && port > 0 && port < 65_536)) return ports;
  throw badRequest(`query parameter "port" is required and must be a number from 1 to 65535`);
}

/** Two channels for each port, data and errors; both begin with the port's number. */
export function servePortForward(socket: WebSocket, ports: readonly number[], containers: Containers): void {
  const channels = new ServerChannels(socket);
  let open = ports.length;
  for (const [index, port] of ports.entries()) {
    const [data, errors] = [2 * index, 2 * index + 1];
    const number = Buffer.of(port & 0xff, port >> 8);
    channels.send(data, number, () => {});
    channels.send(errors, number, () => {});
    const handler = containers.portHandler(port);
    if (handler === undefined) {
      channels.send(errors, Buffer.from(refused(port)), () => {});
      continue;
    }
    const connection = new Duplex({
      read: () => channels.drained(data),
      write: (chunk: Buffer, _encoding, done) => channels.send(data, chunk, done),
      final(done) {
        done();
        open--;
        if (open === 0) socket.close(1000);
      },
    });
    connection.on("error", () => {});
    channels.read(data, (chunk) => connection.push(chunk ?? null));
    handler(connection);
  }
}

/** As a container runtime says that nothing listens. */
export function refused(port: number): string {
  return `error forwarding port ${port} to pod, uid : failed to connect to localhost:${port} inside the pod: connection refused`;
}
