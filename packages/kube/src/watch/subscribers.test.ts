import { getEventListeners } from "node:events";
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { KubeObject } from "../resource/object.ts";
import { pod, settled } from "./fakes.test.helper.ts";
import type { WatchItem } from "./item.ts";
import { type Change, Store } from "./store.ts";
import { type SubscribeOptions, Subscribers } from "./subscribers.ts";

type Item = WatchItem<KubeObject>;
const apply = (object: KubeObject): Item => ({ type: "apply", object });
const remove = (object: KubeObject): Item => ({ type: "delete", object });
const listed = (...objects: KubeObject[]): Item[] => [
  { type: "init" },
  ...objects.map((object): Item => ({ type: "init-apply", object })),
  { type: "init-done", resourceVersion: "9" },
];
const [a1, a2, a3] = [pod("a", "1"), pod("a", "2"), pod("a", "3")];
const b1 = pod("b", "1");

/** A store that is subscribed to, as a reflector has it. */
class Source {
  readonly store = new Store<KubeObject>();
  readonly subscribers = new Subscribers(this.store);
  /** All changes that the store has made. */
  readonly made: Change<KubeObject>[] = [];

  apply(...items: Item[]): void {
    const { synced } = this.store;
    const changes = this.store.applyItems(items);
    this.made.push(...changes);
    this.subscribers.tell(changes);
    changes.length = 0; // whoever runs a reflector is given them, too
    if (!synced && this.store.synced) this.subscribers.tellSynced();
  }
}

let source: Source;
let stop: AbortController;
beforeEach(() => {
  source = new Source();
  stop = new AbortController();
});
afterEach(() => stop.abort());

function subscribe(options: SubscribeOptions = {}) {
  return source.subscribers.subscribe({ signal: stop.signal, ...options });
}
/** The next batch, which must be there. */
async function next(changes: AsyncGenerator<Change<KubeObject>[]>) {
  return (await changes.next()).value as Change<KubeObject>[];
}

describe.each(["coalesce", "wait"] as const)("%s:", (whenSlow) => {
  test("begins with the state, once that is known, and goes on with the changes", async () => {
    const early = subscribe({ whenSlow });
    const first = early.next();
    source.apply(...listed(a1));
    expect((await first).value).toEqual([{ type: "added", object: a1 }]);
    const late = subscribe({ whenSlow });
    source.apply(apply(b1));
    expect(await next(late)).toEqual([
      { type: "added", object: a1 },
      { type: "added", object: b1 },
    ]);
    source.apply(apply(a2), remove(pod("b", "2")));
    const changes = [
      { type: "modified", object: a2, old: a1 },
      { type: "deleted", object: pod("b", "2"), old: b1 },
    ];
    expect(await next(late)).toEqual(changes);
    if (whenSlow === "wait") expect(await next(early)).toEqual([{ type: "added", object: b1 }, ...changes]);
    else expect(await next(early)).toEqual(changes.slice(0, 1)); // b came and went
  });

  test("has batches of its own", async () => {
    source.apply(...listed(a1));
    const [one, other] = [subscribe({ whenSlow }), subscribe({ whenSlow })];
    for (const each of [one, other]) (await next(each)).length = 0;
    source.apply(apply(a2));
    (await next(one)).length = 0;
    expect(await next(other)).toEqual([{ type: "modified", object: a2, old: a1 }]);
  });

  test("begins with an empty batch where there is nothing", async () => {
    source.apply(...listed());
    expect(await next(subscribe({ whenSlow }))).toEqual([]);
  });

  test("ends with its signal while it waits, and is forgotten, as one is that leaves its loop or throws in it", async () => {
    const idle = subscribe({ whenSlow }).next();
    source.apply(...listed());
    await idle;
    const ending = subscribe({ whenSlow });
    await next(ending);
    const end = ending.next();
    const leaving = async () => {
      for await (const _ of subscribe({ whenSlow })) throw new Error("no room");
    };
    await expect(leaving()).rejects.toThrow("no room");
    expect(source.subscribers.size).toBe(2);
    stop.abort();
    expect(await end).toEqual({ done: true, value: undefined });
    expect(source.subscribers.size).toBe(0);
    expect(getEventListeners(stop.signal, "abort")).toEqual([]);
    expect(await subscribe({ whenSlow }).next()).toEqual({ done: true, value: undefined });
  });

  test("ends before the state is known", async () => {
    const end = subscribe({ whenSlow }).next();
    stop.abort();
    expect(await end).toEqual({ done: true, value: undefined });
    expect(getEventListeners(stop.signal, "abort")).toEqual([]);
  });
});

