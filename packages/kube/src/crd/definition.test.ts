import { describe, expect, expectTypeOf, test } from "vitest";
import * as z from "zod";
import * as mini from "zod/mini";
import { Api } from "../api/api.ts";
import type { Transport } from "../client/transport.ts";
import { customResource, type ObjectFrom } from "./custom-resource.ts";
import { pluralOf, withVersions } from "./definition.ts";
import { InvalidObjectError } from "./errors.ts";

const Document = customResource({
  group: "kube.rs",
  version: "v1",
  kind: "Document",
  shortNames: ["doc"],
  categories: ["all"],
  description: "What is written",
  spec: z.object({ title: z.string().min(1), hide: z.boolean().default(false), pages: z.int32().optional() }),
  status: z.object({ hidden: z.boolean() }),
  printerColumns: [{ name: "Hidden", type: "boolean", jsonPath: ".status.hidden" }],
  selectableFields: [".spec.title"],
  scale: { specReplicasPath: ".spec.pages", statusReplicasPath: ".status.pages" },
  validations: [{ rule: "self.metadata.name != 'illegal'", message: "no" }],
});

test("all that is said of a kind is in its definition", () => {
  expect(Document.definition).toEqual({
    apiVersion: "apiextensions.k8s.io/v1",
    kind: "CustomResourceDefinition",
    metadata: { name: "documents.kube.rs" },
    spec: {
      group: "kube.rs",
      scope: "Namespaced",
      names: { kind: "Document", plural: "documents", singular: "document", shortNames: ["doc"], categories: ["all"] },
      versions: [
        {
          name: "v1",
          served: true,
          storage: true,
          schema: {
            openAPIV3Schema: {
              description: "What is written",
              type: "object",
              required: ["spec"],
              properties: {
                spec: {
                  type: "object",
                  required: ["title"],
                  properties: {
                    title: { type: "string", minLength: 1 },
                    hide: { type: "boolean", default: false },
                    pages: { type: "integer", format: "int32" },
                  },
                },
                status: { type: "object", required: ["hidden"], properties: { hidden: { type: "boolean" } } },
              },
              "x-kubernetes-validations": [{ rule: "self.metadata.name != 'illegal'", message: "no" }],
            },
          },
          subresources: {
            status: {},
            scale: { specReplicasPath: ".spec.pages", statusReplicasPath: ".status.pages" },
          },
          selectableFields: [{ jsonPath: ".spec.title" }],
          additionalPrinterColumns: [{ name: "Hidden", type: "boolean", jsonPath: ".status.hidden" }],
        },
      ],
    },
  });
});

test("what is not said is not in it; the spec may be absent, and the schemas zod/mini's", () => {
  const spec = mini.optional(mini.object({ size: mini._default(mini.string(), "s") }));
  const { definition, namespaced } = customResource({
    group: "a.b",
    version: "v1",
    kind: "Box",
    scope: "Cluster",
    spec,
  });
  expect(namespaced).toBe(false);
  const openAPIV3Schema = {
    type: "object",
    properties: { spec: { type: "object", properties: { size: { type: "string", default: "s" } } } },
  };
  expect(definition.spec).toEqual({
    group: "a.b",
    scope: "Cluster",
    names: { kind: "Box", plural: "boxes", singular: "box" },
    versions: [{ name: "v1", served: true, storage: true, schema: { openAPIV3Schema } }],
  });
});

test.each([
  ["Foo", "foos"],
  ["Policy", "policies"],
  ["Gateway", "gateways"],
  ["Ingress", "ingresses"],
  ["Mesh", "meshes"],
])("several %s are %s", (kind, plural) => {
  expect(pluralOf(kind)).toBe(plural);
});

