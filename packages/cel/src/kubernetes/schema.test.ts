import { describe, expect, it } from "vitest";
import { compile } from "../compile.ts";
import { formatType } from "../types/type.ts";
import { type Duration, formatDuration } from "../values/time.ts";
import { parseSchemaDuration } from "./duration.ts";
import { escapedField } from "./escape.ts";
import { type StructuralSchema, structsOfSchema } from "./schema.ts";

const schema: StructuralSchema = {
  type: "object",
  properties: {
    spec: {
      type: "object",
      properties: {
        replicas: { type: "integer", format: "int32" },
        ratio: { type: "number" },
        title: { type: "string" },
        data: { type: "string", format: "byte" },
        from: { type: "string", format: "date-time" },
        day: { type: "string", format: "date" },
        timeout: { type: "string", format: "duration" },
        port: { "x-kubernetes-int-or-string": true },
        anything: { type: "object", "x-kubernetes-preserve-unknown-fields": true },
        labels: { type: "object", additionalProperties: { type: "string" } },
        ends: { type: "object", additionalProperties: { type: "string", format: "date-time" } },
        times: { type: "array", items: { type: "string", format: "date-time" } },
        weights: { type: "array", items: { type: "number" } },
        parts: { type: "array", items: { type: "object", properties: { name: { type: "string" } } } },
        template: { type: "object", "x-kubernetes-embedded-resource": true },
        "foo-bar": { type: "string" },
        "a.b/c__d": { type: "string" },
        in: { type: "boolean" },
        namespace: { type: "string" },
        "1st": { type: "integer" },
      },
    },
  },
};
const { type, structs } = structsOfSchema(schema, { name: "Widget" });
const program = (expression: string) => compile(expression, { variables: { self: type }, structs });
const typeOf = (expression: string) => formatType(program(expression).type);
const spec = {
  ratio: 2,
  data: "aGk=",
  from: "2026-01-31T12:00:00Z",
  day: "2026-01-31",
  timeout: "90s",
  ends: { a: "2026-02-01T00:00:00Z" },
  times: ["2026-01-31T12:00:00Z", "2026-01-31T11:00:00Z"],
  weights: [1, 2.5],
  "foo-bar": "dashed",
  "a.b/c__d": "all",
  in: true,
  namespace: "shop",
  "1st": 1,
};
const evaluated = (expression: string) => program(expression).evaluate({ self: { spec } });

describe("structsOfSchema", () => {
  it.each([
    ["self.spec.replicas", "int"],
    ["self.spec.ratio", "double"],
    ["self.spec.title", "string"],
    ["self.spec.data", "bytes"],
    ["self.spec.from", "google.protobuf.Timestamp"],
    ["self.spec.day", "google.protobuf.Timestamp"],
    ["self.spec.timeout", "google.protobuf.Duration"],
    ["self.spec.port", "dyn"],
    ["self.spec.anything.at.all", "dyn"],
    ["self.spec.labels", "map(string, string)"],
    ["self.spec.times", "list(google.protobuf.Timestamp)"],
    ["self.spec.parts[0].name", "string"],
    ["self.spec.template.metadata.name", "string"],
    ["self.metadata.generateName", "string"],
    ["self.spec.foo__dash__bar", "string"],
    ["self.spec.__in__", "bool"],
  ])("the type of %s is %s", (expression, expected) => {
    expect(typeOf(expression)).toBe(expected);
  });

  it.each([
    ["self.spec.replicaz > 1", "spec has no field replicaz; did you mean replicas?"],
    ["self.spec.parts.all(p, p.nam == '')", "parts has no field nam; did you mean name?"],
    ["self.metadata.labels == {}", "ObjectMeta has no field labels"],
    ["self.spec.title > 1", "there is no > for a string and an int"],
    ["self.status", "Widget has no field status"],
  ])("%s is refused", (expression, message) => {
    expect(() => program(expression)).toThrow(message);
  });

  it.each([
    ["self.spec.ratio / 4.0", 0.5],
    ["string(self.spec.data)", "hi"],
    ["self.spec.from > self.spec.day", true],
    ["self.spec.timeout == duration('1m30s')", true],
    ["self.spec.ends['a'] > self.spec.from", true],
    ["self.spec.ends.a > self.spec.from", true],
    ["self.spec.ends.all(k, v, v > self.spec.from)", true],
    ["self.spec.times[0] > self.spec.times[1]", true],
    ["self.spec.times.exists(t, t.getHours() == 11)", true],
    ["self.spec.times.max() == self.spec.from", true],
    ["self.spec.weights.sum()", 3.5],
    ["self.spec.?from.orValue(timestamp('2020-01-01T00:00:00Z')).getFullYear()", 2026],
    ["self.spec.times", ["2026-01-31T12:00:00Z", "2026-01-31T11:00:00Z"]],
    ["self.spec.foo__dash__bar", "dashed"],
    ["self.spec.`foo-bar`", "dashed"],
    ["self.spec.a__dot__b__slash__c__underscores__d", "all"],
    ["self.spec.__in__", true],
    ["self.spec.__namespace__ + self.spec.namespace", "shopshop"],
    ["self.spec.`1st`", 1],
    ["has(self.spec.foo__dash__bar) && self.spec.?foo__dash__bar.hasValue()", true],
  ])("%s gives %j", (expression, expected) => {
    expect(evaluated(expression)).toEqual(expected);
  });

  it("reads name fields as the object does", () => {
    expect(program("self.spec.foo__dash__bar").reads).toEqual({ self: { spec: { "foo-bar": true } } });
  });

  it("a list of what is no time is told of", () => {
    expect(() => program("self.spec.times.max()").evaluate({ self: { spec: { times: ["noon"] } } })).toThrow(
      "this is no timestamp",
    );
  });
});

describe("a duration of a schema", () => {
  it.each([
    ["1h30m", "5400s"],
    ["2 days", "172800s"],
    ["1w 1d", "691200s"],
    ["3 Hours", "10800s"],
    ["5 microseconds", "0.000005s"],
    ["soon", undefined],
    ["3 months", undefined],
  ])("%s is %s", (text, expected) => {
    const parsed = parseSchemaDuration(text);
    expect(parsed && formatDuration(parsed as Duration)).toBe(expected);
  });
});

describe("escapedField", () => {
  it.each([
    ["plain", "plain"],
    ["a_b", "a_b"],
    ["a___b", "a__underscores___b"],
    ["-", "__dash__"],
    ["while", "__while__"],
    ["1a", undefined],
    ["ü", undefined],
    ["", undefined],
  ])("%s is %s", (name, expected) => {
    expect(escapedField(name)).toBe(expected);
  });
});
