import { execFile } from "node:child_process";
import { Readable } from "node:stream";
import { fileURLToPath } from "node:url";
import { parseArgs, promisify } from "node:util";
import { Api, dropManagedFields, findResource, type KubeObject, Reflector, type Transport } from "@kubecast/kube";
import { flags, whole } from "./flags.ts";
import { table } from "./statistics.ts";

// What a cache costs beside the decoding of what it is told: indexes, subscribers, transforms,
// frozen objects. From memory, in processor time, each in processes of its own: what else has
// run in a process changes what it costs. See docs/performance.md.

const { values, rounds } = flags("bench:caches", () => {
  const { values } = parseArgs({
    options: {
      rounds: { type: "string", default: "3" },
      /** Which variant to measure in this process. */
      variant: { type: "string" },
    },
  });
  return { values, rounds: whole("rounds", values.rounds, 1) };
});
const OBJECTS = 5_000;
const EVENTS = 50_000;
const CHUNK = 16_384;

/** Of about 1.2 KB, as JSON has it. */
function pod(index: number, version: number): KubeObject {
  const object = index % OBJECTS;
  const labels = { app: `app-${object % 100}`, "pod-template-hash": "7c9d8b5f6d" };
  return {
    apiVersion: "v1",
    kind: "Pod",
    metadata: {
      name: `checkout-api-7c9d8b5f6d-${object}`,
      namespace: `namespace-${object % 50}`,
      uid: `uid-${object}`,
      resourceVersion: String(version),
      labels,
      managedFields: [{ manager: "kubelet", operation: "Update", fieldsV1: { "f:status": { "f:phase": {} } } }],
    },
    spec: {
      nodeName: `node-${object % 500}`,
      containers: [{ name: "api", image: "registry.example.com/checkout:1.2.3", args: ["--port", "8080"] }],
      volumes: [{ name: "config", configMap: { name: "checkout", defaultMode: 420 } }],
    },
    status: {
      phase: "Running",
      podIP: "10.0.0.1",
      conditions: ["PodScheduled", "Initialized", "Ready"].map((type) => ({ type, status: "True" })),
      containerStatuses: [{ name: "api", ready: true, restartCount: version % 7, state: { running: {} } }],
    },
  } as KubeObject;
}

/** The body of a watch: an empty streaming list, and then the events. */
function chunks(): Buffer[] {
  const annotations = { "k8s.io/initial-events-end": "true" };
  const end = {
    type: "BOOKMARK",
    object: { apiVersion: "v1", kind: "Pod", metadata: { resourceVersion: "1", annotations } },
  };
  const all: Buffer[] = [];
  let text = `${JSON.stringify(end)}\n`;
  for (let index = 0; index < EVENTS; index++) {
    const type = index < OBJECTS ? "ADDED" : "MODIFIED";
    text += `${JSON.stringify({ type, object: pod(index, index + 2) })}\n`;
    if (text.length < CHUNK && index < EVENTS - 1) continue;
    all.push(Buffer.from(text));
    text = "";
  }
  return all;
}

const body = chunks();
const forever = new Promise<never>(() => {});
/** Whose watch brings the events and then stays open. */
const transport: Transport = {
  request: () => forever,
  requestText: () => forever,
  stream: async () => ({ status: 200, headers: {}, body: Readable.from(streamed()) }),
};
async function* streamed(): AsyncGenerator<Buffer> {
  yield* body;
  await forever;
}

const resource = findResource("pods");
if (resource === undefined) throw new Error("Pods are a built-in kind");
const pods = Api.of(transport, resource);
type Variant = {
  readonly name: string;
  readonly make: () => Reflector<KubeObject>;
  readonly subscribers?: number;
  readonly wait?: boolean;
};
const node = (object: KubeObject) => (object as { spec?: { nodeName?: string } }).spec?.nodeName;
const plain = () => Reflector.new<KubeObject>(pods, { frozen: false });
const variants: Variant[] = [
  { name: "a reflector", make: plain },
  { name: "an index by one value", make: () => plain().indexBy("node", node) },
  {
    name: "an index by two values",
    make: () => plain().indexBy("label", ({ metadata }) => Object.values(metadata.labels ?? {})),
  },
  { name: "a subscriber", make: plain, subscribers: 1 },
  { name: "ten subscribers", make: plain, subscribers: 10 },
  { name: "ten that wait", make: plain, subscribers: 10, wait: true },
  {
    name: "`dropManagedFields`",
    make: () => Reflector.new<KubeObject>(pods, { frozen: false, transform: dropManagedFields }),
  },
  { name: "frozen objects", make: () => Reflector.new<KubeObject>(pods, { frozen: true }) },
];

/** Microseconds of processor time an event. */
async function run({ make, subscribers = 0, wait = false }: Variant): Promise<number> {
  const stop = new AbortController();
  const { signal } = stop;
  const reflector = make();
  globalThis.gc?.();
  const before = process.cpuUsage();
  const told = Array.from({ length: subscribers }, async () => {
    for await (const _ of reflector.subscribe({ signal, whenSlow: wait ? "wait" : "coalesce" })) {
      // What it is told is not what is measured.
    }
  });
  let count = 0;
  for await (const batch of reflector.changes(signal)) {
    if (batch.type === "error") throw batch.error;
    count += batch.changes.length;
    if (count === EVENTS) break;
  }
  stop.abort();
  await Promise.all(told);
  const { user, system } = process.cpuUsage(before);
  return (user + system) / EVENTS;
}

/** The least of some runs is what other programs have disturbed least. */
async function least(variant: Variant): Promise<number> {
  const times: number[] = [];
  for (let index = 0; index < 5; index++) times.push(await run(variant));
  return Math.min(...times);
}

/** The same in a process of its own. */
async function leastApart(index: number): Promise<number> {
  const program = [...process.execArgv, fileURLToPath(import.meta.url), "--variant", String(index)];
  const { stdout } = await promisify(execFile)(process.execPath, program);
  return Number(stdout);
}

async function compare(rounds: number): Promise<string> {
  const times = variants.map(() => Number.POSITIVE_INFINITY);
  for (let round = 0; round < rounds; round++) {
    for (const index of times.keys()) times[index] = Math.min(times[index] as number, await leastApart(index));
  }
  const [base = Number.NaN] = times;
  const rows = times.map((time, index) => {
    return [variants[index]?.name ?? "", time.toFixed(2), (time - base).toFixed(2), (time / base).toFixed(2)];
  });
  return table([["with", "µs an event", "more", "ratio"], ...rows]);
}

const variant = variants[Number(values.variant)];
const result = variant === undefined ? await compare(rounds) : String(await least(variant));
// What the transport promised will never come.
process.stdout.write(`${result}\n`, () => process.exit(0));
