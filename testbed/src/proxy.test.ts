import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { type FaultProxy, startProxy } from "./proxy.ts";

let proxy: FaultProxy;
let serverSide: Socket[];
const server = createServer({ allowHalfOpen: true }, (socket) => {
  serverSide.push(socket);
  socket.on("error", () => {});
  socket.on("data", (chunk) => socket.write(chunk));
  socket.on("end", () => socket.end());
});

beforeEach(async () => {
  serverSide = [];
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  proxy = await startProxy({ target: { port: (server.address() as AddressInfo).port } });
});
afterEach(async () => {
  await proxy.stop();
  for (const socket of serverSide) socket.destroy();
  server.close();
  await once(server, "close");
});

/** A connection through the proxy to a server that says everything back, and what came back. */
async function client() {
  const socket = connect({ port: proxy.port, host: "127.0.0.1" });
  const state = { socket, text: "", closed: false };
  socket.setEncoding("utf8").on("data", (chunk) => {
    state.text += chunk;
  });
  socket.on("error", () => {});
  socket.on("close", () => {
    state.closed = true;
  });
  await once(socket, "connect");
  return state;
}

describe("proxy", () => {
  it("passes bytes and the end of a stream, both ways", async () => {
    const one = await client();
    one.socket.end("x".repeat(1_000_000));
    await vi.waitFor(() => expect(one.closed).toBe(true));
    expect(one.text.length).toBe(1_000_000);
    await vi.waitFor(() => expect(proxy.open).toBe(0));
    expect(proxy.accepted).toBe(1);
  });

  it("cuts every open connection, and takes new ones", async () => {
    const [one, two] = [await client(), await client()];
    one.socket.write("a");
    two.socket.write("b");
    await vi.waitFor(() => expect(one.text + two.text).toBe("ab"));
    proxy.cut();
    await vi.waitFor(() => expect([one.closed, two.closed]).toEqual([true, true]));
    const three = await client();
    three.socket.write("c");
    await vi.waitFor(() => expect(three.text).toBe("c"));
  });

  it("cuts after exactly so many bytes of the server's", async () => {
    const one = await client();
    one.socket.write("before");
    await vi.waitFor(() => expect(one.text).toBe("before"));
    const cut = proxy.cutAfterBytes(10);
    one.socket.write("12345");
    await vi.waitFor(() => expect(one.text).toBe("before12345"));
    one.socket.write("67890and more");
    await cut;
    await vi.waitFor(() => expect(one.closed).toBe(true));
    expect(one.text).toBe("before1234567890");
    const two = await client();
    two.socket.write("a whole sentence");
    await vi.waitFor(() => expect(two.text).toBe("a whole sentence"));
  });

  it("refuses connections while told to, and leaves open ones alone", async () => {
    const one = await client();
    await vi.waitFor(() => expect(serverSide.length).toBe(1));
    await proxy.refuse(true);
    await proxy.refuse(true);
    await expect(client()).rejects.toMatchObject({ code: "ECONNREFUSED" });
    one.socket.write("still here");
    await vi.waitFor(() => expect(one.text).toBe("still here"));
    await proxy.refuse(false);
    await proxy.refuse(false);
    const two = await client();
    two.socket.write("back");
    await vi.waitFor(() => expect(two.text).toBe("back"));
  });

  it("holds everything while paused, the end of a connection too, and lets it go after", async () => {
    const [one, two, proof] = [await client(), await client(), await client()];
    await vi.waitFor(() => expect(serverSide.length).toBe(3));
    proxy.pause(true);
    one.socket.write("held");
    serverSide[1]?.destroy();
    proof.socket.write("held");
    const late = await client();
    late.socket.write("held");
    // What proves that nothing comes: a round trip to the same server beside the proxy.
    const beside = connect((server.address() as AddressInfo).port, "127.0.0.1");
    beside.write("a");
    await once(beside, "data");
    beside.destroy();
    expect([one.text, proof.text, late.text, two.closed]).toEqual(["", "", "", false]);
    proxy.pause(false);
    await vi.waitFor(() => expect([one.text, proof.text, late.text]).toEqual(["held", "held", "held"]));
    await vi.waitFor(() => expect(two.closed).toBe(true));
  });

  it("can cut what is paused", async () => {
    const one = await client();
    proxy.pause(true);
    one.socket.write("held");
    proxy.cut();
    await vi.waitFor(() => expect(one.closed).toBe(true));
    expect(one.text).toBe("");
  });

  it("delays both directions", async () => {
    const one = await client();
    proxy.delay(40);
    const start = performance.now();
    one.socket.write("slow");
    await vi.waitFor(() => expect(one.text).toBe("slow"));
    expect(performance.now() - start).toBeGreaterThanOrEqual(79);
  });

  it("closes the client's side when the target is not there", async () => {
    const lonely = await startProxy({ target: { port: 1 } });
    const socket = connect(lonely.port, "127.0.0.1");
    socket.resume().on("error", () => {});
    await once(socket, "close");
    await lonely.stop();
    expect(lonely.open).toBe(0);
  });
});
