import { type KubeApiserver, startKubeApiserver } from "@kubecast/testbed";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { compile } from "../compile.ts";
import { structsOfSchema } from "./schema.ts";

const text = (format?: string) => ({ type: "string", maxLength: 50, ...(format !== undefined && { format }) });
const schema = {
  type: "object",
  properties: {
    spec: {
      type: "object",
      properties: {
        replicas: { type: "integer", format: "int32" },
        large: { type: "integer", format: "int64" },
        ratio: { type: "number" },
        title: text(),
        size: { type: "string", enum: ["s", "m", "l"] },
        data: text("byte"),
        from: { type: "string", format: "date-time" },
        day: { type: "string", format: "date" },
        timeout: { type: "string", format: "duration" },
        port: { "x-kubernetes-int-or-string": true, maxLength: 10 },
        memory: text(),
        address: text(),
        paused: { type: "boolean", nullable: true },
        labels: { type: "object", maxProperties: 5, additionalProperties: text() },
        ends: { type: "object", maxProperties: 5, additionalProperties: text("date-time") },
        times: { type: "array", maxItems: 5, items: text("date-time") },
        weights: { type: "array", maxItems: 5, items: { type: "number" } },
        parts: {
          type: "array",
          maxItems: 5,
          items: { type: "object", properties: { name: text(), count: { type: "integer" } } },
        },
        "foo-bar": text(),
        "a.b": { type: "integer" },
        in: { type: "boolean" },
        namespace: text(),
      },
    },
    status: { type: "object", properties: { phase: text() } },
  },
};

const whole = {
  replicas: 3,
  large: 9007199254740993n,
  ratio: 2,
  title: "Grüße",
  size: "m",
  data: "aGk=",
  from: "2026-01-31T12:00:00Z",
  day: "2026-01-31",
  timeout: "1m30s",
  port: 8080,
  memory: "1.5Gi",
  address: "10.0.0.7",
  paused: false,
  labels: { app: "web" },
  ends: { a: "2026-02-01T00:00:00Z" },
  times: ["2026-01-31T12:00:00Z", "2026-01-31T11:00:00Z"],
  weights: [1, 2.5],
  parts: [{ name: "a", count: 1 }, { name: "b" }],
  "foo-bar": "dashed",
  "a.b": 1,
  in: true,
  namespace: "shop",
};
/** A number beyond 2^53 cannot be read back from JSON, so that no rule may depend on its last digits. */
const widgets: readonly Readonly<Record<string, unknown>>[] = [
  { spec: { ...whole, large: 9007199254740992 } },
  { spec: { replicas: -1, ratio: 0.5, title: "", port: "http", memory: "lots", address: "::1", paused: true } },
  { spec: { timeout: "2 days", ratio: 2.5, weights: [], times: [], parts: [], labels: {}, ends: {} } },
  { spec: {} },
  {},
];

const rules = [
  "self.spec.replicas > 1",
  "self.spec.replicas / 2 == 1",
  "self.spec.replicas + 9223372036854775806 > 0",
  "self.spec.large > 9007199254740991",
  "self.spec.ratio > 1.0",
  "self.spec.ratio > 1",
  "self.spec.ratio / 4.0 == 0.5",
  "self.spec.title.size() == 5",
  "self.spec.title.matches('^[A-Z]')",
  "self.spec.size in ['s', 'm']",
  "string(self.spec.data) == 'hi'",
  "self.spec.data.size() == 2",
  "self.spec.from > timestamp('2026-01-01T00:00:00Z')",
  "self.spec.from - self.spec.day == duration('12h')",
  "self.spec.day.getDate() == 31",
  "self.spec.timeout > duration('1m')",
  "type(self.spec.port) == int ? self.spec.port > 80 : self.spec.port == 'http'",
  "self.spec.port == 8080",
  "quantity(self.spec.memory).isGreaterThan(quantity('1Gi'))",
  "isQuantity(self.spec.memory)",
  "ip(self.spec.address).family() == 4",
  "cidr('10.0.0.0/8').containsIP(self.spec.address)",
  "!self.spec.paused",
  "has(self.spec.paused) && !self.spec.paused",
  "has(self.spec.title)",
  "has(self.spec) && has(self.spec.title)",
  "self.spec.labels.app == 'web'",
  "self.spec.labels['app'] == 'web'",
  "'app' in self.spec.labels",
  "self.spec.labels.all(k, k.startsWith('a'))",
  "self.spec.labels.all(k, v, k != v)",
  "self.spec.ends.a > self.spec.from",
  "self.spec.ends.exists(k, self.spec.ends[k] > self.spec.from)",
  "self.spec.times[0] > self.spec.times[1]",
  "self.spec.times.exists(t, t.getHours() == 11)",
  "self.spec.times.isSorted()",
  "self.spec.weights.sum() == 3.5",
  "self.spec.parts.all(p, has(p.count))",
  "self.spec.parts.exists_one(p, p.name == 'a')",
  "self.spec.parts.map(p, p.name) == ['a', 'b']",
  "self.spec.parts.filter(p, has(p.count)).size() == 1",
  "self.spec.?title.orValue('none') != 'none'",
  "self.spec.?from.orValue(timestamp('2020-01-01T00:00:00Z')).getFullYear() == 2026",
  "self.spec.foo__dash__bar == 'dashed'",
  "self.spec.a__dot__b == 1",
  "self.spec.__in__",
  "self.spec.__namespace__ == 'shop'",
  "self.metadata.name == 'w'",
  "!has(self.status) || self.status.phase != ''",
];

