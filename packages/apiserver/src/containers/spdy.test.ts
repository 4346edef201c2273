import { createHash } from "node:crypto";
import { constants, createDeflate } from "node:zlib";
import fc from "fast-check";
import { expect, test } from "vitest";
import { dictionary, SpdyDecoder, SpdyEncoder, type SpdyFrame } from "./spdy.ts";

test("the dictionary is that of the specification", () => {
  expect(dictionary.length).toBe(1423);
  expect(createHash("sha256").update(dictionary).digest("hex")).toBe(
    "51d27341373f923f3cd88e1eb7162aeaa3723d7585ff2399201dc06498407f02",
  );
});

test("data frames come out as they went in, wherever the bytes are cut", async () => {
  const frame = fc.record({
    stream: fc.integer({ min: 1, max: 2 ** 31 - 1 }),
    data: fc.uint8Array().map((bytes) => Buffer.from(bytes)),
    fin: fc.boolean(),
  });
  await fc.assert(
    fc.asyncProperty(fc.array(frame), fc.integer({ min: 1, max: 40 }), async (frames, size) => {
      const encoder = new SpdyEncoder();
      const bytes = Buffer.concat(frames.flatMap(({ stream, data, fin }) => [...encoder.data(stream, data, fin)]));
      expect(await decoded(bytes, size)).toEqual(frames.map((each) => ({ type: "data", ...each })));
    }),
  );
});

test("what is longer than a frame may be goes in several, of which the last ends the stream", async () => {
  const data = Buffer.alloc(17 * 2 ** 20 + 1, "x");
  const frames = await decoded(Buffer.concat([...new SpdyEncoder().data(1, data, true)]), 2 ** 20);
  expect(Buffer.concat(frames.map((each) => (each.type === "data" ? each.data : Buffer.alloc(0)))).equals(data)).toBe(
    true,
  );
  expect(frames.map((each) => each.type === "data" && each.fin)).toEqual([...Array(17).fill(false), true]);
});

test("a stream's headers, of which the second uses the words of the first", async () => {
  const deflate = createDeflate({ dictionary, flush: constants.Z_SYNC_FLUSH });
  const frames: Buffer[] = [];
  for (const [stream, type] of [
    [1, "error"],
    [3, "data"],
  ] as const) {
    const texts = ["streamtype", type, "port", "8080"].map((text) => Buffer.from(text));
    const parts = texts.flatMap((text) => [Buffer.of(0, 0, 0, text.length), text]);
    await new Promise((resolve) => deflate.write(Buffer.concat([Buffer.of(0, 0, 0, 2), ...parts]), resolve));
    const body = Buffer.concat([Buffer.of(0, 0, 0, stream, 0, 0, 0, 0, 0, 0), deflate.read() as Buffer]);
    frames.push(Buffer.concat([Buffer.of(0x80, 3, 0, 1, 0, 0, 0, body.length), body]));
  }
  const headers = (type: string) => new Map(Object.entries({ streamtype: type, port: "8080" }));
  expect(await decoded(Buffer.concat(frames), 7)).toEqual([
    { type: "syn-stream", stream: 1, headers: headers("error"), fin: false },
    { type: "syn-stream", stream: 3, headers: headers("data"), fin: false },
  ]);
});

async function decoded(bytes: Buffer, size: number): Promise<SpdyFrame[]> {
  const decoder = new SpdyDecoder();
  const frames: SpdyFrame[] = [];
  for (let at = 0; at < bytes.length; at += size) {
    for await (const frame of decoder.decode(bytes.subarray(at, at + size))) frames.push(frame);
  }
  return frames;
}
