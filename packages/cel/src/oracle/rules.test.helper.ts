/** Random rules over a Pod that is called `object`; the same for the same seed. */
export function rules(count: number, seed: number): string[] {
  const generator = new Generator(seed);
  return Array.from({ length: count }, (_, index) => generator.of(kinds[index % kinds.length] ?? "bool", 3));
}

type Kind =
  | "bool"
  | "int"
  | "double"
  | "string"
  | "strings"
  | "ints"
  | "objects"
  | "time"
  | "span"
  | "quantity"
  | "map";

const kinds: readonly Kind[] = ["bool", "int", "bool", "string", "bool", "strings", "double", "ints", "span", "map"];

class Generator {
  #state: number;
  #names = 0;
  /** Variables of the macros around, which stand for objects. */
  #locals: string[] = [];

  constructor(seed: number) {
    this.#state = seed;
  }

  /** @param depth of what may be within it. */
  of(kind: Kind, depth: number): string {
    const leaf = this.#leaf(kind);
    if (depth <= 0 || this.#below(8) === 0) return leaf;
    const deeper = (inner: Kind) => this.of(inner, depth - 1);
    return this.#node(kind, deeper, depth) ?? leaf;
  }

  #node(kind: Kind, of: (kind: Kind) => string, depth: number): string | undefined {
    switch (kind) {
      case "bool":
        return this.#pick<() => string>([
          () => `(${of("bool")} && ${of("bool")})`,
          () => `(${of("bool")} || ${of("bool")})`,
          () => `!(${of("bool")})`,
          () => `(${of("bool")} ? ${of("bool")} : ${of("bool")})`,
          () => `${of("int")} ${this.#comparison()} ${of("int")}`,
          () => `${of("int")} ${this.#comparison()} ${of("double")}`,
          () => `${of("double")} ${this.#comparison()} ${of("double")}`,
          () => `${of("string")} ${this.#comparison()} ${of("string")}`,
          () => `${of("time")} ${this.#comparison()} ${of("time")}`,
          () => `${of("span")} ${this.#comparison()} ${of("span")}`,
          () => `${of("quantity")} == ${this.#leaf("quantity")}`,
          () => `${of("quantity")}.${this.#pick(["isLessThan", "isGreaterThan"])}(${of("quantity")})`,
          () => `${of("string")} in ${of("strings")}`,
          () => `${of("string")} in ${of("map")}`,
          () => `${of("ints")} == ${of("ints")}`,
          () => `${of("strings")}.isSorted()`,
          () => `sets.${this.#pick(["contains", "intersects", "equivalent"])}(${of("strings")}, ${of("strings")})`,
          () => `${of("string")}.${this.#pick(["startsWith", "endsWith", "contains"])}(${of("string")})`,
          () => `${of("string")}.matches(${this.#pattern()})`,
          () => `is${this.#pick(["IP", "URL", "Quantity", "Semver", "CIDR"])}(${of("string")})`,
          () => `format.dns1123Label().validate(${of("string")}).hasValue()`,
          () => this.#macro(this.#pick(["all", "exists", "exists_one"]), "objects", depth, "bool"),
          () => `${of("objects")} == ${of("objects")}`,
          () => `has(${this.#path()})`,
        ])();
      case "int":
        return this.#pick<() => string>([
          () => `(${of("int")} ${this.#pick(["+", "-", "*", "/", "%"])} ${of("int")})`,
          () => `-(${of("int")})`,
          () => `size(${of(this.#pick(["string", "strings", "ints", "objects", "map"]))})`,
          () => `${of("string")}.indexOf(${of("string")})`,
          () => `${of("ints")}.${this.#pick(["sum", "min", "max"])}()`,
          () => `${of("ints")}[${of("int")}]`,
          () => `int(${of("double")})`,
          () => `int(${of("string")})`,
          () => `${of("quantity")}.compareTo(${of("quantity")})`,
          () =>
            `${of("time")}.get${this.#pick(["FullYear", "Month", "DayOfMonth", "DayOfWeek", "Hours", "Minutes"])}()`,
          () => `${of("span")}.get${this.#pick(["Hours", "Minutes", "Seconds"])}()`,
          () => `(${of("bool")} ? ${of("int")} : ${of("int")})`,
          () => `${of("strings")}.lastIndexOf(${of("string")})`,
        ])();
      case "double":
        return this.#pick<() => string>([
          () => `(${of("double")} ${this.#pick(["+", "-", "*", "/"])} ${of("double")})`,
          () => `double(${of("int")})`,
          () => `double(${of("string")})`,
          () => `${of("quantity")}.asApproximateFloat()`,
        ])();
      case "string":
        return this.#pick<() => string>([
          () => `(${of("string")} + ${of("string")})`,
          () => `string(${of(this.#pick(["int", "bool", "double", "span", "time"]))})`,
          () => `${of("string")}.${this.#pick(["lowerAscii", "upperAscii", "trim"])}()`,
          () => `${of("string")}.replace(${of("string")}, ${of("string")})`,
          () => `${of("string")}.substring(${of("int")})`,
          () => `${of("string")}.charAt(${of("int")})`,
          () => `${of("string")}.find(${this.#pattern()})`,
          () => `${of("strings")}.join(${of("string")})`,
          () => `${of("strings")}[${of("int")}]`,
          () => `${of("map")}[${of("string")}]`,
          () => `${of("map")}[?${of("string")}].orValue(${of("string")})`,
          () => `object.metadata.?labels.app.orValue(${of("string")})`,
          () => `(${of("bool")} ? ${of("string")} : ${of("string")})`,
          () => `'%s: %d, %x'.format([${of("string")}, ${of("int")}, ${of("string")}])`,
          () => `jsonpatch.escapeKey(${of("string")})`,
          () => `string(type(${of(this.#pick(["int", "string", "strings", "map", "time", "double"]))}) == string)`,
        ])();
      case "strings":
        return this.#pick<() => string>([
          () => `[dyn(${of("string")}), dyn(${of("string")})]`,
          () => `(${of("strings")} + ${of("strings")})`,
          () => `${of("string")}.split(${this.#pick(["':'", "'/'", "'-'", "''"])})`,
          () => `${of("string")}.findAll(${this.#pattern()})`,
          () => this.#macro("map", "objects", depth, "string"),
          () => `${of("strings")}.filter(s, s ${this.#comparison()} ${of("string")})`,
          () => `${of("map")}.map(k, k).sort()`,
          () => `${of("strings")}.${this.#pick(["sort", "distinct", "reverse"])}()`,
          () => `${of("strings")}.transformList(i, s, i > ${of("int")}, s)`,
        ])();
      case "ints":
        return this.#pick<() => string>([
          () => `[dyn(${of("int")}), dyn(${of("int")})]`,
          () => `(${of("ints")} + ${of("ints")})`,
          () => this.#macro("map", "objects", depth, "int"),
          () => `${of("ints")}.filter(n, n > ${of("int")})`,
          () => `${of("ints")}.${this.#pick(["sort", "distinct", "reverse"])}()`,
          () => `${of("ints")}.slice(0, ${of("int")})`,
        ])();
      case "objects":
        return this.#pick<() => string>([
          () => this.#macro("filter", "objects", depth, "bool"),
          () => `(${of("bool")} ? ${of("objects")} : ${of("objects")})`,
        ])();
      case "time":
        return this.#pick([`(${of("time")} + ${of("span")})`, `(${of("time")} - ${of("span")})`]);
      case "span":
        return this.#pick([
          `(${of("time")} - ${of("time")})`,
          `(${of("span")} + ${of("span")})`,
          `duration(${of("string")})`,
        ]);
      case "quantity":
        return this.#pick<() => string>([
          () => `${of("quantity")}.${this.#pick(["add", "sub"])}(${of(this.#pick(["quantity", "int"]))})`,
          () => `quantity(${of("string")})`,
        ])();
      case "map":
        return this.#pick<() => string>([
          () => `{${of("string")}: ${of("string")}}`,
          () => `${of("map")}.transformMap(k, v, k + v)`,
          () => `(${of("bool")} ? ${of("map")} : ${of("map")})`,
        ])();
    }
  }

  #macro(name: string, over: "objects", depth: number, body: Kind): string {
    const range = this.of(over, depth - 1);
    const variable = `o${this.#names++}`;
    this.#locals.push(variable);
    const inner = this.of(body, depth - 1);
    this.#locals.pop();
    return `${range}.${name}(${variable}, ${inner})`;
  }

  #leaf(kind: Kind): string {
    const local = this.#locals.at(-1);
    const mine = (...fields: string[]): string[] =>
      local === undefined ? [] : fields.map((field) => `${local}.${field}`);
    switch (kind) {
      case "bool":
        return this.#pick(["true", "false", "object.spec.hostNetwork", `has(${this.#path()})`, ...mine("ready")]);
      case "int":
        return this.#pick([
          "0",
          "1",
          "2",
          "-7",
          "1000000007",
          "9223372036854775807",
          "object.spec.priority",
          "object.metadata.generation",
          "object.spec.terminationGracePeriodSeconds",
          ...mine("restartCount", "restartCount", "ports[0].containerPort", "livenessProbe.periodSeconds"),
        ]);
      case "double":
        return this.#pick(["0.5", "2.0", "-1e3", "0.1", "1e300"]);
      case "string":
        return this.#pick([
          "''",
          "'app'",
          "'a-B.c'",
          "'Grüße 😀'",
          "'100m'",
          "'1.2.3'",
          "'17'",
          "'1h'",
          "object.metadata.name",
          "object.metadata.namespace",
          "object.status.phase",
          "object.status.podIP",
          "object.metadata.labels.app",
          "object.spec.containers[0].image",
          ...mine("name", "name", "image", "type", "status", "state.waiting.reason"),
        ]);
      case "strings":
        return this.#pick([
          "[]",
          "['a', 'app']",
          "object.metadata.finalizers",
          "object.spec.containers[0].args",
          ...mine("args"),
        ]);
      case "ints":
        return this.#pick(["[1, 2, 3]", "[3, 1]", "object.status.containerStatuses.map(s, s.restartCount)"]);
      case "objects":
        return this.#pick([
          "object.spec.containers",
          "object.status.containerStatuses",
          "object.status.conditions",
          "object.spec.tolerations",
          ...mine("ports", "env"),
        ]);
      case "time":
        return this.#pick([
          "timestamp('2026-01-31T12:00:00Z')",
          "timestamp(object.metadata.creationTimestamp)",
          "timestamp(object.status.startTime)",
          ...mine("lastTransitionTime").map((field) => `timestamp(${field})`),
        ]);
      case "span":
        return this.#pick(["duration('90m')", "duration('-1.5s')", "duration('0.001s')"]);
      case "quantity":
        return this.#pick([
          "quantity('1.5Gi')",
          "quantity('250m')",
          "quantity('1e3')",
          ...mine("resources.requests.memory", "resources.limits.memory").map((field) => `quantity(${field})`),
        ]);
      case "map":
        return this.#pick(["{}", "{'app': 'x', 'b': ''}", "object.metadata.labels", "object.metadata.annotations"]);
    }
  }

  #path(): string {
    const local = this.#locals.at(-1);
    return this.#pick([
      "object.metadata.labels",
      "object.metadata.labels.app",
      "object.metadata.deletionTimestamp",
      "object.metadata.ownerReferences",
      "object.status.phase",
      "object.spec.hostNetwork",
      ...(local === undefined
        ? []
        : [`${local}.state.waiting`, `${local}.reason`, `${local}.name`, `${local}.resources.limits.cpu`]),
    ]);
  }

  #comparison(): string {
    return this.#pick(["==", "!=", "<", "<=", ">", ">="]);
  }

  #pattern(): string {
    return this.#pick([
      "'^[a-z]+'",
      "'[0-9]+'",
      "'(?i)APP'",
      "'a*'",
      "'^(a+)+$'",
      "'[[:alpha:]]-'",
      "''",
      "'\\\\d\\\\.'",
    ]);
  }

  #pick<T>(list: readonly T[]): T {
    return list[this.#below(list.length)] as T;
  }

  /** Mulberry32. */
  #below(bound: number): number {
    this.#state = (this.#state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(this.#state ^ (this.#state >>> 15), 1 | this.#state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) % bound;
  }
}
