import { Readable } from "node:stream";
import fc from "fast-check";
import { expect, test } from "vitest";
import { lines } from "./lines.ts";

test("lines are the text between line ends, wherever the bytes are cut", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.string({ unit: "binary", maxLength: 8 }), { maxLength: 8 }),
      fc.array(fc.nat(20)),
      async (texts, sizes) => {
        const text = texts.join("\n");
        const bytes = Buffer.from(text);
        const chunks: Buffer[] = [];
        let at = 0;
        for (const size of sizes) {
          if (size > 0 && at < bytes.length) chunks.push(bytes.subarray(at, at + size));
          at += size;
        }
        if (at < bytes.length) chunks.push(bytes.subarray(at));
        const expected = text.split("\n");
        if (expected.at(-1) === "") expected.pop();
        expect(await collect(lines(Readable.from(chunks)))).toEqual(expected);
      },
    ),
  );
});

async function collect(all: AsyncIterable<string>): Promise<string[]> {
  const seen: string[] = [];
  for await (const each of all) seen.push(each);
  return seen;
}
