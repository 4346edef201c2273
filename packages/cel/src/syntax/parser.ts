import {
  type Call,
  children,
  type Element,
  type Entry,
  type Expr,
  type Literal,
  type MessageLiteral,
  qualifiedName,
} from "./ast.ts";
import { CelError } from "./errors.ts";
import { explain, reserved } from "./explain.ts";
import { LiteralError, parseNumber, parseText } from "./literal.ts";
import { expandMacro } from "./macros.ts";
import { type Token, tokens } from "./tokens.ts";

/** What the parser refuses as too much. */
export interface ParseLimits {
  /** How deep expressions may be nested; default 250, as cel-go has it. */
  readonly depth?: number | undefined;
  /**
   * How many levels the tree may have; default 1000. Operators or fields in a row are a level each,
   * though they cost the parser nothing.
   */
  readonly levels?: number | undefined;
  /** UTF-16 code units; default 100 000. */
  readonly length?: number | undefined;
}

const defaults = { depth: 250, levels: 1000, length: 100_000 };

/** Binary operators by how strongly they bind; all are left-associative. */
const binary: readonly ReadonlyMap<string, string>[] = [
  new Map([
    ["<", "_<_"],
    ["<=", "_<=_"],
    [">", "_>_"],
    [">=", "_>=_"],
    ["==", "_==_"],
    ["!=", "_!=_"],
    ["in", "@in"],
  ]),
  new Map([
    ["+", "_+_"],
    ["-", "_-_"],
  ]),
  new Map([
    ["*", "_*_"],
    ["/", "_/_"],
    ["%", "_%_"],
  ]),
];

/**
 * The syntax tree of an expression. Parentheses leave no trace but in positions.
 * @throws {CelError} of kind `syntax`.
 */
export function parse(source: string, limits: ParseLimits = {}): Expr {
  const { depth = defaults.depth, levels = defaults.levels, length = defaults.length } = limits;
  if (source.length > length) {
    throw new CelError("syntax", `the expression is longer than ${length} characters`, source, length);
  }
  return new Parser(source, depth, levels).parse();
}

/** A mistake that the tokens around it do not explain. */
class Unexpected extends Error {
  readonly offset: number;

  constructor(message: string, offset: number) {
    super(message);
    this.offset = offset;
  }
}

class Parser {
  readonly #source: string;
  readonly #tokens: readonly Token[];
  readonly #maxDepth: number;
  readonly #maxLevels: number;
  #depth = 0;
  /** The levels of each node's tree, where it has more than its own. */
  readonly #levels = new Map<Expr, number>();
  #index = 0;
  /** Where the last token taken ends. */
  #end = 0;

  constructor(source: string, maxDepth: number, maxLevels: number) {
    this.#source = source;
    this.#tokens = tokens(source);
    this.#maxDepth = maxDepth;
    this.#maxLevels = maxLevels;
  }

  parse(): Expr {
    try {
      const expr = this.#expression();
      if (this.#next.kind !== "end") throw this.#unexpected();
      return expr;
    } catch (error) {
      if (error instanceof CelError || !(error instanceof Unexpected)) throw error;
      const fault = explain(this.#tokens) ?? error;
      throw new CelError("syntax", fault.message, this.#source, fault.offset);
    }
  }

  #expression(): Expr {
    const start = this.#next.offset;
    return this.#nested(() => {
      const condition = this.#or();
      const at = this.#next.offset;
      if (!this.#take("?")) return condition;
      const yes = this.#or();
      this.#expect(":");
      const no = this.#expression();
      return this.#call("_?_:_", [condition, yes, no], start, at);
    });
  }

  #or(): Expr {
    return this.#row("||", "_||_", () => this.#row("&&", "_&&_", () => this.#binary(0)));
  }

  #row(operator: string, name: string, operand: () => Expr): Expr {
    const start = this.#next.offset;
    const first = operand();
    const at = this.#next.offset;
    const operands = [first];
    while (this.#take(operator)) operands.push(operand());
    return operands.length === 1 ? first : this.#call(name, operands, start, at);
  }

