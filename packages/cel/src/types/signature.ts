import {
  BOOL,
  BYTES,
  DOUBLE,
  DURATION,
  DYN,
  INT,
  listOf,
  mapOf,
  NULL,
  opaque,
  optionalOf,
  parameter,
  STRING,
  TIMESTAMP,
  type Type,
  typeOf,
  UINT,
} from "./type.ts";

/** What a function takes and gives. Of a method the first parameter is the target. */
export interface Signature {
  readonly parameters: readonly Type[];
  readonly result: Type;
}

const simple: ReadonlyMap<string, Type> = new Map([
  ["dyn", DYN],
  ["null", NULL],
  ["bool", BOOL],
  ["int", INT],
  ["uint", UINT],
  ["double", DOUBLE],
  ["string", STRING],
  ["bytes", BYTES],
  ["timestamp", TIMESTAMP],
  ["duration", DURATION],
]);

/**
 * `(list<T>, T) -> bool`. A single capital letter is a type parameter, `optional<T>`
 * an optional, a name that is none of CEL's own an opaque type.
 */
export function parseSignature(text: string): Signature {
  const parser = new SignatureParser(text);
  return parser.signature();
}

/** The same notation for a type alone. */
export function parseType(text: string): Type {
  return new SignatureParser(text).type();
}

class SignatureParser {
  readonly #tokens: readonly string[];
  #index = 0;

  constructor(text: string) {
    this.#tokens = text.match(/->|[<>(),]|[\w.]+/g) ?? [];
  }

  signature(): Signature {
    const parameters: Type[] = [];
    this.#expect("(");
    while (!this.#take(")")) {
      parameters.push(this.type());
      this.#take(",");
    }
    this.#expect("->");
    return { parameters, result: this.type() };
  }

  type(): Type {
    const name = this.#tokens[this.#index++] ?? "";
    const parameters: Type[] = [];
    if (this.#take("<")) {
      do parameters.push(this.type());
      while (this.#take(","));
      this.#expect(">");
    }
    const [first = DYN, second = DYN] = parameters;
    if (name === "list") return listOf(first);
    if (name === "map") return mapOf(first, second);
    if (name === "type") return typeOf(first);
    if (name === "optional") return optionalOf(first);
    if (/^[A-Z]$/.test(name)) return parameter(name);
    return simple.get(name) ?? opaque(name, ...parameters);
  }

  #take(token: string): boolean {
    if (this.#tokens[this.#index] !== token) return false;
    this.#index++;
    return true;
  }

  #expect(token: string): void {
    if (!this.#take(token)) throw new Error(`${this.#tokens.join(" ")}: no ${token} where one is wanted`);
  }
}
