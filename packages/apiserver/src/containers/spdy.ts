import type { Transform } from "node:stream";
import { constants, createDeflate, createInflate } from "node:zlib";

// As much of SPDY/3.1 (draft-mbelshe-httpbis-spdy-00) as Kubernetes speaks: the
// peers take any amount of data, so there is no flow control but that of the connection.

export type SpdyFrame =
  | { type: "syn-stream"; stream: number; headers: Map<string, string>; fin: boolean }
  | { type: "data"; stream: number; data: Buffer; fin: boolean }
  | { type: "reset"; stream: number }
  | { type: "ping"; id: number };

const VERSION = 3;
const SYN_STREAM = 1;
const SYN_REPLY = 2;
const RST_STREAM = 3;
const PING = 6;
const HEADERS = 8;
const FIN = 1;
/** Its length has 24 bits. */
const LONGEST_DATA = 1024 * 1024;

/** The words that a header block may refer to (section 2.6.10.1), each after its length. */
const words =
  `options head post put delete trace accept accept-charset accept-encoding accept-language accept-ranges age
  allow authorization cache-control connection content-base content-encoding content-language content-length
  content-location content-md5 content-range content-type date etag expect expires from host if-match if-modified-since
  if-none-match if-range if-unmodified-since last-modified location max-forwards pragma proxy-authenticate
  proxy-authorization range referer retry-after server te trailer transfer-encoding upgrade user-agent vary via warning
  www-authenticate method get status 200_OK version HTTP/1.1 url public set-cookie keep-alive origin`
    .split(/\s+/)
    .map((word) => word.replace("_", " "));
const tail =
  "100101201202205206300302303304305306307402405406407408409410411412413414415416417502504505" +
  "203 Non-Authoritative Information204 No Content301 Moved Permanently400 Bad Request401 Unauthorized" +
  "403 Forbidden404 Not Found500 Internal Server Error501 Not Implemented503 Service Unavailable" +
  "Jan Feb Mar Apr May Jun Jul Aug Sept Oct Nov Dec 00:00:00 Mon, Tue, Wed, Thu, Fri, Sat, Sun, GMT" +
  "chunked,text/html,image/png,image/jpg,image/gif,application/xml,application/xhtml+xml,text/plain,text/javascript," +
  "publicprivatemax-age=gzip,deflate,sdchcharset=utf-8charset=iso-8859-1,utf-,*,enq=0.";
export const dictionary = Buffer.concat([...words.map(lengthAnd), Buffer.from(tail)]);

/** Makes frames of bytes, however they are cut. */
export class SpdyDecoder {
  readonly #inflate = createInflate({ dictionary });
  #bytes = Buffer.alloc(0);

  /** The frames that are whole now; those that mean nothing here are left out. */
  async *decode(chunk: Buffer): AsyncGenerator<SpdyFrame, void, undefined> {
    this.#bytes = Buffer.concat([this.#bytes, chunk]);
    while (this.#bytes.length >= 8) {
      const end = 8 + this.#bytes.readUIntBE(5, 3);
      if (this.#bytes.length < end) return;
      const frame = this.#bytes.subarray(0, end);
      this.#bytes = this.#bytes.subarray(end);
      const decoded = await this.#frame(frame);
      if (decoded !== undefined) yield decoded;
    }
  }

  async #frame(frame: Buffer): Promise<SpdyFrame | undefined> {
    const first = frame.readUInt32BE(0);
    const fin = (frame.readUInt8(4) & FIN) !== 0;
    const body = frame.subarray(8);
    if (first >>> 31 === 0) return { type: "data", stream: first, data: body, fin };
    const id = body.length < 4 ? 0 : body.readUInt32BE(0) & 0x7fff_ffff;
    switch (first & 0xffff) {
      case SYN_STREAM:
        return { type: "syn-stream", stream: id, headers: await this.#headers(body.subarray(10)), fin };
      case HEADERS:
        // All header blocks are one compressed stream, so none may be skipped.
        await this.#headers(body.subarray(4));
        return undefined;
      case RST_STREAM:
        return { type: "reset", stream: id };
      case PING:
        return { type: "ping", id };
      default:
        return undefined;
    }
  }

  async #headers(block: Buffer): Promise<Map<string, string>> {
    const bytes = await through(this.#inflate, block);
    const headers = new Map<string, string>();
    let at = 4;
    const next = () => {
      const length = bytes.readUInt32BE(at);
      const text = bytes.toString("utf8", at + 4, at + 4 + length);
      at += 4 + length;
      return text;
    };
    for (let left = bytes.readUInt32BE(0); left > 0; left--) headers.set(next().toLowerCase(), next());
    return headers;
  }
}

export class SpdyEncoder {
  readonly #deflate = createDeflate({ dictionary, flush: constants.Z_SYNC_FLUSH });

  /** Accepts a stream. */
  async synReply(stream: number): Promise<Buffer> {
    // No headers.
    const block = await through(this.#deflate, uint32(0));
    return control(SYN_REPLY, Buffer.concat([uint32(stream), block]));
  }

  /** `fin`: the last of the stream. */
  *data(stream: number, data: Buffer, fin = false): Generator<Buffer> {
    let at = 0;
    do {
      const piece = data.subarray(at, at + LONGEST_DATA);
      at += piece.length;
      yield Buffer.concat([uint32(stream), flagsAndLength(fin && at === data.length ? FIN : 0, piece.length), piece]);
    } while (at < data.length);
  }

  ping(id: number): Buffer {
    return control(PING, uint32(id));
  }
}

/** What comes out of a compressor or decompressor for what goes in. */
async function through(transform: Transform, bytes: Buffer): Promise<Buffer> {
  await new Promise<void>((resolve, reject) => {
    transform.once("error", reject);
    transform.write(bytes, () => {
      transform.off("error", reject);
      resolve();
    });
  });
  const chunks: Buffer[] = [];
  for (let chunk = transform.read() as Buffer | null; chunk !== null; chunk = transform.read()) chunks.push(chunk);
  return Buffer.concat(chunks);
}

function control(type: number, body: Buffer): Buffer {
  return Buffer.concat([Buffer.of(0x80, VERSION, 0, type), flagsAndLength(0, body.length), body]);
}

function flagsAndLength(flags: number, length: number): Buffer {
  return uint32(((flags << 24) | length) >>> 0);
}

function lengthAnd(word: string): Buffer {
  return Buffer.concat([uint32(word.length), Buffer.from(word)]);
}

function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}