const mistakes = [
  "self.spec.replicaz > 1",
  "self.spec.title > 1",
  "self.spec.title + 1 == ''",
  "self.spec.ratio + 1 > 2.0",
  "self.spec.ratio == 2",
  "self.spec.data == 'hi'",
  "self.spec.from == '2026'",
  "self.spec.timeout > 60",
  "self.spec.parts[0].nam == ''",
  "self.spec.parts.all(p, p.count)",
  "self.spec.labels['a'] > 0",
  "self.spec.labels[0] == ''",
  "self.spec.times[0].size() > 0",
  "self.spec.in",
  "self.spec.foo-bar == ''",
  "self.metadata.labels.size() == 0",
  "self.spec.title",
  "self.spec.replicas",
  "selv.spec.replicas > 1",
  "self.spec.title.nonsense()",
  "self.spec.title.matches('(')",
  "duration('1 hour') == self.spec.timeout",
  "self.spec.replicas == 'a'",
  "self.spec.paused ? 1 : 'a' == 1",
  "self.spec.replicas +",
  "authorizer.path('/healthz').check('get').allowed()",
];

let server: KubeApiserver;
beforeAll(async () => {
  server = await startKubeApiserver();
});
afterAll(() => server?.stop());

const group = "cel.kubecast.test";
function definition(kind: string, expressions: readonly string[]): object {
  const plural = `${kind.toLowerCase()}s`;
  const validations = expressions.map((rule, index) => ({ rule, message: `rule ${index}.` }));
  return {
    apiVersion: "apiextensions.k8s.io/v1",
    kind: "CustomResourceDefinition",
    metadata: { name: `${plural}.${group}` },
    spec: {
      group,
      scope: "Namespaced",
      names: { kind, plural },
      versions: [
        {
          name: "v1",
          served: true,
          storage: true,
          schema: { openAPIV3Schema: { ...schema, "x-kubernetes-validations": validations } },
        },
      ],
    },
  };
}

const crds = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions";
const { type, structs } = structsOfSchema(schema, { name: "Widget" });
const environment = { variables: { self: type }, structs };

/** Whether a rule can be made of the expression: it compiles, and is a bool. */
function isRule(expression: string): boolean {
  try {
    return ["bool", "dyn"].includes(compile(expression, environment).type.kind);
  } catch {
    return false;
  }
}

function holds(expression: string, self: unknown): boolean {
  const outcome = compile(expression, environment).tryEvaluate({ self });
  return outcome.ok && outcome.value === true;
}

describe("rules of a CustomResourceDefinition", () => {
  test("accept and refuse the objects that they do here", async () => {
    expect(rules.filter((rule) => !isRule(rule))).toEqual([]);
    const made = await server.request("POST", crds, definition("Widget", rules));
    expect((made.body as { message?: string }).message).toBeUndefined();
    const path = `/apis/${group}/v1/namespaces/default/widgets?dryRun=All`;
    await vi.waitFor(async () => expect((await server.request("GET", path)).status).toBe(200), 20_000);
    for (const fields of widgets) {
      const widget = { apiVersion: `${group}/v1`, kind: "Widget", metadata: { name: "w" }, ...fields };
      const { body } = await server.request("POST", path, widget);
      // A rule without a value is refused with its text, one that does not hold with its message.
      const told = JSON.stringify(body);
      const theirs = rules.filter((rule, index) => {
        const escaped = JSON.stringify(JSON.stringify(rule)).slice(3, -3);
        return !told.includes(`rule ${index}.`) && !told.includes(escaped);
      });
      expect(theirs).toEqual(rules.filter((rule) => holds(rule, widget)));
    }
  });

  test.each(mistakes)("%s is refused, as it is here", async (rule) => {
    const { status } = await server.request("POST", `${crds}?dryRun=All`, definition("Mistake", [rule]));
    expect(status).toBe(422);
    expect(isRule(rule)).toBe(false);
  });
});
