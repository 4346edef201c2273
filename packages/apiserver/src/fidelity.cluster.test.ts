import { createInterface } from "node:readline";
import { beforeAll, describe, expect, test, vi } from "vitest";
import { bothServersForAllTests, comparable, open, type Side, type Step, send, sides } from "./fidelity.test.helper.ts";
import { configMaps, pod, pods } from "./http/api.test.helper.ts";

// The same requests go to this server and to a real kube-apiserver, and the
// answers are compared, but for what cannot be the same: identities, times,
// revisions, managedFields, and the wording where a step says so.

const merge = "application/merge-patch+json";
const strategic = "application/strategic-merge-patch+json";
const jsonPatch = "application/json-patch+json";
const leases = "/apis/coordination.k8s.io/v1/namespaces/default/leases";
const deployments = "/apis/apps/v1/namespaces/default/deployments";
const definitions = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions";
const foos = "/apis/clux.dev/v1/namespaces/default/foos";
const workload = (name: string, more: object) => ({
  metadata: { name },
  spec: {
    selector: { matchLabels: { app: name } },
    template: { metadata: { labels: { app: name } }, spec: pod(name).spec },
    ...more,
  },
});
const endless = { terminationGracePeriodSeconds: 30, nodeName: "node-1" };

const steps: readonly Step[] = [
  { does: "create a Pod", method: "POST", path: pods, body: pod("a", { labels: { app: "x" } }) },
  { does: "create it again", method: "POST", path: pods, body: pod("a") },
  { does: "create without a name", method: "POST", path: pods, body: { ...pod(""), metadata: {} } },
  { does: "create with a name that is none", method: "POST", path: pods, body: pod("A_b"), wording: "own" },
  { does: "create without containers", method: "POST", path: pods, body: { metadata: { name: "b" }, spec: {} } },
  {
    does: "create with a nameless container",
    method: "POST",
    path: pods,
    body: { metadata: { name: "b" }, spec: { containers: [{ image: "x" }] } },
  },
  {
    does: "create with a resourceVersion",
    method: "POST",
    path: configMaps,
    body: { metadata: { name: "b", resourceVersion: "5" } },
  },
  {
    does: "create for another namespace",
    method: "POST",
    path: pods,
    body: { ...pod("b"), metadata: { name: "b", namespace: "other" } },
  },
  { does: "create in no namespace", method: "POST", path: "/api/v1/namespaces/nope/pods", body: pod("b") },
  { does: "create without a namespace", method: "POST", path: "/api/v1/pods", body: pod("b") },
  {
    does: "create another kind",
    method: "POST",
    path: pods,
    body: { kind: "Service", apiVersion: "v1" },
    wording: "own",
  },
  { does: "create from broken JSON", method: "POST", path: pods, body: "{", wording: "own" },
  { does: "create from nothing", method: "POST", path: pods, wording: "own" },
  { does: "create from text", method: "POST", path: pods, body: "a", type: "text/plain", wording: "own" },
  { does: "get", method: "GET", path: `${pods}/a` },
  { does: "get what is not there", method: "GET", path: `${pods}/none` },
  { does: "get of another group", method: "GET", path: "/apis/apps/v1/namespaces/default/deployments/none" },
  { does: "get a subresource that is none", method: "GET", path: `${pods}/a/nope` },
  { does: "get from the future", method: "GET", path: `${pods}/a?resourceVersion=99999999` },
  { does: "list an unknown resource", method: "GET", path: "/api/v1/foos" },
  { does: "list of an unknown group", method: "GET", path: "/apis/nope/v1/foos" },
  { does: "get an unknown path", method: "GET", path: "/nope" },
  { does: "list", method: "GET", path: pods },
  { does: "list by label", method: "GET", path: `${pods}?labelSelector=app%20in%20(y)` },
  { does: "list by field", method: "GET", path: `${pods}?fieldSelector=spec.nodeName%3D,status.phase%3DPending` },
  { does: "list by a field that is none", method: "GET", path: `${pods}?fieldSelector=spec.foo%3Dx` },
  { does: "list by a field of a plain kind", method: "GET", path: `${configMaps}?fieldSelector=data.x%3Dx` },
  { does: "list nodes by namespace", method: "GET", path: "/api/v1/nodes?fieldSelector=metadata.namespace%3Dx" },
  { does: "list by half a field selector", method: "GET", path: `${pods}?fieldSelector=spec.nodeName` },
  { does: "list by a broken set", method: "GET", path: `${pods}?labelSelector=a%20in%20(b` },
  { does: "list by a broken negation", method: "GET", path: `${pods}?labelSelector=%21%21a` },
  { does: "list by two values", method: "GET", path: `${pods}?labelSelector=a%3Db%20c` },
  { does: "list by an empty set", method: "GET", path: `${pods}?labelSelector=a%20in%20()`, wording: "own" },
  { does: "list by a trailing comma", method: "GET", path: `${pods}?labelSelector=a,`, wording: "own" },
  { does: "list by a key that is none", method: "GET", path: `${pods}?labelSelector=-a`, wording: "own" },
  { does: "list by a value that is none", method: "GET", path: `${pods}?labelSelector=a%3Db_`, wording: "own" },
  { does: "list by an order of words", method: "GET", path: `${pods}?labelSelector=a%3Eb`, wording: "own" },
  { does: "list with a limit that is none", method: "GET", path: `${pods}?limit=x`, wording: "own" },
  { does: "list from the future", method: "GET", path: `${pods}?resourceVersion=99999999` },
  { does: "list at no revision", method: "GET", path: `${pods}?resourceVersion=abc`, wording: "own" },
  { does: "list exactly any", method: "GET", path: `${pods}?resourceVersion=0&resourceVersionMatch=Exact` },
  { does: "list with a match alone", method: "GET", path: `${pods}?resourceVersionMatch=Exact` },
  { does: "list with a match that is none", method: "GET", path: `${pods}?resourceVersionMatch=Foo` },
  { does: "list as a stream without watch", method: "GET", path: `${pods}?sendInitialEvents=true` },
  { does: "list from a broken token", method: "GET", path: `${pods}?continue=abc`, wording: "own" },
  { does: "list a page", method: "GET", path: "/api/v1/namespaces?limit=1" },
  { does: "watch a stream without a match", method: "GET", path: `${pods}?watch=1&sendInitialEvents=true` },
  { does: "watch with a match alone", method: "GET", path: `${pods}?watch=1&resourceVersionMatch=NotOlderThan` },
  { does: "replace under another name", method: "PUT", path: `${pods}/a`, body: pod("zz") },
  { does: "replace what is not there", method: "PUT", path: `${pods}/none`, body: pod("none") },
  {
    does: "replace a stale state",
    method: "PUT",
    path: `${pods}/a`,
    body: { ...pod("a"), metadata: { name: "a", resourceVersion: "1" } },
  },
  {
    does: "replace another object of the name",
    method: "PUT",
    path: `${pods}/a`,
    body: { ...pod("a"), metadata: { name: "a", uid: "other" } },
    wording: "own",
  },
  { does: "patch without a type", method: "PATCH", path: `${pods}/a`, body: {}, codeOnly: true },
  {
    does: "patch with a test that fails",
    method: "PATCH",
    path: `${pods}/a`,
    type: jsonPatch,
    body: [{ op: "test", path: "/metadata/name", value: "b" }],
    wording: "own",
  },
  {
    does: "patch by no operation",
    method: "PATCH",
    path: `${pods}/a`,
    type: jsonPatch,
    body: [{ op: "bad", path: "/metadata/name", value: "b" }],
    wording: "own",
  },
  { does: "patch by no list", method: "PATCH", path: `${pods}/a`, type: jsonPatch, body: {}, wording: "own" },
  { does: "patch by a list", method: "PATCH", path: `${pods}/a`, type: merge, body: [], wording: "own" },
  { does: "patch the name", method: "PATCH", path: `${pods}/a`, type: merge, body: { metadata: { name: "q" } } },
  {
    does: "patch a stale state",
    method: "PATCH",
    path: `${pods}/a`,
    type: merge,
    body: { metadata: { resourceVersion: "1" } },
  },
  { does: "patch what is not there", method: "PATCH", path: `${pods}/none`, type: merge, body: {} },
  {
    does: "patch labels",
    method: "PATCH",
    path: `${pods}/a`,
    type: merge,
    body: { metadata: { labels: { app: null, tier: "front" } } },
  },
  {
    does: "patch an image by name",
    method: "PATCH",
    path: `${pods}/a`,
    type: strategic,
    body: { spec: { containers: [{ name: "main", image: "registry.example/main:2" }] } },
  },
  {
    does: "patch tolerations and finalizers",
    method: "PATCH",
    path: `${pods}/a`,
    type: strategic,
    body: { metadata: { finalizers: ["example.com/hold"] } },
  },
  {
    does: "patch the status",
    method: "PATCH",
    path: `${pods}/a/status`,
    type: strategic,
    body: { status: { phase: "Running", conditions: [{ type: "Ready", status: "True" }] } },
  },
  {
    does: "patch a condition",
    method: "PATCH",
    path: `${pods}/a/status`,
    type: strategic,
    body: {
      status: {
        conditions: [
          { type: "Initialized", status: "True" },
          { type: "Ready", status: "False" },
        ],
      },
    },
  },
  {
    does: "order conditions",
    method: "PATCH",
    path: `${pods}/a/status`,
    type: strategic,
    body: {
      status: {
        "$setElementOrder/conditions": [{ type: "ContainersReady" }, { type: "Initialized" }, { type: "Ready" }],
        conditions: [{ type: "ContainersReady", status: "True" }],
      },
    },
  },
  {
    does: "patch the status by JSON patch",
    method: "PATCH",
    path: `${pods}/a/status`,
    type: jsonPatch,
    body: [
      { op: "remove", path: "/status/conditions/0" },
      { op: "copy", from: "/status/phase", path: "/status/message" },
      { op: "add", path: "/status/conditions/-", value: { type: "PodScheduled", status: "True" } },
    ],
  },
  {
    does: "patch if there is nothing",
    method: "PATCH",
    path: `${pods}/a`,
    type: jsonPatch,
    body: [
      { op: "test", path: "/metadata/ownerReferences", value: null },
      { op: "add", path: "/metadata/labels/tested", value: "yes" },
    ],
  },
  {
    does: "delete another object of the name",
    method: "DELETE",
    path: `${pods}/a`,
    body: { preconditions: { uid: "other" } },
  },
  {
    does: "delete a stale state",
    method: "DELETE",
    path: `${pods}/a`,
    body: { preconditions: { resourceVersion: "1" } },
  },
  { does: "delete with a finalizer", method: "DELETE", path: `${pods}/a` },
  {
    does: "add a finalizer while it is deleted",
    method: "PATCH",
    path: `${pods}/a`,
    type: merge,
    body: { metadata: { finalizers: ["example.com/hold", "example.com/more"] } },
    wording: "own",
  },
  {
    does: "take the finalizer",
    method: "PATCH",
    path: `${pods}/a`,
    type: merge,
    body: { metadata: { finalizers: null } },
  },
  { does: "get what the last finalizer held", method: "GET", path: `${pods}/a` },
  { does: "create a Pod on a node", method: "POST", path: pods, body: pod("b", { spec: endless }) },
  { does: "delete it gracefully", method: "DELETE", path: `${pods}/b` },
  { does: "delete it sooner", method: "DELETE", path: `${pods}/b?gracePeriodSeconds=5` },
  { does: "delete it at once", method: "DELETE", path: `${pods}/b`, body: { gracePeriodSeconds: 0 } },
  { does: "delete it once more", method: "DELETE", path: `${pods}/b` },
  { does: "delete all pods everywhere", method: "DELETE", path: "/api/v1/pods" },
  { does: "create a ConfigMap", method: "POST", path: configMaps, body: { metadata: { name: "c" }, data: { a: "b" } } },
  {
    does: "merge a ConfigMap",
    method: "PATCH",
    path: `${configMaps}/c`,
    type: merge,
    body: { data: { a: null, c: "d" } },
  },
  { does: "delete a ConfigMap", method: "DELETE", path: `${configMaps}/c` },
  { does: "create a namespace", method: "POST", path: "/api/v1/namespaces", body: { metadata: { name: "shop" } } },
  { does: "put a Lease", method: "PUT", path: `${leases}/l`, body: { metadata: { name: "l" }, spec: {} } },
  {
    does: "put a Lease blindly",
    method: "PUT",
    path: `${leases}/l`,
    body: { metadata: { name: "l" }, spec: { holderIdentity: "x" } },
    codeOnly: true,
  },
  {
    does: "bind no Pod",
    method: "POST",
    path: `${pods}/none/binding`,
    body: { apiVersion: "v1", kind: "Binding", metadata: { name: "none" }, target: { kind: "Node", name: "node-1" } },
  },
  { does: "create a Pod to bind", method: "POST", path: pods, body: pod("d") },
  {
    does: "bind it",
    method: "POST",
    path: `${pods}/d/binding`,
    body: { apiVersion: "v1", kind: "Binding", metadata: { name: "d" }, target: { kind: "Node", name: "node-1" } },
  },
  { does: "evict it", method: "POST", path: `${pods}/d/eviction`, body: { metadata: { name: "d" } }, wording: "own" },
  { does: "get it, being deleted", method: "GET", path: `${pods}/d`, codeOnly: true },
  { does: "list the API's versions of a group", method: "GET", path: "/apis/apps" },
  {
    does: "create a Deployment",
    method: "POST",
    path: deployments,
    body: {
      metadata: { name: "web" },
      spec: {
        selector: { matchLabels: { app: "web" }, matchExpressions: [{ key: "tier", operator: "Exists" }] },
        template: { metadata: { labels: { app: "web", tier: "front" } }, spec: pod("web").spec },
      },
    },
  },
  {
    does: "create a StatefulSet",
    method: "POST",
    path: "/apis/apps/v1/namespaces/default/statefulsets",
    body: workload("db", { serviceName: "db", updateStrategy: { rollingUpdate: { partition: 1 } } }),
  },
  {
    does: "create a DaemonSet",
    method: "POST",
    path: "/apis/apps/v1/namespaces/default/daemonsets",
    body: workload("agent", { updateStrategy: { type: "OnDelete" } }),
    // There it has an annotation that counts its templates.
    codeOnly: true,
  },
  {
    does: "create a ReplicaSet",
    method: "POST",
    path: "/apis/apps/v1/namespaces/default/replicasets",
    body: workload("set", { replicas: 0 }),
  },
  {
    does: "create a Deployment that recreates",
    method: "POST",
    path: deployments,
    body: workload("recreating", { strategy: { type: "Recreate" }, revisionHistoryLimit: 0 }),
  },
  { does: "get its scale", method: "GET", path: `${deployments}/web/scale` },
  { does: "scale it", method: "PATCH", path: `${deployments}/web/scale`, type: merge, body: { spec: { replicas: 3 } } },
  {
    does: "scale it below zero",
    method: "PATCH",
    path: `${deployments}/web/scale`,
    type: merge,
    body: { spec: { replicas: -1 } },
  },
  { does: "get the scale of none", method: "GET", path: `${deployments}/none/scale` },
  { does: "delete a Deployment", method: "DELETE", path: `${deployments}/web` },
];

