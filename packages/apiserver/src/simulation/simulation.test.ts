import { ApiError, Client, configFromText, type KubeObject, RawApi, type Transport } from "@kubecast/kube";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { type ApiServer, startApiServer } from "../server.ts";
import { demoCluster } from "./demo.ts";
import { newNode } from "./node.ts";
import { scriptAnnotation } from "./script.ts";
import { type Simulation, startSimulation } from "./simulation.ts";
import type { Condition, Node, Pod, PodSpec } from "./types.ts";

// Real time, a hundred times faster: a kubelet's second is 10 ms.
const speed = 100;

let server: ApiServer;
let client: Client;
let simulation: Simulation | undefined;
const logged: string[] = [];

beforeEach(async () => {
  server = await startApiServer();
  client = await Client.create(await configFromText(server.kubeconfig()));
});

afterEach(async () => {
  await simulation?.stop();
  simulation = undefined;
  logged.length = 0;
  await client?.close();
  await server.stop();
});

async function start(nodes = 2): Promise<void> {
  simulation = await startSimulation({ transport: client, nodes, speed, log: (message) => logged.push(message) });
}

const pods = RawApi.v1Pod().within("default");
const nodes = RawApi.v1Node();

function createPod(name: string, script?: string, spec: Partial<PodSpec> = {}): Promise<Pod> {
  const annotations = script === undefined ? {} : { [scriptAnnotation]: script };
  const containers = [{ name: "app", image: "example.com/app:1" }];
  const pod = { apiVersion: "v1", kind: "Pod", metadata: { name, annotations }, spec: { containers, ...spec } };
  return client.request(pods.create(pod));
}

const getPod = (name: string) => client.request<Pod>(pods.get(name));
const getNode = (name: string) => client.request<Node>(nodes.get(name));
const listPods = async () => (await client.request<{ items: Pod[] }>(RawApi.v1Pod().list())).items;

function condition(object: { status?: { conditions?: Condition[] } }, type: string): Condition | undefined {
  return object.status?.conditions?.find((condition) => condition.type === type);
}

const isReady = (object: { status?: { conditions?: Condition[] } }) => condition(object, "Ready")?.status === "True";

/** The object as soon as it is as `is` says. */
function until<T>(
  get: () => Promise<T>,
  is: (object: T) => unknown,
  { timeout = 4000, interval = 10 } = {},
): Promise<T> {
  return vi.waitFor(
    async () => {
      const object = await get();
      expect(is(object), JSON.stringify(object)).toBeTruthy();
      return object;
    },
    { timeout, interval },
  );
}

test("nodes become ready, and a Pod is scheduled onto one and runs there", async () => {
  await start();
  await createPod("web");
  const node = await until(() => getNode("node-1"), isReady);
  expect(node.status?.allocatable?.cpu).toBe("15800m");
  const pod = await until(() => getPod("web"), isReady);
  expect(pod.spec.nodeName).toMatch(/^node-[12]$/);
  expect(pod.status).toMatchObject({ phase: "Running", hostIP: expect.stringMatching(/^192\.168\.0\.[12]$/) });
  expect(condition(pod, "PodScheduled")?.status).toBe("True");
  expect(logged).toEqual([]);
});

test("a deleted Pod ends, and is gone", async () => {
  await start();
  await createPod("web");
  await until(() => getPod("web"), isReady);
  const deleted = await client.request<Pod>(pods.delete("web"));
  expect(deleted.metadata.deletionTimestamp).toBeDefined();
  await until(listPods, (items) => items.length === 0);
});

test("a Pod that cannot be placed says why, and is placed once a node fits", async () => {
  await start();
  await createPod("batch", undefined, { nodeSelector: { pool: "batch" } });
  const pending = await until(
    () => getPod("batch"),
    (pod) => condition(pod, "PodScheduled"),
  );
  expect(pending.status?.phase).toBe("Pending");
  expect(condition(pending, "PodScheduled")).toMatchObject({
    status: "False",
    reason: "Unschedulable",
    message: expect.stringMatching(
      /^0\/2 nodes are available: 2 node\(s\) didn't match Pod's node affinity\/selector\. /,
    ),
  });
  await client.request(nodes.create(newNode("batch-1", { pool: "batch" })));
  const pod = await until(() => getPod("batch"), isReady);
  expect(pod.spec.nodeName).toBe("batch-1");
});

