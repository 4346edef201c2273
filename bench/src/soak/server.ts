import { setTimeout as sleep } from "node:timers/promises";
import { type ApiServer, ObjectStore, startApiServer } from "@kubecast/apiserver";
import { type FaultProxy, startProxy } from "@kubecast/testbed";
import type { ApiAddress } from "../api.ts";
import { answerQuestions, now } from "../child.ts";
import { Churn } from "./churn.ts";
import type { Counts } from "./counts.ts";
import { Faults } from "./faults.ts";
import { Random } from "./random.ts";
import { Refusals } from "./refusals.ts";

export interface StartQuestion {
  readonly type: "start";
  readonly seed: number;
  /** Of the clients' clock. */
  readonly speed: number;
  /** Events a second. */
  readonly rate: number;
  /** Events between two faults, on the average. */
  readonly every: number;
  readonly clients: number;
}
export interface Started {
  /** Without a proxy. */
  readonly api: ApiAddress;
  /** One for each client, whose proxy is its own. */
  readonly kubeconfigs: string[];
}

/** Have so many events happen, and everything break meanwhile; and then nothing any more. */
export interface WriteQuestion {
  readonly type: "write";
  readonly events: number;
}
export interface Written {
  /** In all. */
  readonly events: number;
  /** Since the start. */
  readonly faults: Counts;
}

/** The most events that happen in one turn of the event loop, many of which then share a packet. */
const BURST = 300;

interface Run {
  readonly churn: Churn;
  readonly faults: Faults;
  readonly refusals: Refusals;
  readonly random: Random;
  readonly rate: number;
  written: number;
}

// The API server, the proxies before it, and what happens to both: a process of its own.
let run: Run | undefined;
answerQuestions((question: StartQuestion | WriteQuestion) => {
  if (question.type === "start") return start(question);
  if (run === undefined) throw new Error("nothing was started");
  return write(run, question.events);
});
// Ctrl-C means the whole group of processes; this one ends with the one that started it.
process.on("SIGINT", () => {});

async function start({ seed, speed, rate, every, clients }: StartQuestion): Promise<Started> {
  const random = new Random(seed);
  const store = new ObjectStore();
  const churn = new Churn(store, new Random(random.below(2 ** 32)));
  const refusals = new Refusals(new Random(random.below(2 ** 32)), store, speed);
  const server = await startApiServer({
    store,
    bookmarkInterval: 60_000 / speed,
    intercept: (request, response) => refusals.intercept(request, response),
  });
  const target = { port: server.port };
  const proxies = await Promise.all(Array.from({ length: clients }, () => startProxy({ target })));
  const faults = new Faults(every, new Random(random.below(2 ** 32)), proxies, store, refusals);
  run = { churn, faults, refusals, random, rate, written: 0 };
  return {
    api: { url: server.url, token: server.token },
    kubeconfigs: proxies.map((proxy) => kubeconfigThrough(server, proxy)),
  };
}

function kubeconfigThrough(server: ApiServer, proxy: FaultProxy): string {
  return server.kubeconfig().replace(server.url, proxy.url("http"));
}

async function write(run: Run, events: number): Promise<Written> {
  const { churn, faults, refusals, random, rate } = run;
  const began = now();
  refusals.on = true;
  for (let done = 0; done < events; ) {
    const until = Math.min(events, done + random.between(1, BURST));
    for (; done < until; ) {
      const written = churn.step();
      done += written;
      run.written += written;
      faults.advance(run.written);
    }
    await sleep(Math.max(0, began + (done * 1000) / rate - now()));
  }
  refusals.on = false;
  await faults.heal();
  return { events: run.written, faults: { ...faults.counts, ...refusals.counts } };
}
