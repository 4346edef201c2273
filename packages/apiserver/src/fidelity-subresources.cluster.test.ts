import {
  ApiError,
  type ApiRequest,
  Client,
  configFromText,
  findResource,
  loadConfig,
  Patch,
  RawApi,
  type Resource,
} from "@kubecast/kube";
import { afterAll, beforeAll, expect, test } from "vitest";
import { bothServersForAllTests, comparable, ours, real } from "./fidelity.test.helper.ts";

// What RawApi builds for subresources and for metadata alone goes to this server
// and to a real kube-apiserver, and the answers are compared.

interface Step {
  readonly does: string;
  readonly request: ApiRequest;
  /** The messages may be worded differently. */
  readonly wording?: "own";
  /** Only the status code is compared. */
  readonly codeOnly?: true;
}

const pods = RawApi.v1Pod().within("default");
const namespaces = RawApi.v1Namespace();
const budgets = rawOf("poddisruptionbudgets").within("default");
const accounts = rawOf("serviceaccounts").within("default");
const requests = rawOf("certificatesigningrequests");

function rawOf(name: string): RawApi {
  return new RawApi(findResource(name) as Resource);
}

function accepts({ headers = {} }: ApiRequest): Pick<ApiRequest, "headers"> {
  return { headers };
}

function pod(name: string, spec: object = {}): object {
  const requests = { cpu: "100m", "ephemeral-storage": "1Gi" };
  const containers = [{ name: "main", image: "registry.example/main:1", resources: { requests } }];
  return { metadata: { name, labels: { app: "web" } }, spec: { containers, ...spec } };
}

const onNode = { nodeName: "node-1", terminationGracePeriodSeconds: 30 };
const ready = { status: { phase: "Running", conditions: [{ type: "Ready", status: "True" }] } };
const resources = (requests: object, more: object = {}) =>
  Patch.strategic({ spec: { containers: [{ name: "main", resources: { requests }, ...more }] } });
const resize = (patch: Patch) => pods.patchSubresource("a", "resize", patch);
const debug = (...containers: object[]) =>
  pods.patchSubresource("a", "ephemeralcontainers", Patch.strategic({ spec: { ephemeralContainers: containers } }));
const allowed = (status: object) => budgets.patchStatus("web", { status: { observedGeneration: 1, ...status } });
const noLabel = { metadata: { labels: { ignored: "yes" } }, spec: { activeDeadlineSeconds: 5 } };
const decide = (...conditions: object[]) => requests.patchSubresource("csr", "approval", { status: { conditions } });
const approved = { type: "Approved", status: "True", reason: "Known", message: "ours" };
const finalize = (...finalizers: string[]) =>
  namespaces.replaceSubresource("old", "finalize", { metadata: { name: "old" }, spec: { finalizers } });
const evictionOf = (body: object): ApiRequest => ({ ...pods.evict("c"), body: JSON.stringify(body) });