test("an unschedulable script keeps the Pod from its node for as long as it says", async () => {
  await start();
  await createPod("late", "unschedulable; recover-after=5s");
  await until(
    () => getPod("late"),
    (pod) => condition(pod, "PodScheduled")?.message?.startsWith("0/2 nodes are available: 2 Insufficient cpu. "),
  );
  await until(() => getPod("late"), isReady);
});

test("a script that cannot be read is logged, and its Pod healthy", async () => {
  await start();
  await createPod("typo", "crashloop");
  await until(() => getPod("typo"), isReady);
  expect(logged).toEqual([
    expect.stringMatching(
      /^Pod default\/typo: annotation simulate\.kubecast\.dev\/script: no behaviour is called "crashloop" \(.*\); taken as healthy$/,
    ),
  ]);
});

test("a new script takes effect on a Pod that runs", async () => {
  await start();
  await createPod("web");
  await until(() => getPod("web"), isReady);
  const annotations = { [scriptAnnotation]: "not-ready; begin-after=0s" };
  await client.request(pods.patch("web", { metadata: { annotations } }));
  await until(
    () => getPod("web"),
    (pod) => !isReady(pod),
  );
  await client.request(pods.patch("web", { metadata: { annotations: { [scriptAnnotation]: null } } }));
  const pod = await until(() => getPod("web"), isReady);
  expect(pod.status?.containerStatuses?.[0]?.restartCount).toBe(0);
});

test("a lost node is tainted, its Pods are not ready and stay, until it is back", async () => {
  await start(1);
  await createPod("web");
  await until(() => getPod("web"), isReady);
  const script = (text: string | null) =>
    client.request(nodes.patch("node-1", { metadata: { annotations: { [scriptAnnotation]: text } } }));
  await script("lost; begin-after=0s");
  const lost = await until(
    () => getNode("node-1"),
    (node) => node.spec?.taints?.length === 2,
  );
  expect(lost.status?.conditions?.map(({ status, reason }) => `${status} ${reason}`)).toEqual(
    Array(4).fill("Unknown NodeStatusUnknown"),
  );
  expect(condition(lost, "Ready")?.message).toBe("Kubelet stopped posting node status.");
  await until(
    () => getPod("web"),
    (pod) => !isReady(pod),
  );
  await client.request(pods.delete("web"));

  await script(null);
  await until(() => getNode("node-1"), isReady);
  await until(listPods, (items) => items.length === 0);
  await until(
    () => getNode("node-1"),
    (node) => (node.spec?.taints ?? []).length === 0,
  );
});

test("only nodes of the simulation are touched", async () => {
  await start(1);
  const metadata: KubeObject["metadata"] = { name: "real-1" };
  await client.request(nodes.create({ apiVersion: "v1", kind: "Node", metadata }));
  await createPod("theirs", undefined, { nodeName: "real-1" });
  await createPod("ours");
  await until(() => getPod("ours"), isReady);
  expect((await getNode("real-1")).status?.conditions).toBeUndefined();
  expect((await getPod("theirs")).status?.conditions).toBeUndefined();
});

test("a simulation goes on where another stopped", async () => {
  await start();
  await createPod("web", "crash-loop; recover-after=0s; begin-after=1s");
  const before = await until(
    () => getPod("web"),
    (pod) => pod.status?.containerStatuses?.[0]?.restartCount === 1 && isReady(pod),
  );
  await simulation?.stop();
  await start();
  await client.request(pods.patch("web", { metadata: { annotations: { [scriptAnnotation]: "oom-killed" } } }));
  const after = await until(
    () => getPod("web"),
    (pod) => pod.status?.containerStatuses?.[0]?.restartCount === 2,
  );
  expect(after.status?.startTime).toBe(before.status?.startTime);
  expect(after.status?.podIP).toBe(before.status?.podIP);
});