const foo = (name: string, more: object = {}) => ({
  apiVersion: "clux.dev/v1",
  kind: "Foo",
  metadata: { name },
  spec: { info: "x", replicas: 1 },
  ...more,
});
const version = {
  name: "v1",
  served: true,
  storage: true,
  schema: { openAPIV3Schema: { type: "object", "x-kubernetes-preserve-unknown-fields": true } },
  subresources: { status: {}, scale: { specReplicasPath: ".spec.replicas", statusReplicasPath: ".status.replicas" } },
};
const definition = {
  apiVersion: "apiextensions.k8s.io/v1",
  kind: "CustomResourceDefinition",
  metadata: { name: "foos.clux.dev" },
  spec: { group: "clux.dev", scope: "Namespaced", names: { plural: "foos", kind: "Foo" }, versions: [version] },
};

const customSteps: readonly Step[] = [
  { does: "get the definition", method: "GET", path: `${definitions}/foos.clux.dev` },
  { does: "list the group's versions", method: "GET", path: "/apis/clux.dev" },
  { does: "list the resources", method: "GET", path: "/apis/clux.dev/v1" },
  { does: "create a Foo", method: "POST", path: foos, body: foo("baz", { status: { bad: true } }) },
  {
    does: "create a Foo without a kind",
    method: "POST",
    path: foos,
    body: { metadata: { name: "q" } },
    wording: "own",
  },
  { does: "list the Foos", method: "GET", path: foos },
  { does: "replace a Foo blindly", method: "PUT", path: `${foos}/baz`, body: foo("baz") },
  { does: "patch a Foo", method: "PATCH", path: `${foos}/baz`, type: merge, body: { spec: { info: "y" } } },
  {
    does: "patch a Foo strategically",
    method: "PATCH",
    path: `${foos}/baz`,
    type: strategic,
    body: { spec: {} },
    wording: "own",
  },
  { does: "judge a Foo", method: "PATCH", path: `${foos}/baz/status`, type: merge, body: { status: { bad: true } } },
  { does: "get a Foo's scale", method: "GET", path: `${foos}/baz/scale` },
  { does: "scale a Foo", method: "PATCH", path: `${foos}/baz/scale`, type: merge, body: { spec: { replicas: 2 } } },
  { does: "delete a Foo", method: "DELETE", path: `${foos}/baz` },
  { does: "get a Foo that is gone", method: "GET", path: `${foos}/baz` },
  {
    does: "create a definition of another name",
    method: "POST",
    path: definitions,
    body: { ...definition, metadata: { name: "bars.clux.dev" } },
    codeOnly: true,
  },
];