const steps: readonly Step[] = [
  { does: "create a Pod", request: pods.create(pod("a")) },
  { does: "get a Pod's metadata", request: pods.metadata().get("a") },
  { does: "list Pods' metadata", request: pods.metadata().list() },
  { does: "list the metadata of a page", request: pods.metadata().list({ limit: 1, labelSelector: "app=web" }) },
  { does: "patch a Pod for its metadata", request: pods.metadata().patch("a", { metadata: { labels: { a: "b" } } }) },
  { does: "get a status for its metadata", request: pods.metadata().getStatus("a") },
  { does: "delete a Pod for its metadata, dry", request: pods.metadata().delete("a", { dryRun: true }) },
  { does: "get a Pod as a list", request: { ...pods.get("a"), ...accepts(pods.metadata().list()) }, wording: "own" },
  { does: "list Pods as one", request: { ...pods.list(), ...accepts(pods.metadata().get("a")) }, wording: "own" },
  { does: "get the metadata of none", request: pods.metadata().get("none") },

  { does: "resize", request: resize(resources({ cpu: "200m" })) },
  { does: "resize to the same", request: resize(resources({ cpu: "200m" })) },
  { does: "resize by the way", request: resize(Patch.strategic(noLabel)) },
  { does: "resize with another image", request: resize(resources({ cpu: "300m" }, { image: "other" })) },
  { does: "resize storage", request: resize(resources({ "ephemeral-storage": "2Gi" })) },
  {
    does: "resize a container that is not there",
    request: resize(Patch.strategic({ spec: { containers: [{ name: "x", image: "x" }] } })),
  },
  {
    does: "resize to another class",
    request: resize(
      Patch.strategic({
        spec: {
          containers: [
            { name: "main", resources: { limits: { cpu: "1", memory: "1Gi" }, requests: { cpu: "1", memory: "1Gi" } } },
          ],
        },
      }),
    ),
  },
  { does: "resize none", request: pods.patchSubresource("none", "resize", Patch.strategic({})) },
  { does: "get what was resized", request: pods.getSubresource("a", "resize") },

  { does: "debug", request: debug({ name: "debug", image: "busybox" }) },
  {
    does: "debug with a second one",
    request: debug({ name: "more", image: "busybox:1", targetContainerName: "main" }),
  },
  { does: "debug by the way", request: pods.patchSubresource("a", "ephemeralcontainers", Patch.strategic(noLabel)) },
  { does: "change a debug container", request: debug({ name: "debug", image: "other" }), wording: "own" },
  { does: "debug under a name that is taken", request: debug({ name: "main", image: "busybox" }) },
  {
    does: "debug without a name",
    request: pods.patchSubresource(
      "a",
      "ephemeralcontainers",
      Patch.json([{ op: "add", path: "/spec/ephemeralContainers/-", value: { image: "x" } }]),
    ),
  },
  {
    does: "remove the debug containers",
    request: pods.patchSubresource("a", "ephemeralcontainers", Patch.merge({ spec: { ephemeralContainers: [] } })),
  },
  { does: "get the debug containers", request: pods.getSubresource("a", "ephemeralcontainers") },

  {
    does: "create a budget",
    request: budgets.create({
      metadata: { name: "web" },
      spec: { minAvailable: 1, selector: { matchLabels: { app: "web" } } },
    }),
  },
  { does: "evict a Pod that no node runs", request: pods.evict("a") },
  { does: "get what was evicted", request: pods.get("a") },
  { does: "create a Pod on a node", request: pods.create(pod("b", onNode)) },
  { does: "have it run", request: pods.patchStatus("b", ready) },
  { does: "evict before the budget is known", request: pods.evict("b") },
  { does: "have nothing allowed", request: allowed({ disruptionsAllowed: 0, currentHealthy: 1, desiredHealthy: 1 }) },
  { does: "evict against the budget", request: pods.evict("b") },
  { does: "have more than enough, and nothing allowed", request: allowed({ currentHealthy: 3 }) },
  { does: "evict against that", request: pods.evict("b") },
  {
    does: "have the budget's controller fail",
    request: allowed({
      conditions: [
        {
          type: "DisruptionAllowed",
          status: "False",
          reason: "SyncFailed",
          message: "no such thing",
          lastTransitionTime: "2026-01-01T00:00:00Z",
        },
      ],
    }),
  },
  { does: "evict meanwhile", request: pods.evict("b") },
  { does: "have one allowed", request: allowed({ disruptionsAllowed: 1 }) },
  { does: "evict dry", request: pods.evict("b", { dryRun: true }) },
  { does: "get the budget as it was", request: budgets.get("web") },
  { does: "evict another Pod of the name", request: pods.evict("b", { preconditions: { uid: "other" } }) },
  { does: "get the budget, spent all the same", request: budgets.get("web") },
  { does: "have two allowed", request: allowed({ disruptionsAllowed: 2, disruptedPods: null }) },
  { does: "evict", request: pods.evict("b", { gracePeriodSeconds: 7 }) },
  { does: "get the Pod, being deleted", request: pods.get("b") },
  { does: "get the budget, one less", request: budgets.get("web") },
  { does: "evict it again", request: pods.evict("b") },
  { does: "create a Pod that is not ready", request: pods.create(pod("c", onNode)) },
  { does: "have that run", request: pods.patchStatus("c", { status: { phase: "Running" } }) },
  { does: "have enough without it", request: allowed({ disruptionsAllowed: 0, currentHealthy: 1 }) },
  { does: "evict it, which is no loss", request: pods.evict("c", { dryRun: true }) },
  { does: "have too few", request: allowed({ currentHealthy: 0 }) },
  { does: "evict it against the budget", request: pods.evict("c") },
  {
    does: "let those go that are not ready",
    request: budgets.patch("web", { spec: { unhealthyPodEvictionPolicy: "AlwaysAllow" } }),
  },
  { does: "evict it", request: pods.evict("c", { dryRun: true }) },
  { does: "create a second budget", request: budgets.create({ metadata: { name: "all" }, spec: { selector: {} } }) },
  { does: "evict against two", request: pods.evict("c") },
  { does: "evict none", request: pods.evict("none") },
  { does: "evict by another name", request: evictionOf({ metadata: { name: "other" } }) },

  { does: "create a Pod to bind", request: pods.create(pod("d")) },
  { does: "bind it to nothing", request: pods.bind("d", "") },
  { does: "bind it", request: pods.bind("d", "node-1") },
  { does: "bind it again", request: pods.bind("d", "node-1") },
  { does: "bind none", request: pods.bind("none", "node-1") },
  { does: "get it, bound", request: pods.get("d") },

  { does: "create an account", request: accounts.create({ metadata: { name: "builder" } }) },
  { does: "create a token", request: accounts.createToken("builder") },
  {
    does: "create a token for others",
    request: accounts.createToken("builder", { audiences: ["vault"], expirationSeconds: 600 }),
  },
  { does: "create a token that is too short", request: accounts.createToken("builder", { expirationSeconds: 5 }) },
  { does: "create a token of none", request: accounts.createToken("none") },
  {
    does: "bind a token to no Secret",
    request: accounts.createToken("builder", { boundObjectRef: { apiVersion: "v1", kind: "Secret", name: "none" } }),
  },
  {
    does: "bind a token to another's Pod",
    request: accounts.createToken("builder", { boundObjectRef: { apiVersion: "v1", kind: "Pod", name: "d" } }),
  },
  {
    does: "bind a token to a ConfigMap",
    request: accounts.createToken("builder", { boundObjectRef: { apiVersion: "v1", kind: "ConfigMap", name: "x" } }),
  },

  { does: "approve", request: decide(approved) },
  {
    does: "deny what is approved",
    request: decide(approved, { type: "Denied", status: "True", reason: "Odd" }),
    wording: "own",
  },
  { does: "take an approval back", request: decide() },
  { does: "approve by half", request: decide({ ...approved, status: "False" }) },
  { does: "get an approval", request: requests.getSubresource("csr", "approval") },
  { does: "approve none", request: requests.getSubresource("none", "approval") },

  { does: "create a namespace", request: namespaces.create({ metadata: { name: "old" } }) },
  { does: "hold it", request: finalize("kubernetes", "example.com/hold") },
  { does: "delete it", request: namespaces.delete("old"), codeOnly: true },
  {
    does: "create in it",
    request: RawApi.v1ConfigMap()
      .within("old")
      .create({ metadata: { name: "x" } }),
    codeOnly: true,
  },
  { does: "let it go", request: finalize(), codeOnly: true },
  { does: "get what is gone", request: namespaces.get("old") },
  { does: "let none go", request: finalize() },
];