test.each([
  [{ group: "a/b" }, "group"],
  [{ version: "" }, "version"],
  [{ plural: "../pods" }, "plural"],
  [{ kind: "document" }, "the kind document is no word in CamelCase"],
])("%j is no name", (names, message) => {
  const options = { group: "a.b", version: "v1", kind: "Document", spec: z.object({}), ...names };
  expect(() => customResource(options)).toThrow(message);
});

test("an Api of it knows the type of its objects, with defaults filled in", () => {
  const api = Api.of({} as Transport, Document);
  expectTypeOf(api.get).returns.resolves.toHaveProperty("spec").toEqualTypeOf<{
    title: string;
    hide: boolean;
    pages?: number | undefined;
  }>();
  expectTypeOf<NonNullable<ObjectFrom<typeof Document>["status"]>>().toEqualTypeOf<{ hidden: boolean }>();
  expectTypeOf<Parameters<typeof Document.new>[0]["spec"]["hide"]>().toEqualTypeOf<boolean | undefined>();
  expect(api.raw.within("shop").get("lorem").path).toBe("/apis/kube.rs/v1/namespaces/shop/documents/lorem");
});

describe("an object", () => {
  test("that is new has what it is and its defaults", () => {
    expect(Document.new({ metadata: { name: "lorem" }, spec: { title: "Lorem" } })).toEqual({
      apiVersion: "kube.rs/v1",
      kind: "Document",
      metadata: { name: "lorem" },
      spec: { title: "Lorem", hide: false },
    });
  });

  test("that was read keeps what it has, without what the schema does not know", () => {
    const read = {
      ...{ apiVersion: "kube.rs/v1", kind: "Document", metadata: { name: "lorem", labels: { a: "b" } } },
      ...{ spec: { title: "Lorem", hide: true, unknown: 1 }, status: { hidden: true } },
    };
    const { unknown: _, ...spec } = read.spec;
    expect(Document.parse(read)).toEqual({ ...read, spec });
  });

  test.each<[string, unknown]>([
    ["Document shop/lorem: spec.title: Invalid input: expected string, received undefined", { spec: {} }],
    [
      "spec.pages: Too big: expected number to be <=2147483647; status.hidden: Invalid",
      {
        ...{ spec: { title: "a", pages: 2 ** 31 }, status: {} },
      },
    ],
    [
      "apiVersion: expected kube.rs/v1; kind: expected Document",
      { apiVersion: "v1", kind: "Pod", spec: { title: "a" } },
    ],
    ["Document: metadata: expected an object", { metadata: null, spec: { title: "a" } }],
  ])("that does not fit is an error: %s", (message, object) => {
    const parse = () => Document.parse({ metadata: { namespace: "shop", name: "lorem" }, ...(object as object) });
    expect(parse).toThrow(InvalidObjectError);
    expect(parse).toThrow(message);
  });

  test.each([undefined, null, 1, "text", []])("is not %j", (value) => {
    expect(() => Document.parse(value)).toThrow("Document: metadata: expected an object; spec: Invalid input");
  });
});

describe("versions", () => {
  const version = (version: string, more: object = {}) =>
    customResource({ group: "kube.rs", version, kind: "Document", spec: z.object({ [version]: z.string() }), ...more });

  test("of a kind are one definition, of which one is stored", () => {
    const old = version("v1", { deprecated: "use v2" });
    const { spec } = withVersions(version("v2"), old, version("v1beta1", { deprecated: true }));
    expect(spec.versions).toMatchObject([
      { name: "v2", served: true, storage: true },
      { name: "v1", served: true, storage: false, deprecated: true, deprecationWarning: "use v2" },
      { name: "v1beta1", served: true, storage: false, deprecated: true },
    ]);
    expect(spec.names).toEqual(version("v2").definition.spec.names);
  });

  test("of different kinds are none", () => {
    expect(() => withVersions(version("v2"), version("v1", { scope: "Cluster" }))).toThrow("the same names and scope");
    expect(() => withVersions(version("v2"), version("v2"))).toThrow("documents.kube.rs: version v2 is there twice");
  });
});
