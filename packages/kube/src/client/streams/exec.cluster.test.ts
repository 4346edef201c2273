import { once } from "node:events";
import { readFileSync } from "node:fs";
import { createServer } from "node:https";
import { join } from "node:path";
import { expect, test } from "vitest";
import { WebSocketServer } from "ws";
import { Api } from "../../api/api.ts";
import { client, kubeApiserverForAllTests, server } from "../kube-apiserver.test.helper.ts";
import { listen } from "../loopback.test.helper.ts";

kubeApiserverForAllTests();

/** A node whose kubelet is said to be at a port of this computer, and a Pod on it. */
async function podOnNode(name: string, port: number) {
  const addresses = [{ type: "InternalIP", address: "127.0.0.1" }];
  await Api.v1Node(client).create({ metadata: { name } });
  await Api.v1Node(client).patchStatus(name, {
    status: { addresses, daemonEndpoints: { kubeletEndpoint: { Port: port } } },
  });
  const pods = Api.v1Pod(client).within("default");
  const containers = [{ name: "main", image: "none" }];
  await pods.create({ metadata: { name }, spec: { nodeName: name, containers } });
  return pods;
}

test("exec: what kube-apiserver says before and after it speaks WebSocket", async () => {
  const pods = await podOnNode("unreachable", 1);
  await expect(pods.exec("nothing", ["ls"])).rejects.toMatchObject({ code: 404, reason: "NotFound" });
  await expect(pods.exec("unreachable", ["ls"], { container: "other" })).rejects.toMatchObject({ code: 400 });
  const { stdout, stderr, result } = await pods.exec("unreachable", ["ls"]);
  stdout.resume();
  stderr.resume();
  await expect(result).rejects.toMatchObject({ code: 500, reason: "InternalError" });
  await expect(result).rejects.toThrow(/connection refused/);
});

test("port forwarding through kube-apiserver to a kubelet", async () => {
  // kube-apiserver does not look at a kubelet's certificate unless it is told to.
  const file = (name: string) => readFileSync(join(server.dir, "certificates", name));
  const kubelet = createServer({ cert: file("apiserver.crt"), key: file("apiserver.key") });
  const asked: string[] = [];
  const sockets = new WebSocketServer({ server: kubelet, handleProtocols: () => "v4.channel.k8s.io" });
  sockets.on("connection", (socket, request) => {
    asked.push(decodeURIComponent(request.url ?? ""));
    for (const [channel, port] of [80, 80, 443, 443].entries()) socket.send(Buffer.of(channel, port & 0xff, port >> 8));
    socket.on("message", (data) => socket.send(data));
  });
  const pods = await podOnNode("reachable", await listen(kubelet));
  const forward = await pods.portForward("reachable", [80, 443]);
  expect(asked).toEqual(["/portForward/default/reachable?port=80,443"]);
  forward.stream(443).write("hello");
  expect(String(await once(forward.stream(443), "data"))).toBe("hello");
  forward.stream(80).write("world");
  expect(String(await once(forward.stream(80), "data"))).toBe("world");
  forward.close();
  await once(forward.stream(80).resume(), "end");
}, 20_000);
