import fc from "fast-check";
import { describe, expect, test } from "vitest";
import * as z from "zod";
import { SchemaError } from "./errors.ts";
import { structuralSchema } from "./schema.ts";
import { faultsOf } from "./structural.test.helper.ts";

const of = (schema: z.ZodType) => structuralSchema(schema, "spec");
/** In a function, so that a test's name does not look into it. */
const hidden = <T extends unknown[]>(rows: [string, z.ZodType, ...T][]) =>
  rows.map(([name, schema, ...rest]) => [name, () => schema, ...rest] as const);
const unknown = { nullable: true, "x-kubernetes-preserve-unknown-fields": true };
const safe = { minimum: -Number.MAX_SAFE_INTEGER, maximum: Number.MAX_SAFE_INTEGER };
const string = { type: "string" };

describe("what a zod schema becomes", () => {
  test.each(
    hidden<[object]>([
      ["a string", z.string(), string],
      ["its length", z.string().min(1).max(5).min(2), { type: "string", minLength: 2, maxLength: 5 }],
      ["its exact length", z.string().length(4), { type: "string", minLength: 4, maxLength: 4 }],
      ["a pattern", z.string().regex(/^a\/\d$/), { type: "string", pattern: "^a/\\d$" }],
      ["a pattern with flags", z.string().regex(/^A$/i), { type: "string", pattern: "(?i)^A$" }],
      [
        "a pattern in Unicode",
        z.string().regex(/[\u00e4-\u{1f600}]/u),
        { type: "string", pattern: "[\\x{00e4}-\\x{1f600}]" },
      ],
      [
        "two patterns",
        z.string().startsWith("a").endsWith("z"),
        { type: "string", allOf: [{ pattern: "^a.*" }, { pattern: ".*z$" }] },
      ],
      ["a template", z.templateLiteral(["v", z.int()]), { type: "string", pattern: expect.stringMatching(/^\^v/) }],
      ["an address of mail", z.email(), { type: "string", format: "email" }],
      ["a URL", z.url(), { type: "string", format: "uri" }],
      ["a UUID", z.uuid(), { type: "string", format: "uuid" }],
      ["a UUID of one version", z.uuidv4(), { type: "string", format: "uuid", pattern: expect.stringContaining("-4") }],
      ["a time", z.iso.datetime(), { type: "string", format: "date-time" }],
      [
        "a time of a precision",
        z.iso.datetime({ precision: 3 }),
        { type: "string", format: "date-time", pattern: expect.anything() },
      ],
      ["a local time", z.iso.datetime({ local: true }), { type: "string", pattern: expect.anything() }],
      ["a date", z.iso.date(), { type: "string", format: "date" }],
      ["a host", z.hostname(), { type: "string", format: "hostname" }],
      ["addresses", z.ipv4(), { type: "string", format: "ipv4" }],
      ["a network", z.cidrv4(), { type: "string", pattern: expect.anything() }],
      ["bytes", z.base64(), { type: "string", format: "byte" }],
      ["a format of Kubernetes", z.string().meta({ format: "duration" }), { type: "string", format: "duration" }],
      ["a number", z.number(), { type: "number" }],
      ["its bounds", z.number().gt(1).lte(9.5), { type: "number", minimum: 1, exclusiveMinimum: true, maximum: 9.5 }],
      ["the tighter bound", z.number().gt(1).gte(2).gt(2), { type: "number", minimum: 2, exclusiveMinimum: true }],
      [
        "multiples",
        z.number().multipleOf(2).multipleOf(3),
        { type: "number", allOf: [{ multipleOf: 2 }, { multipleOf: 3 }] },
      ],
      ["an integer", z.int(), { type: "integer", format: "int64", ...safe }],
      ["an integer from zero", z.number().int().min(0), { type: "integer", format: "int64", ...safe, minimum: 0 }],
      ["32 bits", z.int32().min(1), { type: "integer", format: "int32", minimum: 1 }],
      ["32 bits without a sign", z.uint32(), { type: "integer", format: "int64", minimum: 0, maximum: 4294967295 }],
      ["floats", z.float64(), { type: "number", format: "double" }],
      ["a boolean", z.boolean(), { type: "boolean" }],
      ["an enum", z.enum(["a", "b"]), { type: "string", enum: ["a", "b"] }],
      ["a literal", z.literal(3), { type: "integer", enum: [3] }],
      ["literals", z.union([z.literal("a"), z.enum(["b", "c"])]), { type: "string", enum: ["a", "b", "c"] }],
      ["an enum or null", z.enum(["a.", "b"]).nullable(), { type: "string", pattern: "^(?:a\\.|b)$", nullable: true }],
      ["or null", z.string().nullable(), { type: "string", nullable: true }],
      ["or null, by a union", z.union([z.string(), z.null()]), { type: "string", nullable: true }],
      ["integer or string", z.union([z.int(), z.string()]), { "x-kubernetes-int-or-string": true }],
      [
        "integer or string, bounded",
        z.union([z.string().regex(/^\d+%$/), z.int().min(0)]),
        { "x-kubernetes-int-or-string": true, minimum: 0, pattern: "^\\d+%$" },
      ],
      ["anything", z.unknown(), unknown],
      ["a list", z.array(z.string()).min(1).max(3), { type: "array", items: string, minItems: 1, maxItems: 3 }],
      ["a record", z.record(z.string(), z.boolean()), { type: "object", additionalProperties: { type: "boolean" } }],
      [
        "an object",
        z.object({ b: z.string(), a: z.string().optional(), c: z.string().nullish(), d: z.string().default("x") }),
        {
          type: "object",
          required: ["b"],
          properties: { b: string, a: string, c: { ...string, nullable: true }, d: { ...string, default: "x" } },
        },
      ],
      ["an object of nothing", z.object({}), { type: "object" }],
      [
        "a strict object",
        z.strictObject({ a: z.boolean() }),
        { type: "object", required: ["a"], properties: { a: { type: "boolean" } } },
      ],
      [
        "a loose object",
        z.looseObject({ a: z.string() }),
        { type: "object", required: ["a"], properties: { a: string }, "x-kubernetes-preserve-unknown-fields": true },
      ],
      [
        "a default within a default",
        z.object({ a: z.string().default("x") }).prefault({}),
        {
          type: "object",
          properties: { a: { ...string, default: "x" } },
          default: {},
        },
      ],
      [
        "a function for the default",
        z.array(z.string()).default(() => ["a"]),
        { type: "array", items: string, default: ["a"] },
      ],
      ["what is read only, branded, not optional", z.nonoptional(z.string().optional()).brand("x").readonly(), string],
      ["what comes later", z.lazy(() => z.string()), string],
      ["what it says of itself", z.string().describe("What it is"), { type: "string", description: "What it is" }],
      [
        "what is said around it",
        z.string().describe("in").optional().describe("out"),
        { type: "string", description: "out" },
      ],
      [
        "what Kubernetes is told",
        z
          .array(z.object({ name: z.string() }))
          .meta({ "x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": ["name"], own: 1 }),
        {
          type: "array",
          items: { type: "object", required: ["name"], properties: { name: string } },
          "x-kubernetes-list-type": "map",
          "x-kubernetes-list-map-keys": ["name"],
        },
      ],
      [
        "a refinement that is CEL as well",
        z
          .string()
          .refine((text) => text !== "a")
          .meta({ "x-kubernetes-validations": [{ rule: "self != 'a'" }] }),
        { type: "string", "x-kubernetes-validations": [{ rule: "self != 'a'" }] },
      ],
    ]),
  )("%s", (_, schema, expected) => {
    const structural = of(schema());
    expect(structural).toEqual(expected);
    expect(JSON.stringify(structural)).toBe(JSON.stringify(of(schema())));
    expect(faultsOf(structural)).toEqual([]);
  });
});

