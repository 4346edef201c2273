import { Failure, type Value } from "../values/value.ts";
import { formatting, joining, listTraversal, quoting, replacing, scan, scanPart, splitting } from "./cost.ts";
import { format } from "./format-text.ts";
import { fn, type Library, method } from "./overload.ts";

/** The strings extension, version 4: positions count characters, not UTF-16 units. */
export const strings: Library = {
  name: "strings",
  overloads: [
    method("charAt", "(string, int) -> string", charAt),
    method("indexOf", "(string, string) -> int", (text: string, part: string) => indexOf(text, part, 0), listTraversal),
    method("indexOf", "(string, string, int) -> int", indexOf, listTraversal),
    method(
      "lastIndexOf",
      "(string, string) -> int",
      (text: string, part: string) => lastIndexOf(text, part),
      listTraversal,
    ),
    method("lastIndexOf", "(string, string, int) -> int", lastIndexOf, listTraversal),
    method(
      "lowerAscii",
      "(string) -> string",
      (text: string) => text.replace(/[A-Z]+/g, (part) => part.toLowerCase()),
      scan,
    ),
    method(
      "upperAscii",
      "(string) -> string",
      (text: string) => text.replace(/[a-z]+/g, (part) => part.toUpperCase()),
      scan,
    ),
    method(
      "replace",
      "(string, string, string) -> string",
      (text: string, from: string, to: string) => replace(text, from, to, -1),
      replacing,
    ),
    method("replace", "(string, string, string, int) -> string", replace, replacing),
    method(
      "split",
      "(string, string) -> list<string>",
      (text: string, separator: string) => split(text, separator, -1),
      splitting,
    ),
    method("split", "(string, string, int) -> list<string>", split, splitting),
    method("substring", "(string, int) -> string", (text: string, from: number) => substring(text, from), scanPart),
    method("substring", "(string, int, int) -> string", substring, scanPart),
    method("trim", "(string) -> string", trim, scanPart),
    method("reverse", "(string) -> string", (text: string) => characters(text).reverse().join(""), scan),
    method("join", "(list<string>) -> string", (list: Value[]) => join(list, ""), joining),
    method("join", "(list<string>, string) -> string", join, joining),
    method("format", "(string, list<dyn>) -> string", format, formatting),
    fn("strings.quote", "(string) -> string", quote, quoting),
  ],
};

const outOfRange = (index: number | bigint): Failure => new Failure(`the index ${index} is out of range`);

/** By code points, of which some are two UTF-16 units. */
function characters(text: string): string[] {
  return Array.from(text);
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: ASCII is what is looked for
const ascii = /^[\x00-\x7f]*$/;

/** Where a position is in UTF-16 units; -1 if it is none. */
function offsetOf(text: string, position: number | bigint): number {
  if (typeof position !== "number" || position < 0 || position > text.length) return -1;
  if (ascii.test(text)) return position;
  const all = characters(text);
  return position > all.length ? -1 : all.slice(0, position).join("").length;
}

/** Which character begins at the offset. */
function positionOf(text: string, offset: number): number {
  return offset < 0 ? -1 : characters(text.slice(0, offset)).length;
}

function charAt(text: string, position: number | bigint): Value {
  const offset = offsetOf(text, position);
  if (offset < 0) return outOfRange(position);
  const code = text.codePointAt(offset);
  return code === undefined ? "" : String.fromCodePoint(code);
}

function indexOf(text: string, part: string, from: number | bigint): Value {
  const offset = offsetOf(text, from);
  return offset < 0 ? outOfRange(from) : positionOf(text, text.indexOf(part, offset));
}

function lastIndexOf(text: string, part: string, from?: number | bigint): Value {
  const offset = from === undefined ? text.length : offsetOf(text, from);
  return offset < 0 ? outOfRange(from ?? -1) : positionOf(text, text.lastIndexOf(part, offset));
}

function substring(text: string, from: number | bigint, to?: number | bigint): Value {
  const start = offsetOf(text, from);
  const end = to === undefined ? text.length : offsetOf(text, to);
  if (start < 0) return outOfRange(from);
  if (end < 0) return outOfRange(to ?? -1);
  return start > end
    ? new Failure(`a substring cannot end at ${to}, before it begins at ${from}`)
    : text.slice(start, end);
}

/** @param limit how many at most; all where it is negative. */
function replace(text: string, from: string, to: string, limit: number | bigint): string {
  const parts = from === "" ? ["", ...characters(text), ""] : text.split(from);
  const most = limit < 0 ? parts.length - 1 : Math.min(Number(limit), parts.length - 1);
  return (
    parts.slice(0, most + 1).join(to) +
    parts
      .slice(most + 1)
      .map((part) => from + part)
      .join("")
  );
}

/** @param limit how many parts at most, the last of which is the rest; all where it is negative. */
function split(text: string, separator: string, limit: number | bigint): Value {
  if (limit === 0) return [];
  const parts = separator === "" ? characters(text) : text.split(separator);
  if (limit < 0 || parts.length <= limit) return parts;
  const most = Number(limit);
  return [...parts.slice(0, most - 1), parts.slice(most - 1).join(separator)];
}

/** Unicode's white space, which differs from JavaScript's by U+0085 and U+FEFF. */
function trim(text: string): string {
  return text.replace(/^\p{White_Space}+|\p{White_Space}+$/gu, "");
}

function join(list: readonly Value[], separator: string): Value {
  for (const part of list) if (typeof part !== "string") return new Failure("join takes a list of strings");
  return list.join(separator);
}

const escapes: Readonly<Record<string, string>> = {
  "\x07": "\\a",
  "\b": "\\b",
  "\f": "\\f",
  "\n": "\\n",
  "\r": "\\r",
  "\t": "\\t",
  "\v": "\\v",
  "\\": "\\\\",
  '"': '\\"',
};

function quote(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is escaped
  return `"${text.replace(/[\x07\b\f\n\r\t\v\\"]/g, (character) => escapes[character] ?? character)}"`;
}
