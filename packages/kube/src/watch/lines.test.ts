import fc from "fast-check";
import { expect, test } from "vitest";
import { DecodeError } from "../client/errors.ts";
import { EventLines } from "./lines.ts";

test("gives out the same events however the bytes are cut into chunks", () => {
  const event = fc.record({
    type: fc.constantFrom("ADDED", "MODIFIED"),
    object: fc.dictionary(fc.string(), fc.string({ unit: "binary" })),
  });
  fc.assert(
    fc.property(fc.array(event), fc.infiniteStream(fc.integer({ min: 1, max: 40 })), (events, sizes) => {
      const bytes = Buffer.from(events.map((each) => `${JSON.stringify(each)}\n`).join(""));
      const lines = new EventLines();
      const seen: unknown[] = [];
      for (let start = 0; start < bytes.length; ) {
        const size = sizes.next().value as number;
        seen.push(...lines.push(bytes.subarray(start, start + size)));
        start += size;
      }
      expect(seen).toEqual(JSON.parse(JSON.stringify(events)));
      expect(lines.isEmpty).toBe(true);
    }),
  );
});

test("knows of a line that has only begun", () => {
  const lines = new EventLines();
  expect(lines.push(Buffer.from('{"type":'))).toEqual([]);
  expect(lines.isEmpty).toBe(false);
});

test("gives out the events before a line that is not JSON, and breaks there without quoting it", () => {
  const lines = new EventLines();
  expect(lines.broken).toBeUndefined();
  expect(lines.push(Buffer.from('{"type":"ADDED"}\n{"password": hunter2}\n{"type":"ADDED"}\n'))).toHaveLength(1);
  expect(lines.broken).toEqual(new DecodeError("a line of 21 characters in the watch is not JSON"));
});
