import { badRequest } from "../api/status-error.ts";

type Labels = Readonly<Record<string, string>>;
export type LabelPredicate = (labels: Labels) => boolean;

/** A token's kind is the token itself for signs and key words, `word` for all else, `end` behind the last. */
interface Token {
  readonly kind: string;
  readonly text: string;
}

const signs = /\s*(==|!=|[!=<>(),]|[^\s!=<>(),]+)/y;
const qualifiedName = /^([a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?\/)?[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?$/;
const labelValue = /^([A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?)?$/;

/**
 * Parses `a=b,c!=d,e in (f,g),h notin (i),j,!k,l>1`; the empty selector selects
 * all. Throws a 400 that names what was found where something else was due.
 * Grammar and meaning: k8s.io/apimachinery/pkg/labels.
 */
export function parseLabelSelector(text: string): LabelPredicate {
  const parser = new Parser(text);
  const requirements: LabelPredicate[] = [];
  if (parser.peek.kind === "end") return () => true;
  while (true) {
    requirements.push(parser.requirement());
    const token = parser.next();
    if (token.kind === "end") return (labels) => requirements.every((matches) => matches(labels));
    if (token.kind !== ",") throw badRequest(`found '${token.text}', expected: ',' or 'end of string'`);
    if (parser.peek.kind === "end") throw badRequest("found '', expected: identifier after ','");
  }
}

class Parser {
  readonly #tokens: Token[];
  #position = 0;

  constructor(text: string) {
    this.#tokens = tokens(text);
  }

  get peek(): Token {
    return this.#tokens[this.#position] ?? { kind: "end", text: "" };
  }

  next(): Token {
    const token = this.peek;
    this.#position++;
    return token;
  }

  requirement(): LabelPredicate {
    if (this.peek.kind === "!") {
      this.next();
      const key = this.#key();
      return (labels) => labelOf(labels, key) === undefined;
    }
    const key = this.#key();
    switch (this.peek.kind) {
      case "end":
      case ",":
        return (labels) => labelOf(labels, key) !== undefined;
      case "=":
      case "==": {
        this.next();
        const value = this.#value();
        return (labels) => labelOf(labels, key) === value;
      }
      case "!=": {
        this.next();
        const value = this.#value();
        return (labels) => labelOf(labels, key) !== value;
      }
      case "<":
      case ">":
        return this.#comparison(key, this.next().kind);
      default:
        return this.#membership(key);
    }
  }

  #membership(key: string): LabelPredicate {
    const { text } = this.next();
    if (text !== "in" && text !== "notin") {
      throw unparsable(`found '${text}', expected: in, notin, =, ==, !=, >, <`);
    }
    const values = this.#values();
    if (text === "notin") return (labels) => !includes(values, labelOf(labels, key));
    return (labels) => includes(values, labelOf(labels, key));
  }

  #comparison(key: string, sign: string): LabelPredicate {
    const text = this.#value();
    if (!/^-?\d+$/.test(text)) throw badRequest(`for '>' and '<' the value must be an integer, found '${text}'`);
    const limit = BigInt(text);
    return (labels) => {
      const value = labelOf(labels, key);
      if (value === undefined || !/^[-+]?\d+$/.test(value)) return false;
      return sign === ">" ? BigInt(value) > limit : BigInt(value) < limit;
    };
  }

  #key(): string {
    const token = this.next();
    if (token.kind !== "word") throw unparsable(`found '${token.text}', expected: identifier`);
    if (!qualifiedName.test(token.text)) throw unparsable(`'${token.text}' is not a label key`);
    return token.text;
  }

  /** A value may be absent: `a=` asks for the empty one. */
  #value(): string {
    if (this.peek.kind !== "word") {
      if (this.peek.kind === "end" || this.peek.kind === ",") return "";
      throw unparsable(`found '${this.peek.text}', expected: identifier`);
    }
    return checkedValue(this.next().text);
  }

  /** Between two signs is an empty value: `()` holds that alone. */
  #values(): ReadonlySet<string> {
    const open = this.next();
    if (open.kind !== "(") throw unparsable(`found '${open.text}', expected: '('`);
    const values = new Set<string>();
    while (true) {
      values.add(this.peek.kind === "word" ? checkedValue(this.next().text) : "");
      const token = this.next();
      if (token.kind === ")") return values;
      if (token.kind !== ",") throw unparsable(`found '${token.text}', expected: ',' or ')'`);
    }
  }
}

/** A label's own value: no label is called `toString` unless somebody named it so. */
function labelOf(labels: Labels, key: string): string | undefined {
  return Object.hasOwn(labels, key) ? labels[key] : undefined;
}

function includes(values: ReadonlySet<string>, value: string | undefined): boolean {
  return value !== undefined && values.has(value);
}

function tokens(text: string): Token[] {
  const found: Token[] = [];
  signs.lastIndex = 0;
  for (let match = signs.exec(text); match !== null; match = signs.exec(text)) {
    const word = match[1] ?? "";
    found.push({ kind: /^[^!=<>(),]/.test(word) ? "word" : word, text: word });
  }
  return found;
}

function checkedValue(text: string): string {
  if (!labelValue.test(text)) throw unparsable(`'${text}' is not a label value`);
  return text;
}

function unparsable(why: string): Error {
  return badRequest(`unable to parse requirement: ${why}`);
}
