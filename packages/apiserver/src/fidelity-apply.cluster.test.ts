import { beforeAll, describe, expect, test, vi } from "vitest";
import { bothServersForAllTests, comparable, type Step, send, sides } from "./fidelity.test.helper.ts";
import { configMaps, pods } from "./http/api.test.helper.ts";

// Server-side apply, and who owns which fields after every kind of write: the
// same requests go to this server and to a real kube-apiserver.

const deployments = "/apis/apps/v1/namespaces/default/deployments";
const services = "/api/v1/namespaces/default/services";
const definitions = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions";
const gadgets = "/apis/clux.dev/v1/namespaces/default/gadgets";
const applyType = "application/apply-patch+yaml";
const merge = "application/merge-patch+json";
const strategic = "application/strategic-merge-patch+json";
const jsonPatch = "application/json-patch+json";

type More = Partial<Step> & { readonly force?: boolean };

function applied(does: string, path: string, manager: string, body: unknown, { force, ...more }: More = {}): Step {
  const query = `?fieldManager=${manager}${force === undefined ? "" : `&force=${force}`}`;
  return { does, method: "PATCH", path: path + query, type: applyType, body, owners: true, ...more };
}

function written(does: string, method: string, path: string, body: unknown, more: More = {}): Step {
  return { does, method, path, body, owners: true, ...more };
}

const configMap = (name: string, data: unknown, metadata: object = {}) => ({
  apiVersion: "v1",
  kind: "ConfigMap",
  metadata: { name, ...metadata },
  data,
});
const c = `${configMaps}/c`;

const maps: readonly Step[] = [
  applied("create by applying", c, "one", configMap("c", { a: "1", b: "2" }, { labels: { app: "x" } })),
  applied("apply the same again", c, "one", configMap("c", { a: "1", b: "2" }, { labels: { app: "x" } })),
  applied("apply another value of one's own", c, "one", configMap("c", { a: "1", b: "3" }, { labels: { app: "x" } })),
  applied("share a field", c, "two", configMap("c", { a: "1" })),
  applied("conflict over one field", c, "two", configMap("c", { a: "changed" })),
  applied("conflict over two fields", c, "three", configMap("c", { a: "8", b: "9" })),
  applied("conflict over a field of two owners", c, "three", configMap("c", { a: "8" })),
  applied("take a field by force", c, "two", configMap("c", { a: "forced" }), { force: true }),
  applied("leave out a field that was taken", c, "one", configMap("c", { b: "3" }, { labels: { app: "x" } })),
  applied("leave out a field of one's own", c, "one", configMap("c", {}, { labels: { app: "x" } })),
  applied("leave out all", c, "one", configMap("c", undefined)),
  applied("own a field that is there already", c, "four", configMap("c", { a: "forced" })),
  applied("leave out a field that another owns, too", c, "two", configMap("c", undefined)),
  written("get it", "GET", c, undefined),
  written("update what an applier owns", "PATCH", c, { data: { a: "by hand" } }, { type: merge }),
  applied("apply against an update", c, "four", configMap("c", { a: "forced" })),
  applied("apply against an update by force", c, "four", configMap("c", { a: "forced" }), { force: true }),
  written("add by merge patch", "PATCH", `${c}?fieldManager=patcher`, { data: { p: "q" } }, { type: merge }),
  written("add by JSON patch", "PATCH", c, [{ op: "add", path: "/data/j", value: "k" }], { type: jsonPatch }),
  written("remove by JSON patch", "PATCH", c, [{ op: "remove", path: "/data/p" }], { type: jsonPatch }),
  written("add as another client", "PATCH", c, { data: { z: "z" } }, { type: merge, agent: "other/v1 (linux)" }),
  written("change nothing as another client", "PATCH", c, { data: { z: "z" } }, { type: merge, agent: "third/v1" }),
  written("replace it", "PUT", `${c}?fieldManager=putter`, configMap("c", { a: "forced", n: "m" })),
  written("replace it without a name of one's own", "PUT", c, configMap("c", { only: "this" }), { agent: "" }),
  written("forget all owners", "PATCH", c, { metadata: { managedFields: [{}] } }, { type: merge }),
  written("update what nobody owns", "PATCH", c, { data: { later: "x" } }, { type: merge }),
  applied("apply to what nobody owns", c, "five", configMap("c", { later: "y" })),
  applied("apply to what nobody owns by force", c, "five", configMap("c", { later: "y" }), { force: true }),
  applied("empty what one owns", c, "five", configMap("c", {})),
  applied("empty it again", c, "five", configMap("c", {})),
  applied("apply without writing it", `${c}`, "six", configMap("c", { dry: "run" }), {
    path: `${c}?fieldManager=six&dryRun=All`,
  }),
  written("get it once more", "GET", c, undefined),
];

