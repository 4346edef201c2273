import { type ChildProcess, fork } from "node:child_process";
import { EventEmitter, once } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { Api, Client, type WatchItem, watcher, watchStats } from "@kubecast/kube";
import { Lease } from "@kubecast/kube/coordination/v1";
import type { ConfigMap } from "@kubecast/kube/core/v1";
import { type FaultProxy, type KubeApiserver, startProxy } from "@kubecast/testbed";
import { now } from "../child.ts";
import type { CandidateSettings, Mark, Told } from "./candidate.ts";
import { judge, type LeaseSeen, type MarkSeen, type Stopped, type Verdict } from "./judge.ts";

/** What befalls the leader: `kill` is SIGKILL, `pause` SIGSTOP until another leads, `cut` from the API server until then, `release` SIGTERM. */
export type Fault = "kill" | "pause" | "cut" | "release";

export interface ContestOptions {
  readonly server: KubeApiserver;
  readonly faults: readonly Fault[];
  /** From 0 up to, not including, 1. */
  readonly random: () => number;
  readonly onRound?: (round: number, fault: Fault, milliseconds: number) => void;
}

export interface Contest extends Verdict {
  /** Milliseconds from each fault until the next leader's work began. */
  readonly handOvers: ReadonlyMap<Fault, readonly number[]>;
  readonly marks: number;
  readonly terms: number;
}

export const times = { leaseDuration: 3_000, renewDeadline: 2_000, retryPeriod: 500 };
const LEASE = "contest";
const MARKS = "marks";
/** Milliseconds in which another must lead, whatever has befallen the leader. */
const PATIENCE = 30_000;

/** Has three processes contend for one Lease, and in each round something befall the leader. */
export async function contest({ server, faults, random, onRound }: ContestOptions): Promise<Contest> {
  const client = clientOf(server);
  const observer = new Observer(client);
  const candidates = new Set<Candidate>();
  const stops: Stopped[] = [];
  const handOvers = new Map<Fault, number[]>();
  let started = 0;
  const start = async (): Promise<void> => void candidates.add(await Candidate.start(server, `p${++started}`));
  try {
    await Api.v1ConfigMap(client)
      .within("default")
      .create({ metadata: { name: MARKS } });
    const observing = observer.run();
    await Promise.all([start(), start(), start()]);
    for (const [round, fault] of faults.entries()) {
      const leader = await settled(candidates);
      // Somewhere between two renewals.
      await sleep(500 + 500 * random());
      const successor = nextLeader(candidates, leader);
      const at = now();
      if (fault === "pause") stops.push({ identity: leader.identity, from: at });
      await leader.suffer(fault, random);
      const took = (await successor) - at;
      handOvers.set(fault, [...(handOvers.get(fault) ?? []), took]);
      onRound?.(round + 1, fault, took);
      await leader.recover(fault);
      if (fault === "kill" || fault === "release") {
        candidates.delete(leader);
        await start();
      }
    }
    // What the last one who came back does, it does now.
    await settled(candidates);
    await sleep(times.retryPeriod);
    await observer.end(observing);
  } finally {
    for (const each of candidates) await each.end();
    await client.close();
  }
  const { leases, marks } = observer;
  const verdict = judge(leases, marks, stops);
  return { ...verdict, handOvers, marks: marks.length, terms: new Set(leases.map(({ term }) => term)).size };
}

/** Waits until one leads and all know that; then that one. */
async function settled(candidates: ReadonlySet<Candidate>): Promise<Candidate> {
  const deadline = now() + PATIENCE;
  for (;;) {
    const [leader, ...others] = [...candidates].filter(({ leads }) => leads);
    if (leader && others.length === 0 && [...candidates].every(({ sees }) => sees === leader.identity)) return leader;
    if (now() > deadline) throw new Error("nobody leads whom all know");
    await sleep(20);
  }
}

/** When another began to lead, on the machine's monotonic clock. */
function nextLeader(candidates: ReadonlySet<Candidate>, but: Candidate): Promise<number> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error(`nobody leads after ${but.identity}`)), PATIENCE);
    for (const each of candidates) {
      if (each === but) continue;
      each.events.once("leads", (at: number) => {
        clearTimeout(timer);
        for (const one of candidates) one.events.removeAllListeners("leads");
        resolve(at);
      });
    }
  });
}

class Candidate {
  readonly identity: string;
  readonly events = new EventEmitter();
  leads = false;
  /** Who it knows to lead. */
  sees: string | undefined;
  readonly #process: ChildProcess;
  readonly #proxy: FaultProxy;

