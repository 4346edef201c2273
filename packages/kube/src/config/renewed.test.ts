import { describe, expect, it } from "vitest";
import { clock } from "./folder.test.helper.ts";
import { type Loaded, Renewed } from "./renewed.ts";

/** A source whose loads are ended by the test. */
function controlled(graceMs = 0) {
  const time = clock();
  const loads: { signal: AbortSignal; done: (loaded: Loaded<string>) => void; fail: (error: Error) => void }[] = [];
  const load = (signal: AbortSignal) =>
    new Promise<Loaded<string>>((done, fail) => {
      loads.push({ signal, done, fail });
    });
  const source = new Renewed({ load, now: time.now, graceMs });
  const finish = async (value: string, seconds: number) => {
    const waiting = source.get();
    loads.at(-1)!.done({ value, renewAt: time.now() + seconds * 1000 });
    return waiting;
  };
  return { source, loads, time, finish };
}

describe("Renewed", () => {
  it("gives the same promise while the value is fresh", async () => {
    const { source, loads, time, finish } = controlled();
    expect(await finish("a", 60)).toBe("a");
    time.advance(59.999);
    expect(source.get()).toBe(source.get());
    expect(loads).toHaveLength(1);
  });

  it("loads again when the value is due", async () => {
    const { loads, time, finish } = controlled();
    await finish("a", 60);
    time.advance(60);
    expect(await finish("b", 60)).toBe("b");
    expect(loads).toHaveLength(2);
  });

  it("lets all who wait share one load", async () => {
    const { source, loads } = controlled();
    const waiting = [source.get(), source.get(), source.get()];
    expect(loads).toHaveLength(1);
    loads[0]!.done({ value: "a", renewAt: Number.POSITIVE_INFINITY });
    expect(await Promise.all(waiting)).toEqual(["a", "a", "a"]);
  });

  it("ends one caller's wait with that caller's signal, and the load with the last", async () => {
    const { source, loads } = controlled();
    const [first, second] = [new AbortController(), new AbortController()];
    const waiting = [source.get(first.signal), source.get(second.signal)];
    first.abort(new Error("first left"));
    await expect(waiting[0]).rejects.toThrow("first left");
    expect(loads[0]!.signal.aborted).toBe(false);
    second.abort(new Error("second left"));
    await expect(waiting[1]).rejects.toThrow("second left");
    expect(loads[0]!.signal.aborted).toBe(true);

    const third = source.get();
    expect(loads).toHaveLength(2);
    loads[1]!.done({ value: "b", renewAt: Number.POSITIVE_INFINITY });
    expect(await third).toBe("b");
  });

  it("tells a failure to all who wait, and tries again at the next request", async () => {
    const { source, loads, finish } = controlled();
    const waiting = [source.get(), source.get()];
    loads[0]!.fail(new Error("no"));
    for (const result of await Promise.allSettled(waiting)) expect(result).toMatchObject({ reason: { message: "no" } });
    expect(await finish("a", 60)).toBe("a");
  });

  it("forgets a refused value, unless it is so young that it was renewed just now", async () => {
    const { source, time, finish } = controlled(5_000);
    await finish("a", 3600);
    time.advance(4.999);
    expect(source.forget()).toBe(true);
    expect(await source.get()).toBe("a");
    time.advance(0.001);
    expect(source.forget()).toBe(true);
    expect(await finish("b", 3600)).toBe("b");
  });

  it("does not start a second load where one is under way when the value is refused", async () => {
    const { source, loads } = controlled();
    const waiting = source.get();
    expect(source.forget()).toBe(true);
    const later = source.get();
    expect(loads).toHaveLength(1);
    loads[0]!.done({ value: "a", renewAt: Number.POSITIVE_INFINITY });
    expect(await Promise.all([waiting, later])).toEqual(["a", "a"]);
  });

  it("does not load for a caller who has left already", async () => {
    const { source, loads } = controlled();
    await expect(source.get(AbortSignal.abort(new Error("left")))).rejects.toThrow("left");
    expect(loads).toHaveLength(0);
  });
});