const many: readonly Step[] = [
  written("create", "POST", configMaps, configMap("many", { m00: "0" }), { agent: "m00" }),
  ...Array.from({ length: 12 }, (_, index) => {
    const name = `m${String(index + 1).padStart(2, "0")}`;
    const data = { [name]: "x", ...(index === 5 && { m00: null }) };
    return written(`update as ${name}`, "PATCH", `${configMaps}/many`, { data }, { type: merge, agent: name });
  }),
  applied("apply among them", `${configMaps}/many`, "one", configMap("many", { m01: "y", m12: "x" }), { force: true }),
  written("get", "GET", `${configMaps}/many`, undefined),
];

const refused: readonly Step[] = [
  { does: "without a manager", method: "PATCH", path: c, type: applyType, body: configMap("c", {}) },
  { does: "a merge patch by force", method: "PATCH", path: `${c}?force=true`, type: merge, body: {} },
  applied("another name", c, "one", configMap("d", {})),
  applied("no name, to what is there", c, "one", { apiVersion: "v1", kind: "ConfigMap" }),
  applied("no name, to what is not", `${configMaps}/new`, "one", { apiVersion: "v1", kind: "ConfigMap" }),
  applied("another kind", c, "one", { apiVersion: "v1", kind: "Secret", metadata: { name: "c" } }),
  applied("another version", c, "one", { apiVersion: "v2", kind: "ConfigMap", metadata: { name: "c" } }),
  applied("no kind", c, "one", { metadata: { name: "c" } }, { wording: "own" }),
  applied("managed fields", c, "one", configMap("c", {}, { managedFields: [] })),
  applied("a field that is none", c, "one", { ...configMap("c", {}), dta: {} }),
  applied("a value of another type", c, "one", configMap("c", { a: 1 })),
  applied("a list for a map", c, "one", configMap("c", ["a"]), { wording: "own" }),
  applied("a stale state", c, "one", configMap("c", {}, { resourceVersion: "1" })),
  applied("no YAML", c, "one", "a: [", { wording: "own" }),
  applied("a list", c, "one", [], { wording: "own" }),
  applied("to a status that is not there", `${pods}/none/status`, "one", {
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name: "none" },
    status: {},
  }),
  applied("in no namespace", "/api/v1/namespaces/nope/configmaps/c", "one", configMap("c", {})),
];

const container = (name: string, more: object = {}) => ({ name, image: `registry.example/${name}:1`, ...more });
const pod = (name: string, spec: object, metadata: object = {}) => ({
  apiVersion: "v1",
  kind: "Pod",
  metadata: { name, ...metadata },
  spec,
});
const status = (conditions: unknown, more: object = {}) => ({
  apiVersion: "v1",
  kind: "Pod",
  metadata: { name: "p" },
  status: { ...(conditions !== undefined && { conditions }), ...more },
});
const ready = { type: "Ready", status: "True" };
const p = `${pods}/p`;
const main = { containers: [container("main")] };

