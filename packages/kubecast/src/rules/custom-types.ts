import { readFile } from "node:fs/promises";
import { type SchemaTypes, type StructuralSchema, structsOfSchema } from "@kubecast/cel";
import { LineCounter, parseAllDocuments } from "yaml";
import { z } from "zod";
import type { Mistake } from "../settings/yaml-file.ts";
import { kubernetesStructs } from "./types.ts";

/** A custom resource whose objects' fields are known. */
export interface CustomType extends SchemaTypes {
  readonly kind: string;
  readonly namespaced: boolean;
}

/** By `plural.version.group`. */
export type CustomTypes = ReadonlyMap<string, CustomType>;

const definitionSchema = z.object({
  apiVersion: z.literal("apiextensions.k8s.io/v1"),
  kind: z.literal("CustomResourceDefinition"),
  spec: z.object({
    group: z.string(),
    scope: z.enum(["Namespaced", "Cluster"]),
    names: z.object({ plural: z.string(), kind: z.string() }),
    versions: z.array(
      z.object({
        name: z.string(),
        schema: z.object({ openAPIV3Schema: z.custom<StructuralSchema>((value) => typeof value === "object") }),
      }),
    ),
  }),
});

type Definition = z.output<typeof definitionSchema>;

/**
 * The types of the custom resources that files of CustomResourceDefinitions define, in as many YAML
 * documents or lists as they like; other objects are passed over. Never throws.
 */
export async function readCustomTypes(
  files: readonly string[],
): Promise<{ types: CustomTypes; mistakes: readonly Mistake[] }> {
  const types = new Map<string, CustomType>();
  const mistakes: Mistake[] = [];
  for (const file of files) {
    const at = (line: number, column: number, message: string) => mistakes.push({ file, line, column, message });
    let text: string;
    try {
      text = await readFile(file, "utf8");
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      at(1, 1, code === "ENOENT" ? "there is no such file" : `this cannot be read (${code})`);
      continue;
    }
    const before = mistakes.length;
    const defined = definitions(text, at).flatMap(typesOf);
    if (defined.length === 0 && mistakes.length === before) at(1, 1, "there is no CustomResourceDefinition in here");
    for (const [name, type] of defined) types.set(name, type);
  }
  return { types, mistakes };
}

function definitions(text: string, mistake: (line: number, column: number, message: string) => void): Definition[] {
  const lines = new LineCounter();
  const found: Definition[] = [];
  for (const document of parseAllDocuments(text, { lineCounter: lines, prettyErrors: false })) {
    const place = (offset: number) => lines.linePos(offset);
    const [error] = document.errors;
    if (error !== undefined) {
      const { line, col } = place(error.pos[0]);
      mistake(line, col, error.message);
      continue;
    }
    const value: unknown = document.toJS({ maxAliasCount: 100 });
    const { line, col } = place(document.contents?.range?.[0] ?? 0);
    for (const object of objectsOf(value)) {
      if ((object as { kind?: unknown } | null)?.kind !== "CustomResourceDefinition") continue;
      const parsed = definitionSchema.safeParse(object);
      if (parsed.success) found.push(parsed.data);
      else mistake(line, col, `${parsed.error.issues[0]?.path.join(".")}: ${parsed.error.issues[0]?.message}`);
    }
  }
  return found;
}

/** A list, as kubectl writes one, is its items. */
function objectsOf(value: unknown): readonly unknown[] {
  const items = (value as { items?: unknown } | null)?.items;
  return Array.isArray(items) ? items : [value];
}

function typesOf({ spec }: Definition): (readonly [string, CustomType])[] {
  return spec.versions.map(({ name: version, schema }) => {
    const { type, structs } = structsOfSchema(schema.openAPIV3Schema, {
      // A name of its own, whose last part is what messages say.
      name: `${spec.group}/${version}.${spec.names.kind}`,
      metadata: { kind: "struct", name: "meta/v1.ObjectMeta" },
    });
    const fields = (name: string) => structs.fields(name) ?? kubernetesStructs.fields(name);
    const custom = {
      type,
      structs: { fields },
      kind: spec.names.kind,
      namespaced: spec.scope === "Namespaced",
    };
    return [`${spec.names.plural}.${version}.${spec.group}`, custom] as const;
  });
}
