import fc from "fast-check";
import { expect, test } from "vitest";
import type { KubeObject } from "../resource/object.ts";
import { sleep } from "./clock.ts";
import { FakeClock, pods } from "./fakes.test.helper.ts";
import { type Expiry, ModelServer, type StreamingLists } from "./model.test.helper.ts";
import { Reflector } from "./reflector.ts";
import type { Change } from "./store.ts";

type Action = (server: ModelServer) => void;

/** An action that is shown by its own words when a run fails. */
function action(words: string, act: Action): Action {
  return Object.assign(act, { [fc.toStringMethod]: () => words });
}

const name = fc.constantFrom("a", "b", "c", "d", "e");
const life = fc.oneof(
  name.map((which) => action(`put ${which}`, (server) => server.put(which))),
  name.map((which) => action(`delete ${which}`, (server) => server.delete(which))),
  name.map((which) => action(`replace ${which}`, (server) => server.replace(which))),
  fc.constant(action("bookmark", (server) => server.bookmark())),
);
/** After these a watch can go on where it was. */
const trouble = fc.oneof(
  fc.constant(action("end long watches", (server) => server.endLongWatches())),
  fc.constant(action("cut watches", (server) => server.cutWatches())),
  fc.constant(action("end watches within a line", (server) => server.endWatchesMidLine())),
  fc.constant(action("forget watches", (server) => server.forgetWatches())),
  fc
    .tuple(
      fc.constantFrom("refused" as const, "500" as const, "403" as const, "429" as const),
      fc.integer({ min: 1, max: 4 }),
    )
    .map(([kind, times]) => action(`fail ${times} times with ${kind}`, (server) => server.fail(kind, times))),
);
/** After these it may have to list. */
const loss = fc.oneof(
  fc.constant(action("end watches", (server) => server.endWatches())),
  fc.constant(action("compact", (server) => server.compact())),
  name.map((which) => action(`outrun watches with ${which}`, (server) => server.outrun(which))),
  fc.constant(action("410 as an event", (server) => server.expireWatches())),
  fc.constant(action("500 as an event", (server) => server.breakWatches())),
  fc.constant(action("garbage", (server) => server.garbage())),
  fc
    .integer({ min: 1, max: 5 })
    .map((times) => action(`end ${times} watches at once`, (server) => server.endAtOnce(times))),
);
const step = (actions: fc.Arbitrary<Action>) => fc.tuple(actions, fc.constantFrom(0, 10, 50, 60, 1000, 25_000));
const setting = {
  streamingLists: fc.constantFrom<StreamingLists>("supported", "refused", "ignored"),
  expiry: fc.constantFrom<Expiry>("status", "event", "bare close"),
};

interface Run {
  streamingLists: StreamingLists;
  expiry: Expiry;
  /** Each with the milliseconds that pass after it. */
  steps: [Action, number][];
}

/** Lets the steps happen to a server that is watched, and checks every change that is told. */
async function run({ streamingLists, expiry, steps }: Run, ask: boolean) {
  const clock = new FakeClock();
  const server = new ModelServer(clock, streamingLists, expiry);
  for (const each of ["a", "b", "c"]) server.put(each);
  const stop = new AbortController();
  const reflector = Reflector.new<KubeObject>(
    { transport: server, resource: pods },
    { clock, random: () => 0.5, timeoutSeconds: 20, pageSize: 2, streamingLists: ask },
  );
  const told = new Map<string, KubeObject>();
  const running = reflector.run(stop.signal, (batch) => {
    if (batch.type === "changes") for (const change of batch.changes) follow(told, change, server);
  });
  const subscribers = (["coalesce", "wait"] as const).map(async (whenSlow) => {
    const view = new Map<string, KubeObject>();
    for await (const changes of reflector.subscribe({ signal: stop.signal, whenSlow, buffer: 1 })) {
      for (const change of changes) follow(view, change, server);
      // A batch in ten seconds, while the server goes on.
      await sleep(clock, 10_000, stop.signal);
    }
    return view;
  });
  await clock.advance(ask ? 0 : 1000);
  for (const [act, milliseconds] of steps) {
    act(server);
    await clock.advance(milliseconds);
  }
  server.heal();
  await clock.advance(180_000);
  stop.abort();
  await running;
  const views = [told, ...(await Promise.all(subscribers))];
  expect(clock.pending, "timers left behind").toBe(0);
  return { reflector, server, views };
}

/** Fails where a change does not follow from those before it, or says that a living object is gone. */
function follow(told: Map<string, KubeObject>, change: Change<KubeObject>, server: ModelServer): void {
  const { name = "", uid = "" } = change.object.metadata;
  if (change.type === "added") expect(told.has(name)).toBe(false);
  else expect(change.old).toEqual(told.get(name));
  if (change.type === "deleted") {
    expect(server.gone).toContain(uid);
    told.delete(name);
  } else {
    told.set(name, change.object);
  }
}

function sorted(objects: Iterable<KubeObject>): KubeObject[] {
  return [...objects].sort((a, b) => String(a.metadata.name).localeCompare(String(b.metadata.name)));
}

test("whatever the server does, once it is quiet the store is what the server has, and no living object was told to be gone", {
  timeout: 120_000,
}, async () => {
  const runs = fc.record({ ...setting, steps: fc.array(step(fc.oneof(life, life, trouble, loss)), { maxLength: 30 }) });
  await fc.assert(
    fc.asyncProperty(runs, async (given) => {
      const { reflector, server, views } = await run(given, true);
      expect(sorted(reflector.state())).toEqual(sorted(server.objects.values()));
      for (const view of views) expect(sorted(view.values())).toEqual(sorted(server.objects.values()));
    }),
    { numRuns: 300 },
  );
});

test("trouble that a watch can go on after never makes it list again", { timeout: 120_000 }, async () => {
  const runs = fc.record({ ...setting, steps: fc.array(step(fc.oneof(life, trouble)), { maxLength: 30 }) });
  await fc.assert(
    fc.asyncProperty(runs, async (given) => {
      const { reflector, server } = await run(given, false);
      expect(sorted(reflector.state())).toEqual(sorted(server.objects.values()));
      expect(reflector.stats.lists).toBe(1);
    }),
    { numRuns: 100 },
  );
});