const lists: readonly Step[] = [
  written("create a Pod", "POST", `${pods}?fieldManager=maker`, pod("made", { containers: [container("main")] })),
  written(
    "create a Pod with more",
    "POST",
    pods,
    pod(
      "made-with-more",
      {
        containers: [
          container("main", {
            ports: [{ containerPort: 80 }, { containerPort: 80, protocol: "UDP" }, { name: "s", containerPort: 443 }],
            env: [{ name: "A", value: "b" }],
            resources: { limits: { memory: "1Gi" }, requests: { memory: "1Gi" } },
            volumeMounts: [{ name: "data", mountPath: "/data" }],
            securityContext: { runAsUser: 5, capabilities: { add: ["NET_ADMIN"] } },
          }),
        ],
        volumes: [{ name: "data", emptyDir: {} }],
        nodeSelector: { zone: "z" },
        tolerations: [{ operator: "Exists" }],
        affinity: { nodeAffinity: {} },
      },
      { labels: { a: "b" }, annotations: { c: "d" }, finalizers: ["example.com/hold"] },
    ),
    { ownersOnly: true },
  ),
  applied("apply a Pod", p, "one", pod("p", main, { finalizers: ["example.com/a", "example.com/b"] })),
  applied("own a finalizer, too", p, "two", pod("p", {}, { finalizers: ["example.com/b", "example.com/c"] })),
  applied("give up finalizers", p, "one", pod("p", main)),
  applied("apply a toleration", p, "two", pod("p", { tolerations: [{ key: "a", operator: "Exists" }] })),
  applied("apply a Pod's status", `${p}/status`, "kubelet", status([ready], { phase: "Running" })),
  applied("apply a condition of another", `${p}/status`, "other", status([{ type: "X", status: "True" }])),
  applied("conflict in the status", `${p}/status`, "other", status([{ type: "Ready", status: "False" }])),
  applied("leave a condition out", `${p}/status`, "kubelet", status(undefined, { phase: "Running" })),
  written("patch the status", "PATCH", `${p}/status`, { status: { phase: "Failed" } }, { type: strategic }),
  applied("conflict with an update of the status", `${p}/status`, "kubelet", status([], { phase: "Running" })),
  applied("apply a status to the Pod itself", p, "one", { ...pod("p", main), status: { phase: "Succeeded" } }),
  applied("two elements of one key", p, "one", pod("p", { containers: [container("a"), container("a")] })),
  written("get the Pod", "GET", p, undefined),
];

const web = (containers: object[], more: object = {}) => ({
  apiVersion: "apps/v1",
  kind: "Deployment",
  metadata: { name: "web" },
  spec: {
    ...more,
    selector: { matchLabels: { app: "web" } },
    template: { metadata: { labels: { app: "web" } }, spec: { containers } },
  },
});
const d = `${deployments}/web`;
const ownersOnly = { ownersOnly: true } as const;
const e = `${deployments}/env`;
const kindOf = { apiVersion: "apps/v1", kind: "Deployment" };
const env = (...names: string[]) => ({
  ...web([container("a", { env: names.map((name, index) => ({ name, value: `${name}${index}` })) })]),
  metadata: { name: "env" },
});
const scale = (replicas: number) => ({ spec: { replicas } });