test("writes that the server refuses for a while are tried again", async () => {
  let failures = 5;
  const flaky: Transport = {
    request(request, options) {
      if (request.method === "PATCH" && failures-- > 0) {
        const status = { message: "etcdserver: request timed out", reason: "InternalError" };
        return Promise.reject(new ApiError(status, { code: 500 }));
      }
      return client.request(request, options);
    },
    requestText: (request, options) => client.requestText(request, options),
    stream: (request, options) => client.stream(request, options),
  };
  simulation = await startSimulation({ transport: flaky, nodes: 1, speed, log: (message) => logged.push(message) });
  await createPod("web");
  await until(() => getPod("web"), isReady);
  expect(logged[0]).toMatch(
    /^the status of .* cannot be written, trying again in 100 ms: etcdserver: request timed out$/,
  );
});

test("a thousand Pods run at once", async () => {
  await start(3);
  await Promise.all(Array.from({ length: 1000 }, (_, index) => createPod(`web-${index}`)));
  const all = (items: Pod[]) => items.length === 1000 && items.every(isReady);
  const items = await until(listPods, all, { timeout: 20_000, interval: 250 });
  const on = (name: string) => items.filter(({ spec }) => spec.nodeName === name).length;
  expect(["node-1", "node-2", "node-3"].map(on).sort()).toEqual([333, 333, 334]);
  expect(new Set(items.map(({ status }) => status?.podIP)).size).toBe(1000);
}, 30_000);

describe("the demo", () => {
  /** The kinds of trouble that the built-in rules see, in short. */
  const troubles: Record<string, (pod: Pod) => unknown> = {
    crashLoop: (pod) => waits(pod, "CrashLoopBackOff"),
    imagePull: (pod) => waits(pod, "ErrImagePull") || waits(pod, "ImagePullBackOff"),
    configError: (pod) => waits(pod, "CreateContainerConfigError"),
    unschedulable: (pod) => condition(pod, "PodScheduled")?.reason === "Unschedulable",
    notReady: (pod) => pod.metadata.name?.startsWith("search-") && pod.status?.phase === "Running" && !isReady(pod),
    evicted: (pod) => pod.status?.reason === "Evicted",
    failed: (pod) => pod.status?.phase === "Failed" && pod.status.reason === undefined,
    oomKilled: (pod) => pod.status?.containerStatuses?.some((one) => one.lastState.terminated?.reason === "OOMKilled"),
  };

  function waits(pod: Pod, reason: string): boolean {
    return pod.status?.containerStatuses?.some(({ state }) => state.waiting?.reason === reason) ?? false;
  }

  test("shows each kind of trouble, and the end of those that pass", async () => {
    await start(3);
    await demoCluster(client);
    const begun = new Set<string>();
    const over = new Set<string>();
    await vi.waitFor(
      async () => {
        const items = await listPods();
        for (const [kind, holds] of Object.entries(troubles)) {
          if (items.some(holds)) begun.add(kind);
          else if (begun.has(kind)) over.add(kind);
        }
        const edge = condition(await getNode("edge-1"), "Ready");
        if (edge?.status === "Unknown") begun.add("nodeLost");
        else if (begun.has("nodeLost")) over.add("nodeLost");
        expect([...begun].sort()).toEqual([...Object.keys(troubles), "nodeLost"].sort());
        expect(over).toEqual(
          new Set(["crashLoop", "imagePull", "configError", "unschedulable", "notReady", "nodeLost"]),
        );
      },
      { timeout: 15_000, interval: 10 },
    );
    expect(await listPods()).toHaveLength(16);
    expect(logged).toEqual([]);
  }, 20_000);
});

test("a node that is removed leaves its Pods alone, and takes them up when it comes again", async () => {
  await start(1);
  await createPod("web");
  await until(() => getPod("web"), isReady);
  await client.request(nodes.delete("node-1"));
  await client.request(pods.delete("web"));
  await createPod("other");
  await until(
    () => getPod("other"),
    (pod) => condition(pod, "PodScheduled")?.message === "no nodes available to schedule pods",
  );
  expect((await listPods()).map(({ metadata }) => metadata.name)).toEqual(["other", "web"]);
  await client.request(nodes.create(newNode("node-1")));
  await until(listPods, ([first, ...others]) => others.length === 0 && first !== undefined && isReady(first));
});
