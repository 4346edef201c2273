import { request as httpRequest, type IncomingMessage } from "node:http";
import { request as httpsRequest } from "node:https";
import { text } from "node:stream/consumers";
import { type KubeApiserver, startKubeApiserver } from "@kubecast/testbed";
import { afterAll, beforeAll } from "vitest";
import { type ApiServer, startApiServer } from "./server.ts";

/** One request, and how much of its answer is compared. */
export interface Step {
  readonly does: string;
  readonly method: string;
  readonly path: string;
  readonly body?: unknown;
  readonly type?: string;
  /** The messages may be worded differently. */
  readonly wording?: "own";
  /** Only the status code is compared. */
  readonly codeOnly?: true;
  /** Of an object, only who owns its fields is compared. */
  readonly ownersOnly?: true;
  /** Who owns the fields is compared, too. */
  readonly owners?: true;
  /** What the client takes, where it is not anything. */
  readonly accept?: string;
  /** The client's name. */
  readonly agent?: string;
}

export interface Side {
  readonly url: string;
  readonly token: string;
  readonly ca?: string;
}

/** A real kube-apiserver and this one, for the tests of a file. */
export let real: KubeApiserver;
export let ours: ApiServer;
/** How the two are reached, the real one first. */
export let sides: readonly [Side, Side];

export function bothServersForAllTests(): void {
  beforeAll(async () => {
    // Admission adds to Pods and Nodes what is none of a server's own semantics.
    const disabled = "ServiceAccount,DefaultTolerationSeconds,Priority,TaintNodesByCondition";
    [real, ours] = await Promise.all([
      startKubeApiserver({ args: [`--disable-admission-plugins=${disabled}`] }),
      startApiServer(),
    ]);
    sides = [{ url: real.url, token: real.adminToken, ca: real.ca }, ours];
  });
  afterAll(() => Promise.all([real?.stop(), ours?.stop()]));
}

export async function send(side: Side, { method, path, body, type, agent, accept }: Step) {
  const response = await open(side, method, path, body, { type, agent, accept });
  const answer = await text(response);
  const isJson = response.headers["content-type"]?.startsWith("application/json");
  return { status: response.statusCode, body: isJson ? JSON.parse(answer) : answer };
}

export function open(
  side: Side,
  method: string,
  path: string,
  body?: unknown,
  {
    type = "application/json",
    agent = "fidelity",
    accept,
  }: Partial<Record<"type" | "agent" | "accept", string | undefined>> = {},
): Promise<IncomingMessage> {
  const payload = body === undefined || typeof body === "string" ? (body ?? "") : JSON.stringify(body);
  const request = side.url.startsWith("https:") ? httpsRequest : httpRequest;
  const sent = request(side.url + path, {
    method,
    ...(side.ca !== undefined && { ca: side.ca }),
    headers: {
      authorization: `Bearer ${side.token}`,
      "user-agent": agent,
      ...(accept !== undefined && { accept }),
      ...(body !== undefined && { "content-type": type, "content-length": Buffer.byteLength(payload) }),
    },
  });
  sent.end(payload);
  return new Promise((resolve, reject) => {
    sent.on("response", resolve).on("error", reject);
  });
}

const unlike = new Set([
  "uid",
  "resourceVersion",
  "creationTimestamp",
  "deletionTimestamp",
  "lastTransitionTime",
  "continue",
]);

/** The answer without what differs from server to server. */
export function comparable({ status, body }: { status: number | undefined; body: unknown }, step: Step): unknown {
  if (step.codeOnly) return { status };
  const text = JSON.stringify(body, (key, value) => {
    if (key === "managedFields") return step.owners || step.ownersOnly ? value.map(owner).sort() : undefined;
    // Those of a conflict come in any order.
    if (key === "causes") return [...value].sort((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1));
    if (key === "storageVersionHash" || value === null) return undefined;
    if (unlike.has(key)) return `<${key}>`;
    if (key === "message" && typeof value === "string") {
      return step.wording === "own" ? "<message>" : value.replace(/current: \d+|record \([^)]+\)/g, "<state>");
    }
    return value;
  });
  const known = JSON.parse(text);
  if (step.ownersOnly && known.metadata?.uid !== undefined) return { status, owners: known.metadata.managedFields };
  return { status, body: known };
}

/** An entry of managedFields as text; that of the same second and of another are the same. */
function owner(entry: { time?: string }): string {
  return JSON.stringify(ordered({ ...entry, ...(entry.time !== undefined && { time: "<time>" }) }));
}

function ordered(set: object): object {
  const entries = Object.entries(set).sort(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(entries.map(([key, value]) => [key, typeof value === "object" ? ordered(value) : value]));
}
