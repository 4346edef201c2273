import { readFileSync } from "node:fs";
import { Ajv2020 } from "ajv/dist/2020.js";
import { CloudEvent } from "cloudevents";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type Condition, conditionId } from "./condition.ts";
import { dataSchema, decodeCondition, encodeEvent, type Transition } from "./event.ts";

const schema = JSON.parse(readFileSync(new URL("../../schema/condition.v1.json", import.meta.url), "utf8"));
/** Readers let fields that were added later pass; here there must be none that the schema does not know. */
const closed = {
  ...schema,
  additionalProperties: false,
  properties: { ...schema.properties, object: { ...schema.properties.object, additionalProperties: false } },
};
const validate = new Ajv2020({ formats: { "date-time": (text: string) => !Number.isNaN(Date.parse(text)) } }).compile(
  closed,
);

const instant = fc.integer({ min: 0, max: 4e12 }).map((time) => new Date(time).toISOString());
const text = fc.string({ unit: "binary", minLength: 1 });
const condition: fc.Arbitrary<Condition> = fc
  .record({
    rule: fc.stringMatching(/^[A-Za-z][A-Za-z0-9_-]{0,20}$/),
    severity: fc.constantFrom("critical", "warning", "info"),
    resource: fc.constant("pods"),
    object: fc.record(
      { apiVersion: text, kind: text, namespace: text, name: text, uid: text, resourceVersion: text },
      {
        requiredKeys: ["apiVersion", "kind", "name", "uid", "resourceVersion"],
      },
    ),
    element: fc.option(text),
    startsAt: instant,
    summary: fc.string({ unit: "binary" }),
    details: fc.dictionary(text, fc.jsonValue()),
    labels: fc.dictionary(text, fc.string()),
  })
  .map((parts) =>
    JSON.parse(JSON.stringify({ ...parts, id: conditionId(parts.rule, parts.object.uid, parts.element) })),
  );
const transition: fc.Arbitrary<Transition> = fc.oneof(
  condition.map((one) => ({ type: "firing" as const, condition: one })),
  fc.record({
    type: fc.constant("resolved" as const),
    condition,
    endsAt: instant,
    reason: fc.constantFrom("recovered" as const, "deleted" as const, "rule-removed" as const),
  }),
);

function message(one: Transition, sequence: number): string {
  const { head, tail } = encodeEvent("prod-eu", one);
  return `${head}${sequence}${tail}`;
}

describe("a message", () => {
  it("is what the CloudEvents SDK accepts in strict mode, with data that our schema accepts", () => {
    fc.assert(
      fc.property(transition, fc.nat(), (one, sequence) => {
        const event = new CloudEvent(JSON.parse(message(one, sequence)), true);
        expect(event.validate()).toBe(true);
        expect(event.sequence).toBe(String(sequence));
        expect(event.dataschema).toBe(dataSchema);
        expect(validate(event.data), JSON.stringify(validate.errors)).toBe(true);
      }),
    );
  });

  it("gives back the condition that it is about", () => {
    fc.assert(
      fc.property(condition, (one) => {
        expect(decodeCondition(one.id, message({ type: "firing", condition: one }, 1))).toEqual(one);
      }),
    );
  });

  it("is one line, whatever its reader takes for the end of one", () => {
    const odd = fc.stringMatching(/^[a\n\r\u2028\u2029\u0085]*$/);
    fc.assert(
      fc.property(condition, odd, (one, summary) => {
        const json = message({ type: "firing", condition: { ...one, summary } }, 1);
        expect(json).not.toMatch(/[\n\r\u2028\u2029]/);
        expect(JSON.parse(json).data.summary).toBe(summary);
      }),
    );
  });

  it("has the schema's own name in dataschema", () => {
    expect(schema.$id).toBe(dataSchema);
  });

  it("names the object from its resource down to its element", () => {
    const pod: Condition = {
      id: conditionId("PodCrashLoopBackOff", "u1", "api"),
      rule: "PodCrashLoopBackOff",
      severity: "critical",
      resource: "pods",
      object: {
        apiVersion: "v1",
        kind: "Pod",
        namespace: "shop",
        name: "checkout-7c9d8",
        uid: "u1",
        resourceVersion: "7",
      },
      element: "api",
      startsAt: "2026-11-22T18:45:21.051Z",
      summary: "container api keeps crashing",
      details: { restarts: 7 },
      labels: { team: "shop" },
    };
    const { subject, id, type } = JSON.parse(message({ type: "firing", condition: pod }, 1841));
    expect({ subject, id, type }).toEqual({
      subject: "pods/shop/checkout-7c9d8/api",
      id: "PodCrashLoopBackOff/u1/api@2026-11-22T18:45:21.051Z/firing",
      type: "kubecast.condition.firing",
    });
  });
});
