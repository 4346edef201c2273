import type { Document, Node, YAMLError } from "yaml";
import { ConfigError } from "./errors.ts";

type Path = readonly (string | number)[];

/** Says where a field stands and why it is wrong; never returns. */
type Complain = (path: Path, problem: string) => never;

/**
 * A mapping in a YAML file, read field by field. As in Go, null and `""` are the same as absent.
 * A value of the wrong type is a `ConfigError` that names the file, the line and the field,
 * and never the value: it may be a secret.
 */
export class Fields {
  readonly #values: Readonly<Record<string, unknown>>;
  readonly #path: Path;
  readonly #complain: Complain;

  constructor(values: Readonly<Record<string, unknown>>, path: Path, complain: Complain) {
    this.#values = values;
    this.#path = path;
    this.#complain = complain;
  }

  /** The value as it stands, of any type. */
  any(key: string): unknown {
    return Object.hasOwn(this.#values, key) ? (this.#values[key] ?? undefined) : undefined;
  }

  string(key: string): string | undefined {
    const value = this.any(key);
    if (value === undefined || value === "") return undefined;
    return typeof value === "string" ? value : this.#wrong([key], "a string", value);
  }

  requiredString(key: string): string {
    return this.string(key) ?? this.fail(key, "is missing");
  }

  boolean(key: string): boolean {
    const value = this.any(key) ?? false;
    return typeof value === "boolean" ? value : this.#wrong([key], "true or false", value);
  }

  strings(key: string): string[] {
    return this.#list(key).map((value, index) =>
      typeof value === "string" ? value : this.#wrong([key, index], "a string", value),
    );
  }

  object(key: string): Fields | undefined {
    const value = this.any(key);
    return value === undefined ? undefined : this.#nested([key], value);
  }

  objects(key: string): Fields[] {
    return this.#list(key).map((value, index) => this.#nested([key, index], value));
  }

  keys(): string[] {
    return Object.keys(this.#values);
  }

  fail(key: string, problem: string): never {
    return this.#complain([...this.#path, key], problem);
  }

  #list(key: string): unknown[] {
    const value = this.any(key) ?? [];
    return Array.isArray(value) ? value : this.#wrong([key], "a list", value);
  }

  #nested(path: Path, value: unknown): Fields {
    if (!isMapping(value)) return this.#wrong(path, "a mapping", value);
    return new Fields(value, [...this.#path, ...path], this.#complain);
  }

  #wrong(path: Path, expected: string, value: unknown): never {
    return this.#complain([...this.#path, ...path], `must be ${expected}, not ${typeName(value)}`);
  }
}

/**
 * Parses a YAML (or JSON) text whose top is a mapping; undefined if the text is empty.
 *
 * @param file what messages call the text.
 * @throws {ConfigError} not YAML, or no mapping; with line and column.
 */
export async function parseFields(text: string, file: string): Promise<Fields | undefined> {
  // Loaded here because it is large, and a program that runs in a Pod never needs it.
  const { isNode, LineCounter, parseDocument } = await import("yaml");
  const lines = new LineCounter();
  // prettyErrors would quote the source, and with it perhaps a token
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false });
  const at = (offset: number): string => {
    const { line, col } = lines.linePos(offset);
    return `${file}:${line}:${col}`;
  };

  const fault = document.errors[0] ?? document.warnings[0];
  if (fault !== undefined) throw new ConfigError(`${at(fault.pos[0])}: ${describe(fault)}`);

  const complain: Complain = (path, problem) => {
    const node = nearestNode(document, path, isNode);
    throw new ConfigError(`${node?.range ? at(node.range[0]) : file}: ${formatPath(path)} ${problem}`);
  };
  const value = toPlain(() => document.toJS(), file);
  if (value === null || value === undefined) return undefined;
  if (!isMapping(value)) throw new ConfigError(`${file}: must hold a mapping, not ${typeName(value)}`);
  return new Fields(value, [], complain);
}

function toPlain(convert: () => unknown, file: string): unknown {
  try {
    return convert();
  } catch (error) {
    // too many aliases, or an alias without its anchor
    if (error instanceof ReferenceError) throw new ConfigError(`${file}: the YAML aliases cannot be resolved`);
    throw error;
  }
}

/** The parser's message without what it quotes from the source. */
function describe(error: YAMLError): string {
  switch (error.code) {
    case "TAG_RESOLVE_FAILED":
      return "unknown YAML tag; a value that starts with an exclamation mark must be quoted";
    case "BAD_DIRECTIVE":
      return "unknown YAML directive";
    case "MULTIPLE_DOCS":
      return "only one YAML document is allowed";
    case "BAD_DQ_ESCAPE":
      return "invalid escape sequence in a quoted value";
    default:
      return `not valid YAML: ${error.message.replace(/:\s.*$/s, "")}`;
  }
}

function nearestNode(document: Document, path: Path, isNode: (value: unknown) => value is Node): Node | undefined {
  for (let length = path.length; length > 0; length--) {
    const node = document.getIn(path.slice(0, length), true);
    if (isNode(node)) return node;
  }
  return undefined;
}

/** `users[0].user.token`, as kubectl writes paths. */
function formatPath(path: Path): string {
  return path
    .map((part) => (typeof part === "number" ? `[${part}]` : `.${part}`))
    .join("")
    .slice(1);
}

function isMapping(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function typeName(value: unknown): string {
  if (Array.isArray(value)) return "a list";
  if (value === null) return "null";
  return typeof value === "object" ? "a mapping" : `a ${typeof value}`;
}
