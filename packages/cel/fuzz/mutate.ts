import { tokens } from "../src/syntax/tokens.ts";

/** Numbers from 0 up to a limit, the same for the same seed. */
export type Random = (limit: number) => number;

/** @param seed any whole number. */
export function randomOf(seed: number): Random {
  let state = seed | 0;
  return (limit) => {
    // splitmix32
    state = (state + 0x9e3779b9) | 0;
    let mixed = Math.imul(state ^ (state >>> 16), 0x21f0aaad);
    mixed = Math.imul(mixed ^ (mixed >>> 15), 0x735a2d97);
    return Math.floor((((mixed ^ (mixed >>> 15)) >>> 0) / 2 ** 32) * limit);
  };
}

/** What the grammar and the lexer care about, besides what the corpus has. */
const pieces = (
  "( ) [ ] { } . , ? : + - * / % ! < > <= >= == != && || in ` \" ' \"\"\" ''' r' b\" rb''' \\ \\x \\u \\U0010ffff \\777 // 0x 0u 1e " +
  "1.5e-3 9223372036854775808 -9223372036854775808 18446744073709551615u has(a.b) .all(x, .map(x, cel.bind(x, .?a [?0] true null " +
  "__proto__ constructor toString x y"
).split(" ");
const characters = "()[]{}.,?:+-*/%!<>=&|'\"`\\ \n\r\t\0#@$~^;_aexuUbBrR019\u00e9\u{1f600}\ud800\u2028\ufeff";

/** Expressions, and those with small mistakes made of them. */
export class Mutator {
  readonly #corpus: readonly string[];
  readonly #tokens: readonly (readonly string[])[];
  readonly #random: Random;

  constructor(corpus: readonly string[], random: Random) {
    this.#corpus = corpus;
    this.#tokens = corpus.map((source) => tokens(source).map(({ text }) => text));
    this.#random = random;
  }

  next(): string {
    const random = this.#random;
    const index = random(this.#corpus.length);
    if (random(2) === 0) {
      let text = this.#corpus[index] ?? "";
      for (let count = random(random(4) + 1); count >= 0; count--) text = this.#mutateText(text);
      return text;
    }
    let parts = this.#tokens[index] ?? [];
    for (let count = random(random(4) + 1); count >= 0; count--) parts = this.#mutateTokens(parts);
    return parts.join(random(4) === 0 ? "" : " ");
  }

  #mutateText(text: string): string {
    const random = this.#random;
    const from = random(text.length + 1);
    const to = from + random(Math.min(8, text.length - from + 1));
    switch (random(6)) {
      case 0:
        return text.slice(0, from) + text.slice(to);
      case 1:
        return text.slice(0, from) + (characters[random(characters.length)] ?? "") + text.slice(from);
      case 2:
        return text.slice(0, from) + (characters[random(characters.length)] ?? "") + text.slice(from + 1);
      case 3:
        return text.slice(0, to) + text.slice(from);
      case 4:
        return text.slice(0, from) + String.fromCharCode(random(0x10000)) + text.slice(from + 1);
      default:
        return text.slice(0, from) + (pieces[random(pieces.length)] ?? "") + text.slice(to);
    }
  }

  #mutateTokens(parts: readonly string[]): readonly string[] {
    const random = this.#random;
    const from = random(parts.length + 1);
    const to = from + random(Math.min(6, parts.length - from + 1));
    const before = parts.slice(0, from);
    switch (random(7)) {
      case 0:
        return [...before, ...parts.slice(to)];
      case 1:
        return [...parts.slice(0, to), ...parts.slice(from)];
      case 2:
        return [...before, pieces[random(pieces.length)] ?? "", ...parts.slice(from + random(2))];
      case 3: {
        const other = this.#tokens[random(this.#tokens.length)] ?? [];
        const start = random(other.length);
        return [...before, ...other.slice(start, start + random(12)), ...parts.slice(to)];
      }
      case 4:
        return [...before, "(", ...parts.slice(from, to), ")", ...parts.slice(to)];
      case 5: {
        // Many of the same: deep, or long.
        const piece = random(2) === 0 ? (pieces[random(pieces.length)] ?? "") : parts.slice(from, to).join(" ");
        return [...before, ...Array<string>(random(random(10) === 0 ? 400 : 20)).fill(piece), ...parts.slice(to)];
      }
      default:
        return [...parts.slice(to), ...before];
    }
  }
}
