import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { findServed, type ServedResource } from "../api/resources.ts";
import { StatusError } from "../api/status-error.ts";
import { parseFieldSelector, terms } from "./field-selector.ts";

function resource(apiVersion: string, plural: string): ServedResource {
  return findServed(apiVersion, plural)!;
}
const pods = resource("v1", "pods");

describe("a field selector", () => {
  const metadata = { name: "web", namespace: "shop" };
  const pod = { metadata, spec: { nodeName: "node-1", hostNetwork: true }, status: { phase: "Running" } };

  test.each([
    ["", true],
    ["metadata.name=web", true],
    ["metadata.name==web,metadata.namespace=shop", true],
    ["metadata.name!=web", false],
    ["spec.nodeName=node-1,status.phase!=Failed", true],
    ["spec.nodeName=", false],
    ["status.podIP=", true],
    ["spec.hostNetwork=true", true],
  ])("of a Pod %j", (text, expected) => {
    expect(parseFieldSelector(text, pods)(pod)).toBe(expected);
  });

  test.each([
    ["v1", "nodes", "spec.unschedulable=false", {}],
    [
      "v1",
      "events",
      "involvedObject.name=web,source=kubelet",
      { involvedObject: { name: "web" }, source: { component: "kubelet" } },
    ],
    ["v1", "secrets", "type=Opaque", { type: "Opaque" }],
    ["batch/v1", "jobs", "status.successful=1", { status: { succeeded: 1 } }],
    ["apps/v1", "replicasets", "status.replicas=0", {}],
  ])("of %s %s: %s", (apiVersion, plural, text, object) => {
    expect(parseFieldSelector(text, resource(apiVersion, plural))({ metadata, ...object })).toBe(true);
  });

  test.each([
    ["v1", "pods", "spec.foo=bar", "field label not supported: spec.foo"],
    ["v1", "nodes", "metadata.namespace=x", "field label not supported: metadata.namespace"],
    [
      "v1",
      "configmaps",
      "data.x=1",
      '"data.x" is not a known field selector: only "metadata.name", "metadata.namespace"',
    ],
    ["v1", "pods", "spec.nodeName", "invalid selector: 'spec.nodeName'; can't understand 'spec.nodeName'"],
    ["v1", "pods", "metadata.name=a=b", "must be escaped"],
  ])("of %s %s refuses %s", (apiVersion, plural, text, message) => {
    expect(() => parseFieldSelector(text, resource(apiVersion, plural))).toThrow(message);
  });

  test("takes any value back out of its escapes", () => {
    const escaped = (value: string) => value.replace(/[\\,=]/g, "\\$&");
    const term = fc.record({ field: fc.stringMatching(/^[a-z.]+$/), equal: fc.boolean(), value: fc.string() });
    fc.assert(
      fc.property(fc.array(term), (wanted) => {
        const text = wanted.map(({ field, equal, value }) => `${field}${equal ? "=" : "!="}${escaped(value)}`);
        expect(terms(text.join(","))).toEqual(wanted);
      }),
    );
  });

  test("is parsed or refused with a 400, whatever it is", () => {
    fc.assert(
      fc.property(fc.stringMatching(/^(metadata\.name|[=!,\\a])*$/), (text) => {
        try {
          expect(parseFieldSelector(text, pods)(pod)).toBeTypeOf("boolean");
        } catch (error) {
          expect(error).toBeInstanceOf(StatusError);
        }
      }),
    );
  });
});
