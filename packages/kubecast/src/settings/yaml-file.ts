import { isMap, isNode, isScalar, LineCounter, type Node, parseDocument, type Scalar, visit } from "yaml";

/** A mistake in a file, at a place that an editor can jump to. */
export interface Mistake {
  readonly file: string;
  /** From 1. */
  readonly line: number;
  readonly column: number;
  readonly message: string;
  /** Of an expression: its line, and a `^` below the place. */
  readonly excerpt?: string;
}

/** `file:line:column: message` */
export function formatMistake({ file, line, column, message }: Mistake): string {
  return `${file}:${line}:${column}: ${message}`;
}

/** The same, and below it the excerpt, where there is one. */
export function explainMistake(mistake: Mistake): string {
  const { excerpt } = mistake;
  return excerpt === undefined ? formatMistake(mistake) : `${formatMistake(mistake)}\n${excerpt.replace(/^/gm, "  ")}`;
}

/** Sorts the mistakes of a file. */
export function byPlace(a: Mistake, b: Mistake): number {
  return a.line - b.line || a.column - b.column;
}

type Path = readonly PropertyKey[];

/** A YAML file that knows where each of its values stands. */
export class YamlFile {
  readonly value: unknown;
  readonly mistakes: Mistake[] = [];
  readonly #file: string;
  readonly #text: string;
  readonly #lines = new LineCounter();
  readonly #document;

  constructor(file: string, text: string) {
    this.#file = file;
    this.#text = text;
    this.#document = parseDocument(text, { lineCounter: this.#lines, prettyErrors: false, uniqueKeys: true });
    // What follows from the first few is of no help.
    for (const error of this.#document.errors.slice(0, 10)) this.mistakes.push(this.#at(error.pos[0], error.message));
    try {
      this.value = this.mistakes.length === 0 ? this.#document.toJS({ maxAliasCount: 100 }) : undefined;
    } catch (error) {
      this.mistakes.push(this.#at(this.#danglingAlias(), error instanceof Error ? error.message : String(error)));
    }
  }

  /** A mistake at the value of a path, or at its nearest parent that is there. */
  mistake(path: Path, message: string): Mistake {
    return this.#at(this.#node(path)?.range?.[0] ?? 0, message);
  }

  /** A mistake at a key itself, such as one that is unknown. */
  mistakeAtKey(path: Path, key: string, message: string): Mistake {
    const parent = this.#node(path);
    if (isMap(parent)) {
      const pair = parent.items.find((item) => isScalar(item.key) && String(item.key.value) === key);
      if (pair !== undefined && isNode(pair.key) && pair.key.range) return this.#at(pair.key.range[0], message);
    }
    return this.mistake(path, message);
  }

  /** A mistake within the text of a scalar, given by its line and column there (from 1). */
  mistakeWithin(path: Path, within: Omit<Mistake, "file">): Mistake {
    const { line, column, message, excerpt } = within;
    const shown = excerpt === undefined ? {} : { excerpt };
    const node = this.#node(path);
    if (!isScalar(node) || !node.range || typeof node.value !== "string")
      return { ...this.mistake(path, message), ...shown };
    const above = node.value.split("\n").slice(0, line - 1);
    const index = above.reduce((sum, text) => sum + text.length + 1, column - 1);
    return { ...this.#at(this.#sourceOffset(node.type, node.value, index, node.range), message), ...shown };
  }

  /**
   * Where the character `index` of a scalar's value stands in the file. Indentation and folding
   * change nothing but white space, so it is the other characters that are counted.
   */
  #sourceOffset(
    type: Scalar["type"],
    value: string,
    index: number,
    [start, end]: readonly [number, number, number],
  ): number {
    const block = type === "BLOCK_LITERAL" || type === "BLOCK_FOLDED";
    const quoted = type === "QUOTE_DOUBLE" || type === "QUOTE_SINGLE";
    const begin = block ? this.#text.indexOf("\n", start) + 1 : start + (quoted ? 1 : 0);
    const characters =
      type === "QUOTE_DOUBLE" ? /\\(?:x..|u.{4}|U.{8}|\s|.)|\S/g : type === "QUOTE_SINGLE" ? /''|\S/g : /\S/g;
    const visible = /\S/.test(value.charAt(index));
    let left = value.slice(0, index).replace(/\s/g, "").length;
    let place = begin;
    for (const { 0: written, index: at } of this.#text.slice(begin, end).matchAll(characters)) {
      if (left === 0 && !visible) break;
      if (/^\\[ntrvf_LP\s]/.test(written)) continue; // an escape that stands for white space
      if (left === 0) return begin + at;
      left -= 1;
      place = begin + at + written.length;
    }
    return place;
  }

  /** Where the first alias without an anchor stands. */
  #danglingAlias(): number {
    let offset = 0;
    visit(this.#document, {
      Alias: (_, alias) => {
        if (alias.resolve(this.#document) !== undefined) return undefined;
        offset = alias.range?.[0] ?? 0;
        return visit.BREAK;
      },
    });
    return offset;
  }

  #node(path: Path): Node | undefined {
    for (let length = path.length; length >= 0; length -= 1) {
      const node: unknown =
        length === 0 ? this.#document.contents : this.#document.getIn(path.slice(0, length) as unknown[], true);
      if (isNode(node)) return node;
    }
    return undefined;
  }

  #at(offset: number, message: string): Mistake {
    const { line, col } = this.#lines.linePos(offset);
    return this.#mistake(Math.max(1, line), Math.max(1, col), message);
  }

  #mistake(line: number, column: number, message: string): Mistake {
    return { file: this.#file, line, column, message };
  }
}
