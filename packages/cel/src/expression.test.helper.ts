import fc from "fast-check";
import { Double, Uint, type Value } from "./values/value.ts";

// Random expressions that are well typed, and values for their variables. They are held against
// @bufbuild/cel, so there is nothing in them that is known to be wrong there (0.6.1):
// - int(""), uint("") and double("a") give 0 and NaN instead of errors, uint("9223372036854775808") and uint(1e19) errors;
// - a uint beyond 2^63 has no quotient and no remainder;
// - string(timestamp) has three digits of a fraction where cel-go has as many as it takes;
// - has(x.f) is false where x is no map, and where x.f is null;
// - strings are in the order of UTF-16 units, not of code points;
// - a duration may be longer than 64 bits of nanoseconds.

export const variableTypes = {
  i: "int",
  j: "int",
  u: "uint",
  d: "double",
  s: "string",
  b: "bool",
  y: "bytes",
  li: "list<int>",
  ls: "list<string>",
  m: "map<string, int>",
  o: "dyn",
} as const;

const ints = fc.oneof(
  fc.integer({ min: -5, max: 5 }).map(BigInt),
  fc.constantFrom(2n ** 63n - 1n, -(2n ** 63n), 2n ** 53n, 2n ** 53n - 1n, -(2n ** 53n), 2n ** 32n, 2n ** 31n),
  fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
);
const uints = fc.oneof(
  fc.integer({ min: 0, max: 5 }).map(BigInt),
  fc.constantFrom(2n ** 64n - 1n, 2n ** 63n, 2n ** 53n + 1n),
  fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }),
);
const doubles = fc.oneof(
  fc.integer({ min: -5, max: 5 }),
  fc.constantFrom(0.5, -0, 2 ** 53, 2 ** 63, -(2 ** 63), 2 ** 64, 1e300, 5e-324),
  fc.double({ noNaN: true, noDefaultInfinity: true }),
);
const texts = fc.oneof(
  fc.constantFrom("", "a", "b", "abc", "aab", "é", "\u{1f600}x", "1", "-7", "1.5", "true"),
  fc.string({ maxLength: 6, unit: fc.constantFrom(..."abcé漢1 .-\u{1f600}") }),
);
const bytes = fc.uint8Array({ maxLength: 4 });
const names = fc.constantFrom("a", "b", "c", "__proto__", "constructor");
const whole = (value: bigint): Value => (Number.isSafeInteger(Number(value)) ? Number(value) : value);
const fraction = (value: number): Value => (Number.isSafeInteger(value) ? new Double(value) : value);

/** What JSON can say, but for fields that are null: `has` takes those for absent in the other engine. */
const { json } = fc.letrec<{ json: unknown }>((tie) => ({
  json: fc.oneof(
    { depthSize: "small" },
    fc.integer({ min: -3, max: 3 }),
    fc.constantFrom(true, false, 0.5, -1.25),
    texts,
    fc.array(fc.option(tie("json")), { maxLength: 3 }),
    fc.dictionary(names, tie("json"), { maxKeys: 3 }),
  ),
}));

/** A value for each variable. */
export const bindings: fc.Arbitrary<Record<keyof typeof variableTypes, Value>> = fc.record({
  i: ints.map(whole),
  j: ints.map(whole),
  u: uints.map((value): Value => new Uint(value)),
  d: doubles.map(fraction),
  s: texts.map((value): Value => value),
  b: fc.boolean().map((value): Value => value),
  y: bytes.map((value): Value => new Uint8Array(value)),
  li: fc.array(ints.map(whole), { maxLength: 4 }) as fc.Arbitrary<Value>,
  ls: fc.array(texts, { maxLength: 4 }) as fc.Arbitrary<Value>,
  m: fc.dictionary(names, ints.map(whole), { maxKeys: 3 }) as fc.Arbitrary<Value>,
  o: fc.dictionary(names, json, { maxKeys: 3 }) as fc.Arbitrary<Value>,
});

