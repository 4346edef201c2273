import type { Call, Element, Expr, Literal } from "./ast.ts";

/** How strongly an expression holds together; what binds less than its place wants is put in parentheses. */
const level = { ternary: 0, or: 1, and: 2, relation: 3, sum: 4, product: 5, unary: 6, member: 7 } as const;

const infix: Readonly<Record<string, { readonly sign: string; readonly level: number }>> = {
  "_<_": { sign: "<", level: level.relation },
  "_<=_": { sign: "<=", level: level.relation },
  "_>_": { sign: ">", level: level.relation },
  "_>=_": { sign: ">=", level: level.relation },
  "_==_": { sign: "==", level: level.relation },
  "_!=_": { sign: "!=", level: level.relation },
  "@in": { sign: "in", level: level.relation },
  "_+_": { sign: "+", level: level.sum },
  "_-_": { sign: "-", level: level.sum },
  "_*_": { sign: "*", level: level.product },
  "_/_": { sign: "/", level: level.product },
  "_%_": { sign: "%", level: level.product },
};

const rows: Readonly<Record<string, { readonly sign: string; readonly level: number }>> = {
  "_&&_": { sign: "&&", level: level.and },
  "_||_": { sign: "||", level: level.or },
};

/**
 * The text of an expression, on one line and with the fewest parentheses. Parsing it gives the same
 * tree again, but for positions.
 */
export function unparse(expr: Expr): string {
  return write(expr, level.ternary);
}

/** @param least what it must hold together with, at least, to stand without parentheses. */
function write(expr: Expr, least: number): string {
  const text = textOf(expr);
  return levelOf(expr) < least ? `(${text})` : text;
}

function levelOf(expr: Expr): number {
  if (expr.kind !== "call" || expr.target !== undefined) return level.member;
  const { function: name } = expr;
  if (name === "_?_:_") return level.ternary;
  if (name === "!_" || name === "-_") return level.unary;
  return (operator(rows, name) ?? operator(infix, name))?.level ?? level.member;
}

function operator<T>(of: Readonly<Record<string, T>>, name: string): T | undefined {
  return Object.hasOwn(of, name) ? of[name] : undefined;
}

function textOf(expr: Expr): string {
  switch (expr.kind) {
    case "constant":
      return literal(expr);
    case "identifier":
      return expr.name;
    case "select": {
      const text = `${write(expr.operand, level.member)}.${expr.optional ? "?" : ""}${field(expr.field)}`;
      return expr.test ? `has(${text})` : text;
    }
    case "call":
      return call(expr);
    case "list":
      return `[${expr.elements.map(element).join(", ")}]`;
    case "map":
      return `{${expr.entries.map(({ key, value, optional }) => entry(unparse(key), value, optional)).join(", ")}}`;
    case "message": {
      const fields = expr.fields.map(({ name, value, optional }) => entry(field(name), value, optional));
      return `${expr.name}{${fields.join(", ")}}`;
    }
    case "comprehension": {
      const { variable, second, filter, body } = expr;
      const variables = second === undefined ? [variable] : [variable, second];
      const parts = filter === undefined ? [body] : [filter, body];
      return `${write(expr.range, level.member)}.${expr.written}(${[...variables, ...parts.map(unparse)].join(", ")})`;
    }
    case "bind": {
      const { macro, variable } = expr;
      const body = unparse(expr.body);
      if (macro === "bind") return `cel.bind(${variable}, ${unparse(expr.value)}, ${body})`;
      return `${write(expr.value, level.member)}.${macro}(${variable}, ${body})`;
    }
  }
}

function call({ function: name, target, args }: Call): string {
  const [first, second, third] = args;
  if (target !== undefined) return `${write(target, level.member)}.${name}(${args.map(unparse).join(", ")})`;
  if (first !== undefined && second !== undefined) {
    if (third !== undefined && name === "_?_:_") {
      return `${write(first, level.or)} ? ${write(second, level.or)} : ${unparse(third)}`;
    }
    if (name === "_[_]" || name === "_[?_]") {
      return `${write(first, level.member)}[${name === "_[?_]" ? "?" : ""}${unparse(second)}]`;
    }
    const row = operator(rows, name);
    // A row within a row of the same operator is another tree than one row.
    if (row !== undefined) return args.map((arg) => write(arg, row.level + 1)).join(` ${row.sign} `);
    const between = operator(infix, name);
    if (between !== undefined) {
      return `${write(first, between.level)} ${between.sign} ${write(second, between.level + 1)}`;
    }
  }
  if (first !== undefined && (name === "!_" || name === "-_")) {
    const operand = write(first, level.member);
    // A minus sign before digits belongs to the number.
    return name === "-_" && /^(?:-|\.?\d)/.test(operand) ? `-(${operand})` : `${name[0]}${operand}`;
  }
  return `${name}(${args.map(unparse).join(", ")})`;
}

function element({ value, optional }: Element): string {
  return `${optional ? "?" : ""}${unparse(value)}`;
}

function entry(key: string, value: Expr, optional: boolean): string {
  return `${optional ? "?" : ""}${key}: ${unparse(value)}`;
}

/** In backticks where it is no name or a word of the grammar's own. */
function field(name: string): string {
  return /^[A-Za-z_]\w*$/.test(name) && !/^(?:true|false|null|in)$/.test(name) ? name : `\`${name}\``;
}

function literal(constant: Literal): string {
  switch (constant.type) {
    case "uint":
      return `${constant.value}u`;
    case "double": {
      const text = Object.is(constant.value, -0) ? "-0" : String(constant.value);
      return /[.e]/.test(text) ? text : `${text}.0`;
    }
    case "string":
      return `"${constant.value.replace(/["\\\p{Cc}]/gu, escaped)}"`;
    case "bytes":
      return `b"${Array.from(constant.value, byte).join("")}"`;
    default:
      return String(constant.value);
  }
}

const escapes: Readonly<Record<string, string>> = { '"': '\\"', "\\": "\\\\", "\n": "\\n", "\r": "\\r", "\t": "\\t" };

function escaped(character: string): string {
  return escapes[character] ?? `\\x${character.charCodeAt(0).toString(16).padStart(2, "0")}`;
}

function byte(value: number): string {
  const character = String.fromCharCode(value);
  return value < 0x20 || value > 0x7e || character === '"' || character === "\\" ? escaped(character) : character;
}