  static async start(server: KubeApiserver, identity: string): Promise<Candidate> {
    const proxy = await startProxy({ target: { port: server.port } });
    return new Candidate(server, identity, proxy);
  }

  private constructor(server: KubeApiserver, identity: string, proxy: FaultProxy) {
    this.identity = identity;
    this.#proxy = proxy;
    const module = fileURLToPath(new URL("./candidate.ts", import.meta.url));
    this.#process = fork(module, { execArgv: ["--conditions=@kubecast/source", "--import", "tsx"] });
    this.#process.on("message", (told: Told) => this.#hear(told));
    const { url: directUrl, adminToken: token, ca } = server;
    const url = proxy.url("https");
    const settings: CandidateSettings = { identity, url, directUrl, token, ca, lease: LEASE, marks: MARKS, times };
    this.#process.send(settings);
  }

  #hear(told: Told): void {
    if (told.type === "sees") this.sees = told.leader;
    else {
      this.leads = told.type === "leads";
      this.events.emit(told.type, told.at);
    }
  }

  async suffer(fault: Fault, random: () => number): Promise<void> {
    if (fault === "pause") this.#process.kill("SIGSTOP");
    if (fault === "kill") this.#process.kill("SIGKILL");
    if (fault === "release") this.#process.kill("SIGTERM");
    if (fault !== "cut") return;
    // Either way of a network: it says nothing any more, or that there is nobody.
    if (random() < 0.5) return this.#proxy.pause(true);
    await this.#proxy.refuse(true);
    this.#proxy.cut();
  }

  async recover(fault: Fault): Promise<void> {
    if (fault === "pause") this.#process.kill("SIGCONT");
    if (fault === "cut") {
      this.#proxy.pause(false);
      await this.#proxy.refuse(false);
    }
    if (fault === "kill" || fault === "release") await this.end();
  }

  async end(): Promise<void> {
    this.#process.kill("SIGCONT");
    if (this.#process.exitCode === null && this.#process.signalCode === null) {
      const exit = once(this.#process, "exit");
      this.#process.kill("SIGKILL");
      await exit;
    }
    await this.#proxy.stop();
  }
}

/** Reads along what the API server says of the Lease and the marks, each state in its order. */
class Observer {
  readonly leases: LeaseSeen[] = [];
  readonly marks: MarkSeen[] = [];
  readonly #client: Client;
  readonly #stats = watchStats();
  readonly #stop = new AbortController();

  constructor(client: Client) {
    this.#client = client;
  }

  async run(): Promise<void> {
    const maps = this.#watch<ConfigMap>(Api.v1ConfigMap(this.#client).raw.resource, MARKS, ({ metadata, data }) => {
      const { identity, term, believed } = (data ?? {}) as Partial<Mark>;
      if (identity === undefined) return;
      const version = BigInt(metadata.resourceVersion ?? 0);
      this.marks.push({ version, identity, term: Number(term), believed: Number(believed) });
    });
    const leases = this.#watch<Lease>(Lease, LEASE, ({ metadata, spec }) => {
      const version = BigInt(metadata.resourceVersion ?? 0);
      this.leases.push({ version, holder: spec?.holderIdentity ?? "", term: spec?.leaseTransitions ?? 0 });
    });
    await Promise.all([maps, leases]);
  }

  async end(running: Promise<void>): Promise<void> {
    this.#stop.abort();
    await running;
    // One that had to list again may have missed a state.
    if (this.#stats.lists !== 2 || this.#stats.errors > 0) throw new Error("the observer was not always there");
  }

  async #watch<K extends ConfigMap | Lease>(
    resource: Api<K>["raw"]["resource"],
    name: string,
    take: (object: K) => void,
  ): Promise<void> {
    const { signal } = this.#stop;
    const fieldSelector = `metadata.name=${name}`;
    const told = { transport: this.#client, resource, namespace: "default", fieldSelector, stats: this.#stats, signal };
    for await (const items of watcher<K>(told)) for (const item of items) if (isObject(item)) take(item.object);
  }
}

function isObject<K extends ConfigMap | Lease>(item: WatchItem<K>): item is Extract<WatchItem<K>, { object: K }> {
  return item.type === "init-apply" || item.type === "apply";
}

function clientOf({ url: server, adminToken, ca }: KubeApiserver): Client {
  return new Client({
    server,
    namespace: "default",
    tls: async () => ({ material: { ca }, version: "1" }),
    headers: async () => ({ authorization: `Bearer ${adminToken}` }),
    refresh: async () => false,
  });
}