describe("what has no form in the API is an error that names its place and what to do", () => {
  type Tree = { children?: Tree[] | undefined };
  const tree: z.ZodType<Tree> = z.object({ children: z.array(z.lazy(() => tree)).optional() });
  let count = 0;

  test.each(
    hidden<[]>([
      [
        "spec.a[].when: the API has no date; use z.iso.datetime()",
        z.object({ a: z.array(z.object({ when: z.date() })) }),
      ],
      ['spec["a.b"].*: the API has no bigint; use z.int()', z.object({ "a.b": z.record(z.string(), z.bigint()) })],
      ["spec: the API has no map; use z.record", z.map(z.string(), z.string())],
      ["spec: the API has no set; use z.array()", z.set(z.string())],
      ["spec: the API has no tuple; use z.array() or z.object()", z.tuple([z.string()])],
      ["spec: the API has no intersection; use .extend()", z.object({}).and(z.object({}))],
      ["spec: the API has no never", z.never()],
      ["spec: the API has no null; use z.nullable()", z.null()],
      ["spec: the API has no catch; use .default()", z.string().catch("x")],
      ["spec: the API has no pipe; use the type that is written", z.string().transform(Number)],
      ["spec: the API has no pipe", z.stringbool()],
      ["spec: the API has no custom; use z.unknown()", z.custom<string>()],
      ["spec: the API keeps what is written; use the type without z.coerce", z.coerce.number()],
      ["spec: the API keeps what is written; use .regex()", z.string().trim()],
      ["spec: a refinement runs in JavaScript; say it in CEL too", z.string().refine(Boolean)],
      ["spec.children[]: the API has no recursive types; use z.unknown()", tree],
      ["z.unknown()", z.json()],
      ["spec: the API takes no null beside literals that are no strings; use .optional()", z.literal([1, null])],
      ["spec: the API has no union but of an integer and a string", z.union([z.string(), z.boolean()])],
      [
        "use one z.object()",
        z.discriminatedUnion("t", [z.object({ t: z.literal("a") }), z.object({ t: z.literal("b") })]),
      ],
      ["spec: the API has no number or string; use z.int() or z.string()", z.union([z.number(), z.string()])],
      ["spec: the API has no such string beside an integer", z.union([z.int(), z.email()])],
      ["spec: the API has literals of one type only", z.literal(["a", 1])],
      ["spec: the API has literals of one type only", z.literal(undefined)],
      ["use z.record()", z.object({ a: z.string() }).catchall(z.string())],
      ["spec: the API takes any key of a record", z.record(z.enum(["a"]), z.string())],
      ["spec: the API takes any key of a record", z.record(z.string().regex(/a/), z.string())],
      ["spec: the API's regular expressions (RE2) do not know a lookahead", z.string().regex(/(?=a)/)],
      ["do not know a back-reference", z.string().regex(/(a)\1/)],
      ["do not know a repetition of more than 1000", z.string().regex(/a{1001}/)],
      ["do not know the flag y", z.string().regex(/a/y)],
      ["do not know a lookahead", z.iso.duration()],
      ["spec: the API cannot check a string of the form jwt; use .regex()", z.jwt()],
      ["spec: the API cannot check a string of the form url", z.url({ protocol: /^https$/ })],
      ["spec: the API has one default for all", z.string().default(() => String(count++))],
      ["spec.a.b: the default: Too small", z.object({ a: z.object({ b: z.string().min(3) }).default({ b: "x" }) })],
      ["spec: the API knows no x-kubernetes-listtype", z.string().meta({ "x-kubernetes-listtype": "set" })],
    ]),
  )("%s", (message, schema) => {
    expect(() => of(schema())).toThrow(SchemaError);
    expect(() => of(schema())).toThrow(message);
  });
});

