import { pipeline, type Readable } from "node:stream";
import { createGunzip } from "node:zlib";
import { DecodeError } from "./errors.ts";
import type { StreamedResponse } from "./transport.ts";

/** The same answer with its body unpacked, if it was packed, and without the headers that speak of the packed one. */
export function unpacked(response: StreamedResponse): StreamedResponse {
  const { "content-encoding": encoding, "content-length": _, ...headers } = response.headers;
  if (encoding === undefined || encoding === "identity") return response;
  if (encoding !== "gzip") {
    response.body.destroy();
    throw new DecodeError(`the answer is encoded as ${String(encoding)}, which was not asked for`);
  }
  // Destroying either end destroys the other; the error stays with the reader.
  const body = pipeline(response.body, createGunzip(), () => {});
  return { ...response, headers, body };
}

/** Reads a body whole as UTF-8. At `limit` bytes it stops and drops the rest. */
export function readText(body: Readable, limit = Number.POSITIVE_INFINITY): Promise<string> {
  return new Promise((resolve, reject) => {
    const chunks: Uint8Array[] = [];
    let length = 0;
    const finish = () => {
      try {
        resolve(Buffer.concat(chunks, Math.min(length, limit)).toString("utf8"));
      } catch {
        reject(new DecodeError(`the answer is too large for one string (${length} bytes); ask for pages with a limit`));
      }
    };
    body.on("data", (chunk: Uint8Array) => {
      chunks.push(chunk);
      length += chunk.length;
      if (length < limit) return;
      body.destroy();
      finish();
    });
    body.once("end", finish);
    body.once("error", (error) => {
      const packed = (error as NodeJS.ErrnoException).code?.startsWith("Z_");
      reject(packed ? new DecodeError("the answer is not valid gzip") : error);
    });
  });
}