/** Of `CN=jane`, made by openssl; nobody has the key. */
const certificateRequest = [
  "-----BEGIN CERTIFICATE REQUEST-----",
  "MIHJMHECAQAwDzENMAsGA1UEAwwEamFuZTBZMBMGByqGSM49AgEGCCqGSM49AwEH",
  "A0IABMKZopNJ68cQBEQPO21YUdFppVwAKtJjuR09ZOxjqvmoshOpclMXXvgaZsgJ",
  "fGmUI5SBoTnq46zbjg6GdBV6PF+gADAKBggqhkjOPQQDAgNIADBFAiEA9ruR6Qxq",
  "ywDwHwj3p8vPL/v57gMZX35uwbjFquHTy5oCIE+panO/zTRSSGralXjmMjRkI5Zi",
  "a+jYgsulzKJLTVpD",
  "-----END CERTIFICATE REQUEST-----",
  "",
].join("\n");

let there: Client;
let here: Client;

bothServersForAllTests();
beforeAll(async () => {
  // What asks to wait is not waited for.
  const timing = { now: Date.now, sleep: async () => {}, random: () => 0 };
  there = new Client(await loadConfig({ kubeconfig: real.kubeconfig }), { timing });
  here = new Client(await configFromText(ours.kubeconfig()), { timing });
  const spec = {
    request: Buffer.from(certificateRequest).toString("base64"),
    signerName: "example.com/signer",
    usages: ["client auth"],
  };
  for (const side of [there, here]) await side.request(requests.create({ metadata: { name: "csr" }, spec }));
});
afterAll(async () => {
  await Promise.all([there?.close(), here?.close()]);
});

test.each(steps)("$does", async ({ request, ...step }) => {
  const [expected, seen] = await Promise.all([answer(there, request), answer(here, request)]);
  const compared = { ...request, ...step };
  expect(comparable(seen, compared)).toEqual(comparable(expected, compared));
});

test("a watch of metadata alone, from the list through the bookmark to a change", async () => {
  const maps = RawApi.v1ConfigMap().within("default");
  const watch = maps.metadata().watch({
    ...{ labelSelector: "watched=yes", sendInitialEvents: true, allowWatchBookmarks: true, timeoutSeconds: 60 },
  });
  const transcript = async (side: Client): Promise<unknown[]> => {
    const told: unknown[] = [];
    await side.request(maps.create({ metadata: { name: "w", labels: { watched: "yes" } }, data: { a: "b" } }));
    for await (const event of side.requestEvents(watch)) {
      told.push(comparable({ status: 200, body: event }, { does: "watch", method: "GET", path: "" }));
      if (event.type === "BOOKMARK") await side.request(maps.delete("w"));
      if (event.type === "DELETED") break;
    }
    return told;
  };
  const [expected, seen] = await Promise.all([transcript(there), transcript(here)]);
  expect(seen).toEqual(expected);
  expect(seen).toHaveLength(3);
});

async function answer(client: Client, request: ApiRequest): Promise<{ status: number; body: unknown }> {
  try {
    return { status: 200, body: alike(await client.request(request)) };
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    return { status: error.code, body: { ...error.status, retryAfter: error.retryAfterSeconds } };
  }
}

/** Without what differs each time, and without who asked for a certificate. */
function alike(body: unknown): unknown {
  const text = JSON.stringify(body, (key, value) => {
    if (key === "spec" && value.signerName) return { signerName: value.signerName, usages: value.usages };
    if (["token", "expirationTimestamp", "lastUpdateTime"].includes(key)) return `<${key}>`;
    if (key === "disruptedPods" && value) return Object.keys(value);
    return value;
  });
  return JSON.parse(text);
}