  #binary(level: number): Expr {
    const operators = binary[level];
    if (operators === undefined) return this.#unary();
    const start = this.#next.offset;
    let left = this.#binary(level + 1);
    for (;;) {
      const { text, offset, kind } = this.#next;
      const name = kind === "operator" ? operators.get(text) : undefined;
      if (name === undefined) return left;
      this.#advance();
      left = this.#call(name, [left, this.#binary(level + 1)], start, offset);
    }
  }

  #unary(): Expr {
    const first = this.#next;
    const sign = first.text;
    if (first.kind !== "operator" || (sign !== "!" && sign !== "-")) return this.#member();
    const next = this.#tokens[this.#index + 1];
    if (sign === "-" && next?.kind === "operand" && /^[.\d]/.test(next.text)) return this.#member();
    let count = 0;
    while (this.#take(sign)) count++;
    // Two of them are none.
    const operand = this.#member();
    return count % 2 === 0 ? operand : this.#call(sign === "!" ? "!_" : "-_", [operand], first.offset, first.offset);
  }

  #member(): Expr {
    const start = this.#next.offset;
    let expr = this.#primary();
    for (;;) {
      const at = this.#next.offset;
      if (this.#take(".")) {
        expr = this.#field(expr, start, at);
      } else if (this.#take("[")) {
        const optional = this.#take("?");
        const index = this.#expression();
        this.#expect("]");
        expr = this.#call(optional ? "_[?_]" : "_[_]", [expr, index], start, at);
      } else if (this.#next.text === "{" && this.#next.kind === "operator") {
        // Names in parentheses are a value.
        const name = this.#source[start] === "(" ? undefined : messageName(expr);
        if (name === undefined) return expr;
        expr = this.#message(name, start, at);
      } else {
        return expr;
      }
    }
  }

  #field(operand: Expr, start: number, dot: number): Expr {
    const optional = this.#take("?");
    const token = this.#next;
    if (token.kind !== "name") throw this.#unexpected("a field's name is missing after .");
    this.#advance();
    if (!optional && !token.text.startsWith("`") && this.#take("(")) {
      const args = this.#arguments();
      return this.#function(token.text, operand, args, start, dot, token.offset);
    }
    const field = this.#fieldName(token);
    return this.#made({
      kind: "select",
      operand,
      field,
      test: false,
      optional,
      start,
      end: this.#end,
      at: token.offset,
    });
  }

  #primary(): Expr {
    const token = this.#next;
    const { kind, text, offset } = token;
    if (kind === "operand") {
      this.#advance();
      return this.#literal(token, offset, false);
    }
    if (kind === "name") return this.#name("", offset);
    if (kind !== "operator") throw this.#unexpected();
    this.#advance();
    if (text === "-" && /^[.\d]/.test(this.#next.text)) {
      const number = this.#next;
      this.#advance();
      return this.#literal(number, offset, true);
    }
    if (text === "." && this.#next.kind === "name") return this.#name(".", offset);
    if (text === "(") {
      const expr = this.#expression();
      this.#expect(")");
      // What follows belongs to the whole.
      const whole = { ...expr, start: offset, end: this.#end };
      this.#levels.set(whole, this.#levels.get(expr) ?? 1);
      return whole;
    }
    if (text === "[") return this.#list(offset);
    if (text === "{") return this.#map(offset);
    throw this.#unexpected(undefined, token);
  }

  #name(dot: string, start: number): Expr {
    const token = this.#next;
    const { text, offset } = token;
    this.#advance();
    if (text.startsWith("`")) throw this.#error("only the name of a field may stand in backticks", offset);
    if (this.#take("(")) return this.#function(dot + text, undefined, this.#arguments(), start, start, offset);
    const constant = dot === "" ? constants.get(text) : undefined;
    if (constant !== undefined) return { kind: "constant", ...constant, start, end: this.#end, at: start };
    if (reserved.has(text)) throw this.#error(`${text} is a reserved word`, offset);
    return { kind: "identifier", name: dot + text, start, end: this.#end, at: start };
  }

  #function(
    name: string,
    target: Expr | undefined,
    args: readonly Expr[],
    start: number,
    at: number,
    nameAt: number,
  ): Expr {
    const call: Call = { kind: "call", function: name, target, args, start, end: this.#end, at: target ? nameAt : at };
    const expanded = expandMacro(call);
    if (typeof expanded === "string") throw this.#error(expanded, nameAt);
    if ("fault" in expanded) throw this.#error(expanded.fault, expanded.at);
    return this.#made(expanded);
  }

  #arguments(): Expr[] {
    const args: Expr[] = [];
    if (this.#take(")")) return args;
    do args.push(this.#expression());
    while (this.#take(","));
    this.#expect(")");
    return args;
  }

  #list(start: number): Expr {
    const elements = this.#row1("]", (): Element => {
      const optional = this.#take("?");
      return { value: this.#expression(), optional };
    });
    return this.#made({ kind: "list", elements, start, end: this.#end, at: start });
  }

  #map(start: number): Expr {
    const entries = this.#row1("}", (): Entry => {
      const optional = this.#take("?");
      const key = this.#expression();
      this.#expect(":");
      return { key, value: this.#expression(), optional };
    });
    return this.#made({ kind: "map", entries, start, end: this.#end, at: start });
  }

  #message(name: string, start: number, at: number): Expr {
    this.#expect("{");
    const fields = this.#row1("}", (): MessageLiteral["fields"][number] => {
      const optional = this.#take("?");
      const token = this.#next;
      if (token.kind !== "name") throw this.#unexpected();
      this.#advance();
      const place = { start: token.offset, at: token.offset };
      const field = this.#fieldName(token);
      this.#expect(":");
      const value = this.#expression();
      return { name: field, value, optional, ...place, end: this.#end };
    });
    return this.#made({ kind: "message", name, fields, start, end: this.#end, at });
  }

  /** Items apart by commas, one of which may come last, up to the closing bracket. */
  #row1<T>(closing: string, item: () => T): T[] {
    const items: T[] = [];
    while (!this.#take(closing)) {
      items.push(item());
      if (this.#take(",")) continue;
      this.#expect(closing);
      break;
    }
    return items;
  }

  #fieldName({ text, offset }: Token): string {
    if (!text.startsWith("`")) {
      if (text === "true" || text === "false" || text === "null")
        throw this.#error(`${text} is a reserved word`, offset);
      return text;
    }
    if (!/^`[\w.\-/ ]+`$/.test(text)) {
      throw this.#error("in backticks only letters, digits, _ . - / and spaces may stand", offset);
    }
    return text.slice(1, -1);
  }

  #literal({ text, offset }: Token, start: number, negative: boolean): Expr {
    try {
      const literal = /^[.\d]/.test(text) ? parseNumber(text, negative) : parseText(text);
      return { kind: "constant", ...literal, start, end: this.#end, at: start };
    } catch (error) {
      if (error instanceof LiteralError) throw this.#error(error.message, (negative ? start : offset) + error.index);
      throw error;
    }
  }

  #call(name: string, args: readonly Expr[], start: number, at: number): Expr {
    return this.#made({ kind: "call", function: name, target: undefined, args, start, end: this.#end, at });
  }

  /** A node whose children are made. */
  #made(expr: Expr): Expr {
    let levels = 0;
    for (const child of children(expr)) levels = Math.max(levels, this.#levels.get(child) ?? 1);
    this.#levels.set(expr, levels + 1);
    this.#limit(levels + 1, this.#maxLevels);
    return expr;
  }

  #nested<T>(inner: () => T): T {
    this.#limit(++this.#depth, this.#maxDepth);
    const result = inner();
    this.#depth--;
    return result;
  }

  #limit(depth: number, most: number): void {
    if (depth > most) throw this.#error(`the expression is nested more than ${most} deep`, this.#next.offset);
  }

  get #next(): Token {
    return this.#tokens[this.#index] as Token;
  }

  #advance(): void {
    const { offset, text } = this.#next;
    this.#end = offset + text.length;
    this.#index++;
  }

  #take(operator: string): boolean {
    const { kind, text } = this.#next;
    if (kind !== "operator" || text !== operator) return false;
    this.#advance();
    return true;
  }

  #expect(operator: string): void {
    if (!this.#take(operator)) throw this.#unexpected();
  }

  #unexpected(message?: string, token = this.#next): Unexpected {
    return new Unexpected(message ?? `unexpected ${token.text || "end"}`, token.offset);
  }

  /** A mistake that is told as it is. */
  #error(message: string, offset: number): CelError {
    return new CelError("syntax", message, this.#source, offset);
  }
}

const constants: ReadonlyMap<string, Literal> = new Map<string, Literal>([
  ["null", { type: "null", value: null }],
  ["true", { type: "bool", value: true }],
  ["false", { type: "bool", value: false }],
]);

/** Only names name a message, and none in backticks. */
function messageName(expr: Expr): string | undefined {
  const name = qualifiedName(expr);
  return name !== undefined && /^\.?[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)*$/.test(name) ? name : undefined;
}