const workloads: readonly Step[] = [
  applied("create a Deployment", d, "one", web([container("a"), container("b")], { replicas: 2 }), ownersOnly),
  applied(
    "merge a container's ports and environment",
    d,
    "two",
    web([container("a", { ports: [{ containerPort: 80 }], env: [{ name: "X", value: "1" }] }), container("c")]),
    ownersOnly,
  ),
  applied("reorder and drop", d, "one", web([container("b"), container("a")], { replicas: 2 }), ownersOnly),
  applied("drop a container", d, "one", web([container("a")], { replicas: 2 }), ownersOnly),
  applied("conflict over an image", d, "one", web([{ name: "a", image: "other" }], { replicas: 2 })),
  written("scale it", "PATCH", `${d}/scale`, scale(3), { type: merge, codeOnly: true }),
  written("get it, scaled", "GET", d, undefined, ownersOnly),
  applied("conflict with the scale", d, "one", web([container("a")], { replicas: 2 })),
  applied("leave the replicas to the scale", d, "one", web([container("a")]), ownersOnly),
  applied(
    "apply a scale",
    `${d}/scale`,
    "scaler",
    { apiVersion: "autoscaling/v1", kind: "Scale", metadata: { name: "web" }, ...scale(4) },
    { codeOnly: true, force: true },
  ),
  written("get it, scaled by applying", "GET", d, undefined, ownersOnly),
  written(
    "set an image",
    "PATCH",
    d,
    { spec: { template: { spec: { containers: [{ name: "a", image: "new" }] } } } },
    { type: strategic, ...ownersOnly },
  ),
  written(
    "create with an environment of twice the same",
    "POST",
    deployments,
    { ...env("A", "A", "B"), ...kindOf },
    ownersOnly,
  ),
  applied("add to it", e, "one", env("C"), ownersOnly),
  applied("own what is there twice", e, "one", env("A"), { force: true, ...ownersOnly }),
  applied("own it as another does", e, "two", env("B", "A"), { force: true, ...ownersOnly }),
  applied("give it up", e, "one", env(), ownersOnly),
  written("get the environment", "GET", e, undefined, ownersOnly),
  applied(
    "create a Service",
    `${services}/s`,
    "one",
    {
      apiVersion: "v1",
      kind: "Service",
      metadata: { name: "s" },
      spec: {
        selector: { a: "b" },
        ports: [
          { name: "t", port: 80 },
          { name: "u", port: 80, protocol: "UDP" },
        ],
      },
    },
    ownersOnly,
  ),
];

const schema = {
  type: "object",
  properties: {
    spec: {
      type: "object",
      properties: {
        size: { type: "integer" },
        tags: { type: "array", "x-kubernetes-list-type": "set", items: { type: "string" } },
        parts: {
          type: "array",
          "x-kubernetes-list-type": "map",
          "x-kubernetes-list-map-keys": ["name"],
          items: {
            type: "object",
            required: ["name"],
            properties: { name: { type: "string" }, n: { type: "integer" } },
          },
        },
        plain: { type: "array", items: { type: "string" } },
        whole: {
          type: "object",
          "x-kubernetes-map-type": "atomic",
          properties: { a: { type: "string" }, b: { type: "string" } },
        },
        map: { type: "object", additionalProperties: { type: "string" } },
        free: { type: "object", "x-kubernetes-preserve-unknown-fields": true },
        mixed: { "x-kubernetes-int-or-string": true },
      },
    },
    status: { type: "object", properties: { phase: { type: "string" } } },
  },
};
const definition = {
  apiVersion: "apiextensions.k8s.io/v1",
  kind: "CustomResourceDefinition",
  metadata: { name: "gadgets.clux.dev" },
  spec: {
    group: "clux.dev",
    scope: "Namespaced",
    names: { plural: "gadgets", kind: "Gadget" },
    versions: [
      { name: "v1", served: true, storage: true, schema: { openAPIV3Schema: schema }, subresources: { status: {} } },
    ],
  },
};
const gadget = (spec: unknown, more: object = {}) => ({
  apiVersion: "clux.dev/v1",
  kind: "Gadget",
  metadata: { name: "g" },
  ...(spec !== undefined && { spec }),
  ...more,
});
const g = `${gadgets}/g`;
const h = `${gadgets}/applied`;
const made = (spec: unknown) => ({ ...gadget(spec), metadata: { name: "applied" } });
const part = (name: string, n: number) => ({ name, n });

