import type { Literal } from "./ast.ts";

/** What is wrong with a literal, and at which of its characters. */
export class LiteralError extends Error {
  readonly index: number;

  constructor(message: string, index = 0) {
    super(message);
    this.index = index;
  }
}

const largest = { int: 2n ** 63n - 1n, uint: 2n ** 64n - 1n };

/** @param negative whether a minus sign stands before it. @throws {LiteralError} */
export function parseNumber(text: string, negative: boolean): Literal {
  const unsigned = /u$/i.test(text);
  const digits = unsigned ? text.slice(0, -1) : text;
  const hex = /^0x/i.test(digits);
  if (!hex && /[.eE]/.test(digits)) {
    const value = Number(digits);
    if (unsigned) throw new LiteralError(`${text} is no number: only whole ones end in u`);
    if (!Number.isFinite(value)) throw new LiteralError(`${text} is too large for a double`);
    return { type: "double", value: negative ? -value : value };
  }
  const value = BigInt(digits);
  if (unsigned) {
    if (negative) throw new LiteralError(`a uint cannot be negative`);
    if (value > largest.uint) throw new LiteralError(`${text} does not fit into 64 bits`);
    return { type: "uint", value };
  }
  if (value > largest.int + (negative ? 1n : 0n)) throw new LiteralError(`${text} does not fit into 64 bits`);
  return { type: "int", value: negative ? -value : value };
}

/** A string or bytes literal with its prefix and quotes. @throws {LiteralError} */
export function parseText(text: string): Literal {
  const [, prefix = "", quote = ""] = /^([a-z]*)("""|'''|"|')/i.exec(text) ?? [];
  const from = prefix.length + quote.length;
  const body = text.slice(from, text.length - quote.length).replace(/\r\n?/g, "\n");
  const bytes = /b/i.test(prefix);
  const pieces = /r/i.test(prefix) ? [body] : [...unescaped(body, bytes, from)];
  if (!bytes) return { type: "string", value: pieces.join("") };
  return {
    type: "bytes",
    value: Buffer.concat(
      pieces.map((piece) => (typeof piece === "string" ? Buffer.from(piece) : Buffer.from([piece]))),
    ),
  };
}

const simple: Readonly<Record<string, string>> = {
  a: "\x07",
  b: "\b",
  f: "\f",
  n: "\n",
  r: "\r",
  t: "\t",
  v: "\v",
  "\\": "\\",
  "?": "?",
  '"': '"',
  "'": "'",
  "`": "`",
};

const sequence = /\\(?:[xX]([0-9a-fA-F]{2})|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|([0-3][0-7]{2})|([\s\S]?))/g;

/** The text in between, and what stands for the sequences; a number is a byte. */
function* unescaped(body: string, bytes: boolean, offset: number): Generator<string | number> {
  let from = 0;
  for (const match of body.matchAll(sequence)) {
    const [whole, hex, short, long, octal, single = ""] = match;
    const at = offset + match.index;
    yield body.slice(from, match.index);
    from = match.index + whole.length;
    const digits = short ?? long;
    if (digits !== undefined) {
      const code = Number.parseInt(digits, 16);
      if (bytes)
        throw new LiteralError(
          `${whole} is no escape in bytes: write the characters, or \\x and two digits for each byte`,
          at,
        );
      if (code > 0x10ffff || (code >= 0xd800 && code < 0xe000)) throw new LiteralError(`${whole} is no character`, at);
      yield String.fromCodePoint(code);
    } else if (hex !== undefined || octal !== undefined) {
      const code = hex === undefined ? Number.parseInt(octal ?? "", 8) : Number.parseInt(hex, 16);
      yield bytes ? code : String.fromCharCode(code);
    } else {
      const known = Object.hasOwn(simple, single) ? simple[single] : undefined;
      if (known === undefined) throw new LiteralError(wrongEscape(body.slice(match.index, match.index + 2)), at);
      yield known;
    }
  }
  yield body.slice(from);
}

function wrongEscape(written: string): string {
  const digits = { x: "two hexadecimal", X: "two hexadecimal", u: "four hexadecimal", U: "eight hexadecimal" }[
    written.slice(1)
  ];
  if (digits !== undefined) return `after ${written} come ${digits} digits`;
  if (/[0-7]/.test(written)) return `${written} is no escape: an octal one has three digits, up to \\377`;
  return `${written} is no escape: write \\${written}, or a raw string r"..."`;
}
