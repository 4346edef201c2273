import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { WatchEvent } from "../resource/object.ts";
import { DecodeError } from "./errors.ts";
import { decodeEvents, EventDecoder } from "./frames.ts";

type Event = WatchEvent<{ name: string }>;
const added = (name: string): Event => ({ type: "ADDED", object: { name } });
const lines = (events: Event[]) => Buffer.from(events.map((event) => `${JSON.stringify(event)}\n`).join(""));

async function read(chunks: Uint8Array[], longestLine?: number): Promise<{ batches: Event[][]; error?: unknown }> {
  const batches: Event[][] = [];
  async function* body() {
    yield* chunks;
  }
  try {
    for await (const batch of decodeEvents<{ name: string }>(body(), longestLine)) batches.push(batch);
  } catch (error) {
    return { batches, error };
  }
  return { batches };
}

function cut(bytes: Uint8Array, cuts: number[]): Uint8Array[] {
  const ends = [...cuts.map((n) => n % (bytes.length + 1)), bytes.length].sort((a, b) => a - b);
  return ends.map((end, i) => bytes.subarray(ends[i - 1] ?? 0, end));
}

test("any chunking gives the same events", async () => {
  const event = fc.record({
    type: fc.constantFrom("ADDED" as const, "MODIFIED" as const, "DELETED" as const),
    object: fc.record({ name: fc.string({ unit: "binary" }) }),
  });
  await fc.assert(
    fc.asyncProperty(fc.array(event), fc.array(fc.nat()), async (events, cuts) => {
      const { batches, error } = await read(cut(lines(events), cuts));
      expect(error).toBeUndefined();
      expect(batches.flat()).toEqual(events);
    }),
  );
});

test("events that came together are yielded together, in order", async () => {
  const { batches } = await read([lines([added("a"), added("b")]), lines([added("c")])]);
  expect(batches).toEqual([[added("a"), added("b")], [added("c")]]);
});

test("a character that two chunks share is not broken", async () => {
  const bytes = lines([added("ü€😀")]);
  const { batches } = await read([...bytes].map((byte) => Uint8Array.of(byte)));
  expect(batches).toEqual([[added("ü€😀")]]);
});

test("an empty line is no event", async () => {
  const { batches, error } = await read([Buffer.from("\n\n"), lines([added("a")])]);
  expect({ batches, error }).toEqual({ batches: [[added("a")]], error: undefined });
});

describe("faults", () => {
  test("what came before a line that is not JSON is still delivered", async () => {
    const { batches, error } = await read([
      Buffer.concat([lines([added("a")]), Buffer.from("{no\n"), lines([added("b")])]),
    ]);
    expect(batches).toEqual([[added("a")]]);
    expect(error).toBeInstanceOf(DecodeError);
    expect(error).toHaveProperty("message", "event 2 of the watch, 3 characters, is not JSON");
  });

  test("the message keeps the content to itself", async () => {
    const { error } = await read([Buffer.from('{"type":"ADDED","object":{"data":"c2VjcmV0"}\n')]);
    expect(String(error)).not.toContain("c2Vj");
    expect((error as Error).cause).toBeUndefined();
  });

  test.each(["3", "null", "[]", '{"type":"NEW","object":{}}', '{"type":"ADDED"}', '{"type":"ADDED","object":null}'])(
    "%s is JSON but no event",
    async (line) => {
      const { batches, error } = await read([Buffer.from(`${line}\n`)]);
      expect(batches).toEqual([]);
      expect(error).toBeInstanceOf(DecodeError);
    },
  );

  test("an end within an event", async () => {
    const { batches, error } = await read([lines([added("a")]), Buffer.from('{"type"')]);
    expect(batches).toEqual([[added("a")]]);
    expect(error).toHaveProperty("message", "the watch ended 7 bytes into event 2");
  });

  test("a line that does not end is given up at the limit, not collected", () => {
    const decoder = new EventDecoder(100);
    const events: Event[] = [];
    decoder.push(Buffer.alloc(60, "x"), events as never);
    expect(() => decoder.push(Buffer.alloc(60, "x"), events as never)).toThrow("longer than 100 bytes");
    expect(() => new EventDecoder(100).push(Buffer.from(`${"x".repeat(101)}\n`), [])).toThrow(DecodeError);
  });
});