const custom: readonly Step[] = [
  applied("create", g, "one", gadget({ size: 1, tags: ["a", "b"], parts: [part("x", 1), part("y", 2)] })),
  applied("add to a set and a map", g, "two", gadget({ tags: ["c", "b"], parts: [part("z", 3), part("y", 2)] })),
  applied("drop from both", g, "one", gadget({ size: 1, tags: ["a"], parts: [part("x", 1)] })),
  applied("conflict in an element", g, "one", gadget({ size: 1, tags: ["a"], parts: [part("x", 1), part("z", 9)] })),
  applied(
    "own whole lists and objects",
    g,
    "three",
    gadget({ plain: ["p"], whole: { a: "1" }, mixed: 5, map: { k: "v" } }),
  ),
  applied("conflict over a whole list", g, "four", gadget({ plain: ["q"] })),
  applied("conflict over a whole object", g, "four", gadget({ whole: { b: "1" } })),
  applied("share a map's keys", g, "four", gadget({ map: { other: "v" }, free: { deep: { x: [1], y: true } } })),
  applied("own beside it in what is free", g, "five", gadget({ free: { deep: { z: 1 } } })),
  applied("leave the free part", g, "four", gadget({ map: { other: "v" } })),
  applied("leave all of the free part", g, "five", gadget({ size: 1 })),
  applied("empty parts", g, "six", gadget({ map: {}, tags: [], parts: [] })),
  applied("a status by the main resource", g, "seven", gadget(undefined, { status: { phase: "X" } })),
  applied("a status", `${g}/status`, "seven", gadget(undefined, { status: { phase: "X" } })),
  applied("a spec by the status", `${g}/status`, "seven", gadget({ size: 9 }, { status: { phase: "X" } })),
  applied("a field that is none", g, "one", gadget({ nope: 1 })),
  applied("two values of a set", g, "one", gadget({ tags: ["a", "a"] })),
  written("replace", "PATCH", g, { spec: { size: 7 } }, { type: merge }),
  written("update the status", "PATCH", `${g}/status`, { status: { phase: "Y" } }, { type: merge }),
  written("get", "GET", g, undefined),
  written("create by POST", "POST", gadgets, {
    ...gadget({ size: 3, map: { a: "b" }, tags: ["t"] }),
    metadata: { name: "h", labels: { l: "m" } },
  }),
  applied("give all up", g, "three", gadget(undefined)),
  applied("set a map of one's own", h, "one", made({ map: { k: "v" }, tags: ["a"], whole: { a: "1" } })),
  applied("empty the map", h, "one", made({ map: {}, tags: ["a"], whole: { a: "1" } })),
  applied("empty the set", h, "one", made({ map: { k: "v" }, tags: [], whole: { a: "1" } })),
  applied("empty what is one", h, "one", made({ map: { k: "v" }, tags: ["a"], whole: {} })),
  applied("leave out the map", h, "one", made({ tags: ["a"] })),
  applied("leave out all but the spec", h, "one", made({})),
  applied("leave out all of the spec", h, "one", made(undefined)),
];

bothServersForAllTests();
beforeAll(async () => {
  for (const side of sides) {
    await send(side, { does: "define", method: "POST", path: definitions, body: definition });
    const wait = { does: "wait", method: "GET", path: gadgets };
    await vi.waitFor(async () => expect((await send(side, wait)).status).toBe(200), { timeout: 30_000 });
  }
});

describe.each([
  { of: "a map", steps: maps },
  { of: "more than ten that update", steps: many },
  { of: "what is refused", steps: refused },
  { of: "lists and a status", steps: lists },
  { of: "workloads", steps: workloads },
  { of: "custom resources", steps: custom },
])("applies as a real kube-apiserver does: $of", ({ steps }) => {
  test.each(steps)("$does", async (step) => {
    const [there, here] = await Promise.all(sides.map(async (side) => comparable(await send(side, step), step)));
    expect(here).toEqual(there);
  });
});
