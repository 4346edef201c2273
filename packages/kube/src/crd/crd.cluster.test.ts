import { beforeAll, describe, expect, test, vi } from "vitest";
import * as z from "zod";
import { Api } from "../api/api.ts";
import { isCrdEstablished } from "../api/conditions.ts";
import { client, kubeApiserverForAllTests } from "../client/kube-apiserver.test.helper.ts";
import { customResource } from "./custom-resource.ts";
import { withVersions } from "./definition.ts";

const port = z.object({
  name: z.string(),
  number: z.int32().min(1).max(65535),
  protocol: z.enum(["TCP", "UDP"]).default("TCP"),
});

/** All that has a form in the API, at once. */
const Box = customResource({
  group: "kubecast.test",
  version: "v1",
  kind: "Box",
  shortNames: ["bx"],
  categories: ["kubecast"],
  description: "A box of everything",
  spec: z
    .object({
      title: z
        .string()
        .min(1)
        .max(20)
        .regex(/^[A-Z\u00c4]/),
      slug: z
        .string()
        .regex(/^[a-z]+$/i)
        .optional(),
      code: z.string().startsWith("a").endsWith("z").optional(),
      template: z.templateLiteral(["v", z.int()]).optional(),
      mail: z.email().optional(),
      url: z.url().optional(),
      id: z.uuid().optional(),
      idOfVersion: z.uuidv4().optional(),
      when: z.iso.datetime().optional(),
      exactly: z.iso.datetime({ precision: 0 }).optional(),
      day: z.iso.date().optional(),
      host: z.hostname().optional(),
      address: z.ipv6().optional(),
      network: z.cidrv4().optional(),
      data: z.base64().optional(),
      timeout: z.string().meta({ format: "duration" }).default("30s"),
      replicas: z.int32().min(0).default(1),
      large: z.int().optional(),
      share: z.number().gt(0).lt(1).multipleOf(0.25).optional(),
      flag: z.boolean().optional(),
      size: z.enum(["s", "m", "l"]).nullable().optional(),
      level: z.literal([1, 2, 3]).optional(),
      quantity: z.union([z.int().min(0), z.string().regex(/^\d+%$/)]).default("10%"),
      limits: z.object({ cpu: z.string().default("1"), memory: z.string().optional() }).prefault({}),
      ports: z
        .array(port)
        .max(4)
        .optional()
        .meta({
          "x-kubernetes-list-type": "map",
          "x-kubernetes-list-map-keys": ["name"],
        }),
      tags: z.array(z.string().max(9)).max(5).optional().meta({ "x-kubernetes-list-type": "set" }),
      labels: z.record(z.string(), z.string()).optional(),
      nested: z.record(z.string(), z.array(z.object({ deep: z.int32() }))).optional(),
      nothing: z.string().nullable().optional(),
      anything: z.unknown().optional(),
      loose: z.looseObject({ known: z.string().optional() }).optional(),
      least: z.int32().default(0),
      most: z.int32().default(9),
    })
    .meta({ "x-kubernetes-validations": [{ rule: "self.least <= self.most", message: "least is more than most" }] }),
  status: z.object({ ready: z.boolean(), replicas: z.int32().optional(), selector: z.string().optional() }),
  scale: {
    specReplicasPath: ".spec.replicas",
    statusReplicasPath: ".status.replicas",
    labelSelectorPath: ".status.selector",
  },
  printerColumns: [{ name: "Ready", type: "boolean", jsonPath: ".status.ready" }],
  selectableFields: [".spec.size"],
  validations: [{ rule: "self.metadata.name != 'illegal'", message: "no box is illegal" }],
});
const Box2 = customResource({
  group: "kubecast.test",
  version: "v2",
  kind: "Box",
  shortNames: ["bx"],
  categories: ["kubecast"],
  spec: z.looseObject({}),
});

kubeApiserverForAllTests();
beforeAll(async () => {
  const definitions = Api.v1CustomResourceDefinition(client);
  await definitions.create(withVersions(Box, Box2), { fieldValidation: "Strict" });
  const { name = "" } = Box.definition.metadata;
  await definitions.wait(name, isCrdEstablished, { timeout: 30_000 });
  await vi.waitFor(() => Api.of(client, Box).list(), { timeout: 30_000, interval: 50 });
});

const boxes = () => Api.of(client, Box).within("default");
const spec = { title: "A box" };

test("the definition is structural, and all of its names are taken", async () => {
  const definition = await Api.v1CustomResourceDefinition(client).get("boxes.kubecast.test");
  const conditions = definition.status?.conditions.map(({ type, status }) => [type, status]);
  expect(conditions).toContainEqual(["Established", "True"]);
  expect(conditions).toContainEqual(["NamesAccepted", "True"]);
  expect(conditions?.map(([type]) => type)).not.toContain("NonStructuralSchema");
});

