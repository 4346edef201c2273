/** A piece of an expression. Whatever is not CEL is a token of kind "unknown", and an open string one of kind "open". */
export interface Token {
  readonly kind: "operand" | "name" | "operator" | "open" | "unknown" | "end";
  readonly text: string;
  readonly offset: number;
}

const space = /(?:[\t\n\f\r ]+|\/\/[^\n]*)*/y;
const text = /[bB]?[rR]?(?:"""|'''|"|')/y;
const number = /0[xX][0-9a-fA-F]+[uU]?|(?:\d+\.\d+|\.\d+|\d+)(?:[eE][+-]?\d+)?[uU]?/y;
const name = /[A-Za-z_]\w*|`[^`\n]*`/y;
const operator = /[=!]==|[=!<>]=|&&|\|\||[-+*/%<>!?:.,()[\]{}]/y;

/** Cuts an expression into tokens for messages about it; never throws. The last one is of kind "end". */
export function tokens(source: string): Token[] {
  const found: Token[] = [];
  let offset = match(space, source, 0).length;
  while (offset < source.length) {
    const token = next(source, offset);
    found.push(token);
    offset += token.text.length;
    offset += match(space, source, offset).length;
  }
  found.push({ kind: "end", text: "", offset });
  return found;
}

function next(source: string, offset: number): Token {
  const opening = match(text, source, offset);
  if (opening !== "") {
    const end = endOfString(source, offset + opening.length, opening);
    return end === undefined
      ? { kind: "open", text: source.slice(offset), offset }
      : { kind: "operand", text: source.slice(offset, end), offset };
  }
  const digits = match(number, source, offset);
  if (digits !== "") return { kind: "operand", text: digits, offset };
  const word = match(name, source, offset);
  if (word !== "") return { kind: word === "in" ? "operator" : "name", text: word, offset };
  const sign = match(operator, source, offset);
  if (sign !== "" && sign.length < 3) return { kind: "operator", text: sign, offset };
  return { kind: "unknown", text: sign || String.fromCodePoint(source.codePointAt(offset) ?? 0), offset };
}

function endOfString(source: string, from: number, opening: string): number | undefined {
  const raw = /r/i.test(opening);
  const quote = opening.replace(/^[a-z]+/i, "");
  for (let at = from; at < source.length; at++) {
    if (source.startsWith(quote, at)) return at + quote.length;
    if (source[at] === "\n" && quote.length === 1) return undefined;
    if (source[at] === "\\" && !raw) at++;
  }
  return undefined;
}

function match(pattern: RegExp, source: string, offset: number): string {
  pattern.lastIndex = offset;
  return pattern.exec(source)?.[0] ?? "";
}