bothServersForAllTests();

describe("answers as a real kube-apiserver does to", () => {
  test.each(steps)("$does", async (step) => {
    const [real, ours] = sides;
    const there = await send(real, step);
    const here = await send(ours, step);
    expect(comparable(here, step)).toEqual(comparable(there, step));
  });
});

describe("answers about custom resources as a real kube-apiserver does to", () => {
  beforeAll(async () => {
    for (const side of sides) {
      const step = { does: "define", method: "POST", path: definitions, body: definition };
      expect((await send(side, step)).status).toBe(201);
      for (const path of [foos, "/apis/clux.dev/v1"]) {
        const wait = { does: "wait", method: "GET", path };
        await vi.waitFor(async () => expect((await send(side, wait)).status).toBe(200), { timeout: 30_000 });
      }
    }
  });

  test.each(customSteps)("$does", async (step) => {
    const [real, ours] = sides;
    const there = await send(real, step);
    const here = await send(ours, step);
    expect(comparable(here, step)).toEqual(comparable(there, step));
  });
});

/** Parameters of a watch of ConfigMaps labelled `app=x`, and how many changes are made before it starts. */
const watches: readonly { readonly from: string; readonly query: string; readonly madeBefore: number }[] = [
  { from: "the beginning", query: "", madeBefore: 3 },
  { from: "any revision", query: "&resourceVersion=0", madeBefore: 3 },
  { from: "a revision", query: "&resourceVersion=START", madeBefore: 5 },
  { from: "a revision, with bookmarks", query: "&resourceVersion=START&allowWatchBookmarks=1", madeBefore: 2 },
  {
    from: "a streaming list",
    query: "&sendInitialEvents=true&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=1",
    madeBefore: 3,
  },
  { from: "now", query: "&sendInitialEvents=false&resourceVersionMatch=NotOlderThan", madeBefore: 3 },
];