describe("what zod takes the API takes", () => {
  test("with the defaults that zod fills in", async () => {
    const box = Box.new({ metadata: { name: "least" }, spec });
    const sent = { apiVersion: "kubecast.test/v1", kind: "Box", metadata: box.metadata, spec } as typeof box;
    const created = await boxes().create(sent, { fieldValidation: "Strict" });
    expect(created.spec).toEqual(box.spec);
    expect(created.spec).toMatchObject({ replicas: 1, quantity: "10%", limits: { cpu: "1" }, timeout: "30s" });
    expect(Box.parse(await boxes().get("least"))).toEqual(created);
  });

  test("with all fields", async () => {
    const full = Box.new({
      metadata: { name: "most" },
      spec: {
        ...{ title: "Äll", slug: "SLUG", code: "a-z", template: "v1", mail: "a@b.cd", url: "https://a.b/c?d=e" },
        ...{ id: "7c9e6679-7425-40de-944b-e07fc1f90ae7", idOfVersion: "7c9e6679-7425-40de-944b-e07fc1f90ae7" },
        ...{
          when: "2026-11-22T12:00:00.123456Z",
          exactly: "2026-11-22T12:00:00Z",
          day: "2026-11-22",
          host: "a.example",
        },
        ...{ address: "::1", network: "10.0.0.0/8", data: "aGVsbG8=", timeout: "5m", replicas: 0, large: 2 ** 53 - 1 },
        ...{ share: 0.25, flag: false, size: null, level: 2, quantity: 5, limits: { memory: "1Gi" } },
        ports: [
          { name: "a", number: 1 },
          { name: "b", number: 65535, protocol: "UDP" },
        ],
        ...{ tags: ["a", "b"], labels: { "a/b": "c" }, nested: { a: [{ deep: -1 }] }, nothing: null },
        ...{ anything: [1, { a: null }], loose: { known: "a", unknown: { b: [] } }, least: 1, most: 1 },
      },
    });
    const created = await boxes().create(full, { fieldValidation: "Strict" });
    expect(created.spec).toEqual(full.spec);
  });
});

describe("what zod refuses the API refuses, naming the field", () => {
  test.each<[string, object]>([
    ["spec.title", { title: "" }],
    ["spec.title", { title: "lower" }],
    ["spec.slug", { slug: "1" }],
    ["spec.code", { code: "a" }],
    ["spec.template", { template: "1" }],
    ["spec.mail", { mail: "a" }],
    ["spec.url", { url: "a" }],
    ["spec.id", { id: "a" }],
    ["spec.idOfVersion", { idOfVersion: "7c9e6679-7425-10de-944b-e07fc1f90ae7" }],
    ["spec.when", { when: "yesterday" }],
    ["spec.exactly", { exactly: "2026-11-22T12:00:00.1Z" }],
    ["spec.day", { day: "2026-13-01" }],
    ["spec.host", { host: "a b" }],
    ["spec.address", { address: "10.0.0.1" }],
    ["spec.network", { network: "10.0.0.0" }],
    ["spec.replicas", { replicas: -1 }],
    ["spec.replicas", { replicas: 2 ** 31 }],
    ["spec.replicas", { replicas: 1.5 }],
    ["spec.large", { large: 2 ** 53 }],
    ["spec.share", { share: 1 }],
    ["spec.share", { share: 0.3 }],
    ["spec.flag", { flag: "yes" }],
    ["spec.size", { size: "xl" }],
    ["spec.level", { level: 4 }],
    ["spec.quantity", { quantity: "many" }],
    ["spec.quantity", { quantity: -1 }],
    ["spec.quantity", { quantity: true }],
    ["spec.ports[0].number", { ports: [{ name: "a", number: 0 }] }],
    ["spec.ports[0].name", { ports: [{ number: 1 }] }],
    ["spec.ports[0].protocol", { ports: [{ name: "a", number: 1, protocol: "SCTP" }] }],
    ["spec.tags", { tags: ["a", "b", "c", "d", "e", "f"] }],
    ["spec.labels", { labels: { a: 1 } }],
    ["spec.nested.a[0].deep", { nested: { a: [{ deep: "x" }] } }],
  ])("%s of %j", async (field, wrong) => {
    const object = { metadata: { name: "wrong" }, spec: { ...spec, ...wrong } };
    expect(() => Box.parse(object)).toThrow(field);
    const sent = { apiVersion: "kubecast.test/v1", kind: "Box", ...object };
    const error = await boxes()
      .create(sent as never)
      .catch((reason) => reason);
    expect(error).toMatchObject({ isInvalid: true });
    expect(error.message.replace(".labels.a", ".labels")).toContain(field);
  });

  test("and what CEL alone says", async () => {
    const wrong = Box.new({ metadata: { name: "wrong" }, spec: { ...spec, least: 2, most: 1 } });
    await expect(boxes().create(wrong)).rejects.toThrow("least is more than most");
    await expect(boxes().create(Box.new({ metadata: { name: "illegal" }, spec }))).rejects.toThrow("no box is illegal");
    const twice = Box.new({ metadata: { name: "wrong" }, spec: { ...spec, tags: ["a", "a"] } });
    await expect(boxes().create(twice)).rejects.toThrow("spec.tags[1]: Duplicate value");
  });
});

test("the same typed Api applies, writes the status, scales, and selects by fields; another version is served beside", async () => {
  const params = { strategy: "Apply", fieldManager: "test" } as const;
  const of = (spec: object) => ({ apiVersion: "kubecast.test/v1", kind: "Box", metadata: { name: "life" }, spec });
  await boxes().patch("life", of({ title: "A", size: "m", ports: [{ name: "a", number: 1 }] }), params as never);
  const other = { ...params, fieldManager: "other" };
  const merged = await boxes().patch("life", of({ ports: [{ name: "b", number: 2 }] }), other as never);
  expect(merged.spec.ports?.map(({ name, protocol }) => [name, protocol])).toEqual([
    ["a", "TCP"],
    ["b", "TCP"],
  ]);

  const shown = await boxes().patchStatus("life", { status: { ready: true, replicas: 1 } });
  expect(shown.status?.ready).toBe(true);
  expect((await boxes().patchScale("life", { spec: { replicas: 3 } })).spec?.replicas).toBe(3);
  expect((await boxes().list({ fieldSelector: "spec.size=m" })).items.map(({ metadata }) => metadata.name)).toEqual([
    "life",
  ]);
  expect((await Api.of(client, Box2).within("default").get("life")).spec).toMatchObject({ title: "A", replicas: 3 });
});
