import { isMap, isNode, isScalar, LineCounter, type Node, parseDocument, type Scalar } from "yaml";

/** A mistake in a file, at a place that an editor can jump to. */
export interface Mistake {
  readonly file: string;
  /** From 1. */
  readonly line: number;
  readonly column: number;
  readonly message: string;
}

/** `file:line:column: message` */
export function formatMistake({ file, line, column, message }: Mistake): string {
  return `${file}:${line}:${column}: ${message}`;
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
    for (const error of this.#document.errors) this.mistakes.push(this.#at(error.pos[0], error.message));
    try {
      this.value = this.mistakes.length === 0 ? this.#document.toJS({ maxAliasCount: 100 }) : undefined;
    } catch (error) {
      this.mistakes.push(this.#at(0, error instanceof Error ? error.message : String(error)));
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
  mistakeWithin(path: Path, line: number, column: number, message: string): Mistake {
    const node = this.#node(path);
    if (!isScalar(node) || !node.range) return this.mistake(path, message);
    const start = this.#lines.linePos(node.range[0]);
    if (node.type === "BLOCK_LITERAL") {
      return this.#mistake(start.line + line, this.#indent(start.line + 1) + column, message);
    }
    // The words of a folded scalar are where the author broke the lines: find them there.
    if (node.type === "BLOCK_FOLDED") return this.#withinFolded(node, start.line, column, message);
    const quote = node.type === "QUOTE_DOUBLE" || node.type === "QUOTE_SINGLE" ? 1 : 0;
    if (line !== 1) return this.mistake(path, message);
    return this.#mistake(start.line, start.col + quote + column - 1, message);
  }

  #withinFolded(node: Scalar, header: number, column: number, message: string): Mistake {
    let rest = column - 1;
    const lines = this.#text.split("\n");
    for (let line = header + 1; line <= lines.length; line += 1) {
      const indent = this.#indent(line);
      const length = (lines[line - 1] ?? "").length - indent;
      if (rest <= length) return this.#mistake(line, indent + rest + 1, message);
      rest -= length + 1;
    }
    return this.#at(node.range?.[0] ?? 0, message);
  }

  #indent(line: number): number {
    return (this.#text.split("\n")[line - 1] ?? "").search(/\S|$/);
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