describe("tells a watch the same as a real kube-apiserver, from", () => {
  test.each(watches.map((watch, index) => ({ ...watch, index })))("$from", async ({ query, madeBefore, index }) => {
    const [expected, seen] = await Promise.all(
      sides.map((side) => transcript(side, `watched-${index}`, query, madeBefore)),
    );
    expect(seen).toEqual(expected);
  });
});

/** What a watch tells of the same life of two objects in a namespace of their own: `MODIFIED a {"v":"2"}`. */
async function transcript(side: Side, namespace: string, query: string, madeBefore: number): Promise<string[]> {
  const step = (method: string, path: string, body?: unknown) =>
    send(side, { does: "", method, path, body, type: merge });
  const create = (path: string, body: unknown) => send(side, { does: "", method: "POST", path, body });
  const { body: created } = await create("/api/v1/namespaces", { metadata: { name: namespace } });
  const maps = `/api/v1/namespaces/${namespace}/configmaps`;
  const labelled = (app: string) => ({ metadata: { labels: { app } } });
  const changes = [
    () => create(maps, { metadata: { name: "a", labels: { app: "x" } }, data: { v: "1" } }),
    () => create(maps, { metadata: { name: "b", labels: { app: "y" } }, data: { v: "1" } }),
    () => step("PATCH", `${maps}/a`, { data: { v: "2" } }),
    () => step("PATCH", `${maps}/b`, labelled("x")),
    () => step("PATCH", `${maps}/a`, { ...labelled("y"), data: { v: "3" } }),
    () => step("PATCH", `${maps}/b`, { data: { v: "1" } }),
    () => step("DELETE", `${maps}/a`),
    () => step("DELETE", `${maps}/b`),
    () => create(maps, { metadata: { name: "end", labels: { app: "x" } } }),
  ];
  for (const change of changes.slice(0, madeBefore)) await change();
  const start = query.replace("START", created.metadata.resourceVersion);
  const response = await open(side, "GET", `${maps}?watch=1&labelSelector=app%3Dx&timeoutSeconds=60${start}`);
  const making = (async () => {
    for (const change of changes.slice(madeBefore)) await change();
  })();
  const told: string[] = [];
  for await (const line of createInterface({ input: response })) {
    const { type, object } = JSON.parse(line);
    const { name = "", annotations = {} } = object.metadata;
    told.push(`${type} ${name} ${JSON.stringify(object.data ?? annotations)}`);
    if (name === "end") break;
  }
  await making;
  response.destroy();
  return told;
}