describe("one that coalesces", () => {
  test("is told one change of what happened meanwhile", async () => {
    source.apply(...listed(a1));
    const slow = subscribe();
    await next(slow);
    source.apply(apply(a2), apply(b1));
    source.apply(apply(a3), apply(pod("c", "4")), remove(pod("c", "5")));
    expect(await next(slow)).toEqual([
      { type: "modified", object: a3, old: a1 },
      { type: "added", object: b1 },
    ]);
    source.apply(apply(pod("a", "6")));
    source.apply(remove(pod("a", "7")));
    expect(await next(slow)).toEqual([{ type: "deleted", object: pod("a", "7"), old: a3 }]);
  });

  test("is told of the end of the one that it knew, and of the last that took its name", async () => {
    source.apply(...listed(a1));
    const slow = subscribe();
    await next(slow);
    const [second, third] = [pod("a", "4", "uid-2"), pod("a", "6", "uid-3")];
    for (const item of [remove(a2), apply(second), remove(pod("a", "5", "uid-2")), apply(third)]) source.apply(item);
    expect(await next(slow)).toEqual([
      { type: "deleted", object: a2, old: a1 },
      { type: "added", object: third },
    ]);
  });

  test("is told what came at once as it came, if it takes that before more comes", async () => {
    source.apply(...listed(a1));
    const quick = subscribe();
    await next(quick);
    source.apply(apply(a2), apply(a3));
    expect(await next(quick)).toEqual([
      { type: "modified", object: a2, old: a1 },
      { type: "modified", object: a3, old: a2 },
    ]);
  });

  test("has no more waiting than there are objects, whatever comes and goes", async () => {
    source.apply(...listed(a1));
    const slow = subscribe();
    await next(slow);
    for (let version = 10; version < 1000; version++) {
      source.apply(
        apply(pod("a", `${version}`)),
        apply(pod(`pod-${version}`, "1")),
        remove(pod(`pod-${version}`, "2")),
      );
    }
    expect(await next(slow)).toEqual([{ type: "modified", object: pod("a", "999"), old: a1 }]);
    expect(source.subscribers.full).toBe(false);
  });
});

describe("one that waits", () => {
  test("makes the source wait while it has more than its buffer before it", async () => {
    source.apply(...listed(a1));
    const slow = subscribe({ whenSlow: "wait", buffer: 2 });
    await next(slow);
    source.apply(apply(a2), apply(b1));
    expect(source.subscribers.full).toBe(false);
    source.apply(apply(a3));
    expect(source.subscribers.full).toBe(true);
    let room = false;
    const waiting = source.subscribers.room(stop.signal).then(() => {
      room = true;
    });
    await settled();
    expect(room).toBe(false);
    expect(await next(slow)).toHaveLength(3);
    await waiting;
  });

  test.each(["leaves", "is aborted"])("holds nobody up once it %s", async (how) => {
    source.apply(...listed(a1));
    const gone = new AbortController();
    const slow = subscribe({ whenSlow: "wait", buffer: 0, signal: gone.signal });
    await next(slow);
    source.apply(apply(a2));
    const waiting = source.subscribers.room(stop.signal);
    if (how === "leaves") await slow.return();
    else gone.abort();
    await waiting;
    expect(source.subscribers.full).toBe(false);
  });

  test("cannot hold up the end of the source", async () => {
    source.apply(...listed(a1));
    await next(subscribe({ whenSlow: "wait", buffer: 0, signal: new AbortController().signal }));
    source.apply(apply(a2));
    const waiting = source.subscribers.room(stop.signal);
    stop.abort();
    await waiting;
  });

  test("for no number of changes is an error", async () => {
    source.apply(...listed());
    await expect(subscribe({ whenSlow: "wait", buffer: Number.NaN }).next()).rejects.toThrow("a buffer of NaN changes");
  });
});