/** Schemas of all that has a form, nested. */
const { schema: anySchema } = fc.letrec<{ schema: z.ZodType }>((tie) => {
  const leaf = fc.constantFrom<() => z.ZodType>(
    () => z.string().min(1),
    () => z.string().regex(/^a/i),
    () => z.email(),
    () => z.iso.datetime(),
    () => z.int().min(0),
    () => z.int32(),
    () => z.number().gt(1).multipleOf(2).multipleOf(5),
    () => z.boolean(),
    () => z.enum(["a", "b"]),
    () => z.literal(["a", null]),
    () => z.union([z.int(), z.string().max(5)]),
    () => z.unknown(),
  );
  const name = fc.constantFrom("a", "b", "c.d", "type", "properties", "required");
  const inner = tie("schema");
  return {
    schema: fc.oneof(
      { depthSize: "small", withCrossShrink: true },
      leaf.map((make) => make()),
      inner.map((schema) => z.array(schema)),
      inner.map((schema) => z.record(z.string(), schema)),
      inner.map((schema) => schema.optional()),
      inner.map((schema) => schema.nullable()),
      inner.map((schema) => schema.readonly().describe("text")),
      fc.dictionary(name, inner, { noNullPrototype: true }).map((shape) => z.object(shape)),
      fc.dictionary(name, inner, { noNullPrototype: true }).map((shape) => z.looseObject(shape)),
      fc.tuple(inner, inner).map(([a, b]) => z.object({ a: a.optional(), b: b.nullish() }).prefault({})),
    ),
  };
});

test("whatever is nested in what, the schema is structural, and requires what zod requires", () => {
  fc.assert(
    fc.property(anySchema, (schema) => {
      const structural = of(z.object({ field: schema }));
      expect(faultsOf(structural)).toEqual([]);
      const mayBeAbsent = !z.toJSONSchema(z.object({ schema }), { io: "input" }).required;
      expect(structural.required ?? []).toEqual(mayBeAbsent ? [] : ["field"]);
      const mayBeNull = schema.safeParse(null).success;
      expect(structural.properties?.field?.nullable ?? false).toBe(mayBeNull);
    }),
    { numRuns: 300 },
  );
});