const quoted = (text: string): string => `r"${text}"`;
const literalText = texts.filter((text) => !/["\\\r\n]/.test(text)).map(quoted);
const literalDouble = doubles.map((value) => (/[.e]/.test(String(value)) ? String(value) : `${value}.0`));
const literalBytes = bytes.map(
  (value) => `b'${Array.from(value, (each) => `\\x${each.toString(16).padStart(2, "0")}`).join("")}'`,
);
const time = fc
  .date({ min: new Date("1900-01-01T00:00:00Z"), max: new Date("2100-01-01T00:00:00Z"), noInvalidDate: true })
  .map((date) => `timestamp("${date.toISOString()}")`);
// Within 292 years, which a duration's nanoseconds in 64 bits are; the other engine has no such bound.
const span = fc
  .oneof(fc.integer({ min: -4000, max: 4000 }), fc.integer({ min: -100_000_000, max: 100_000_000 }))
  .map((seconds) => `duration("${seconds}s")`);

type Kind =
  | "int"
  | "uint"
  | "double"
  | "string"
  | "bool"
  | "bytes"
  | "ints"
  | "strings"
  | "map"
  | "time"
  | "span"
  | "any";

/** The text of an expression of any type. */
export const { any: expression } = fc.letrec<Record<Kind, string>>((tie) => {
  const infix = (kind: Kind, ...signs: string[]) =>
    fc.tuple(tie(kind), fc.constantFrom(...signs), tie(kind)).map(([one, sign, other]) => `(${one} ${sign} ${other})`);
  const of = (write: (...parts: string[]) => string, ...kinds: Kind[]) =>
    fc.tuple(...kinds.map((kind) => tie(kind))).map((parts) => write(...parts));
  const choice = (kind: Kind) => of((when, yes, no) => `(${when} ? ${yes} : ${no})`, "bool", kind, kind);
  const some = (...ways: fc.Arbitrary<string>[]) => fc.oneof({ depthSize: "small", withCrossShrink: true }, ...ways);
  const field = names.map((name) => `.${name}`);
  const calendar = fc.constantFrom(
    "FullYear",
    "Month",
    "DayOfYear",
    "DayOfMonth",
    "Date",
    "DayOfWeek",
    "Hours",
    "Minutes",
    "Seconds",
    "Milliseconds",
  );
  return {
    int: some(
      ints.map(String),
      fc.constantFrom("i", "j"),
      infix("int", "+", "-", "*", "/", "%"),
      of((value) => `-(${value})`, "int"),
      choice("int"),
      of((value) => `size(${value})`, "string"),
      of((value) => `${value}.size()`, "ints"),
      of((value) => `size(${value})`, "bytes"),
      of((value) => `size(${value})`, "map"),
      of((list, index) => `${list}[${index}]`, "ints", "int"),
      of((map, key) => `${map}[${key}]`, "map", "string"),
      fc.tuple(tie("map"), field).map(([map, name]) => map + name),
      of((value) => `int(${value})`, "uint"),
      of((value) => `int(${value})`, "double"),
      of((value) => `int(string(${value}))`, "int"),
      of((value) => `int(${value})`, "time"),
      fc.tuple(tie("time"), calendar).map(([value, part]) => `${value}.get${part}()`),
    ),
    uint: some(
      uints.map((value) => `${value}u`),
      fc.constant("u"),
      infix("uint", "+", "-", "*"),
      choice("uint"),
      of((value) => `uint(${value})`, "int"),
      doubles.filter((value) => value < 2 ** 63).map((value) => `uint(double("${value}"))`),
    ),
    double: some(
      literalDouble,
      fc.constant("d"),
      infix("double", "+", "-", "*", "/"),
      of((value) => `-(${value})`, "double"),
      choice("double"),
      of((value) => `double(${value})`, "int"),
      of((value) => `double(${value})`, "uint"),
      fc.constantFrom("1.5", "-0.25", "1e3").map((text) => `double("${text}")`),
    ),
    string: some(
      literalText,
      fc.constant("s"),
      infix("string", "+"),
      choice("string"),
      of((list, index) => `${list}[${index}]`, "strings", "int"),
      of((value) => `string(${value})`, "int"),
      of((value) => `string(${value})`, "uint"),
      of((value) => `string(${value})`, "bool"),
      of((value) => `string(${value})`, "bytes"),
    ),
    bytes: some(
      literalBytes,
      fc.constant("y"),
      infix("bytes", "+"),
      choice("bytes"),
      of((value) => `bytes(${value})`, "string"),
    ),
    bool: some(
      fc.constantFrom("true", "false", "b"),
      infix("bool", "&&", "||", "==", "!="),
      of((value) => `!(${value})`, "bool"),
      choice("bool"),
      ...(["int", "uint", "double", "string", "bytes", "bool", "time", "span"] as const).map((kind) =>
        infix(kind, "<", "<=", ">", ">=", "==", "!="),
      ),
      ...(["ints", "strings", "map"] as const).map((kind) => infix(kind, "==", "!=")),
      of((one, other) => `dyn(${one}) == dyn(${other})`, "any", "any"),
      of((one, other) => `dyn(${one}) < dyn(${other})`, "int", "double"),
      of((one, other) => `dyn(${one}) >= dyn(${other})`, "uint", "int"),
      of((value, list) => `(${value} in ${list})`, "int", "ints"),
      of((value, map) => `(${value} in ${map})`, "string", "map"),
      of((one, other) => `${one}.startsWith(${other})`, "string", "string"),
      of((one, other) => `${one}.endsWith(${other})`, "string", "string"),
      of((one, other) => `${one}.contains(${other})`, "string", "string"),
      of((value) => `${value}.matches("^[a-c]+$|1")`, "string"),
      of((value) => `(type(${value}) == int)`, "any"),
      fc
        .tuple(fc.constantFrom("all", "exists", "exists_one"), tie("ints"), tie("int"))
        .map(([macro, list, value]) => `${list}.${macro}(x, x > ${value})`),
      fc
        .tuple(fc.constantFrom("all", "exists"), tie("map"), tie("int"))
        .map(([macro, map, value]) => `${map}.${macro}(k, ${map}[k] != ${value})`),
      field.map((name) => `has(o${name})`),
      fc.array(field, { minLength: 1, maxLength: 3 }).map((path) => `(o${path.join("")} == "a")`),
    ),
    ints: some(
      fc.constant("li"),
      fc.array(tie("int"), { maxLength: 3 }).map((values) => `[${values.join(", ")}]`),
      infix("ints", "+"),
      of((list, value) => `${list}.map(x, x + ${value})`, "ints", "int"),
      of((list, value) => `${list}.filter(x, x != ${value})`, "ints", "int"),
      of((list, value, other) => `${list}.map(x, x > ${value}, ${other})`, "ints", "int", "int"),
    ),
    strings: some(
      fc.constant("ls"),
      infix("strings", "+"),
      of((value) => `[${value}, "b"]`, "string"),
    ),
    map: some(
      fc.constant("m"),
      choice("map"),
      of((value, other) => `{"a": ${value}, "constructor": ${other}}`, "int", "int"),
      of((key, value) => `{${key}: ${value}}`, "string", "int"),
    ),
    time: some(time, infix2("time", "span"), choice("time")),
    span: some(
      span,
      infix("span", "+", "-"),
      of((one, other) => `(${one} - ${other})`, "time", "time"),
    ),
    any: fc.oneof(
      ...(["int", "uint", "double", "string", "bool", "bytes", "ints", "strings", "map", "time", "span"] as const).map(
        (kind) => tie(kind),
      ),
      fc.array(field, { maxLength: 3 }).map((path) => `o${path.join("")}`),
    ),
  };

  function infix2(kind: Kind, other: Kind): fc.Arbitrary<string> {
    return fc.tuple(tie(kind), fc.constantFrom("+", "-"), tie(other)).map((parts) => `(${parts.join(" ")})`);
  }
});