/** What a subscriber makes of what it is told; fails where a change does not follow from those before it. */
class View {
  readonly objects = new Map<string | undefined, KubeObject>();
  /** All but what it began with. */
  readonly told: Change<KubeObject>[] = [];
  readonly stop = new AbortController();
  /** What it was told that cannot be. */
  fault: unknown;
  readonly whenSlow: "coalesce" | "wait";
  readonly #changes: AsyncGenerator<Change<KubeObject>[]>;
  #asking = false;
  /** How many changes had been made when it began; undefined until then. */
  #began: number | undefined;

  constructor(source: Source, whenSlow: "coalesce" | "wait") {
    this.whenSlow = whenSlow;
    this.#changes = source.subscribers.subscribe({ signal: this.stop.signal, whenSlow });
  }

  /** Takes a batch once there is one. */
  ask(source: Source): void {
    if (this.#asking) return;
    this.#asking = true;
    void this.#changes.next().then(({ value: batch, done }) => {
      this.#asking = false;
      try {
        if (!done) this.#take(batch, source);
      } catch (error) {
        this.fault = error;
      }
    });
  }

  #take(batch: Change<KubeObject>[], { store, made }: Source): void {
    for (const change of batch) this.#follow(change);
    if (this.whenSlow === "wait") {
      if (this.#began === undefined) this.#began = made.length;
      else this.told.push(...batch);
      expect(this.told).toEqual(made.slice(this.#began, this.#began + this.told.length));
      return;
    }
    expect(byName(this.objects.values())).toEqual(byName(store));
  }

  #follow(change: Change<KubeObject>): void {
    const { name, uid } = change.object.metadata;
    const known = this.objects.get(name);
    if (change.type === "added") {
      expect(known).toBeUndefined();
    } else {
      expect(change.old).toBe(known);
      expect(change.old.metadata.uid).toBe(uid);
    }
    if (change.type === "deleted") this.objects.delete(name);
    else this.objects.set(name, change.object);
  }
}

function byName(objects: Iterable<KubeObject>): KubeObject[] {
  return [...objects].sort((a, b) => String(a.metadata.name).localeCompare(String(b.metadata.name)));
}

test("whatever changes, and however slowly each takes it, what a subscriber is told follows from what it was told, and adds up to the store", async () => {
  const object = fc
    .record({ name: fc.constantFrom("a", "b", "c"), version: fc.nat(9), uid: fc.constantFrom("1", "2") })
    .map(({ name, version, uid }) => pod(name, `${version}`, uid));
  const items = fc.oneof(
    object.map((each) => [apply(each)]),
    object.map((each) => [remove(each)]),
    fc.array(fc.oneof(object.map(apply), object.map(remove))),
    fc.uniqueArray(object, { selector: (each) => each.metadata.name }).map((objects) => listed(...objects)),
  );
  const step = fc.record({
    items: fc.option(items, { nil: undefined }),
    /** Which of the subscribers ask for more, begin and leave. */
    asking: fc.array(fc.nat(3), { maxLength: 4 }),
    begins: fc.option(fc.constantFrom("coalesce" as const, "wait" as const), { nil: undefined }),
    leaves: fc.option(fc.nat(30), { nil: undefined }),
  });
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 40 }), async (steps) => {
      const source = new Source();
      const views = [new View(source, "coalesce"), new View(source, "wait")];
      for (const { items, asking, begins, leaves } of [
        ...steps,
        { items: listed(a1, b1), asking: [] },
      ] as typeof steps) {
        if (items !== undefined) source.apply(...items);
        if (begins !== undefined && views.length < 4) views.push(new View(source, begins));
        for (const index of asking) views[index]?.ask(source);
        for (const view of leaves === undefined ? [] : views.splice(leaves, 1)) {
          if (view.fault !== undefined) throw view.fault;
          view.stop.abort();
        }
        for (let turn = 0; turn < 10; turn++) await undefined;
      }
      for (let round = 0; round < 3; round++) {
        for (const view of views) view.ask(source);
        await settled();
      }
      for (const view of views) {
        if (view.fault !== undefined) throw view.fault;
        expect(byName(view.objects.values())).toEqual(byName(source.store));
        view.stop.abort();
      }
      await settled();
      expect(source.subscribers.size).toBe(0);
    }),
    { numRuns: 200 },
  );
});
