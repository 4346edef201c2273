import { CelError, compile, type Environment, formatType, type Program, type Reads, type Type } from "@kubecast/cel";
import { findResource, type Resource, suggest } from "@kubecast/kube";
import { z } from "zod";
import { parseDuration } from "../settings/duration.ts";
import { check } from "../settings/schema.ts";
import { byPlace, type Mistake, YamlFile } from "../settings/yaml-file.ts";
import { mayReadConfidential } from "./confidential.ts";
import type { CustomType, CustomTypes } from "./custom-types.ts";
import { listReads, objectFields, objectReads } from "./reads.ts";
import type { Rule, Selection } from "./rule.ts";
import { tooCostly } from "./sizes.ts";
import { kubernetesStructs, objectType } from "./types.ts";

const durationExpected = "write a duration like 30s, 10m or 1h30m";
const duration = z.union([z.string(), z.literal(0)], durationExpected).transform((text, context) => {
  const milliseconds = parseDuration(String(text));
  if (milliseconds !== undefined) return milliseconds;
  context.addIssue({ code: "custom", message: `"${text}" is not a duration; ${durationExpected}` });
  return z.NEVER;
});

const expression = z.string().min(1, "an expression is expected");
/** A selector as the API takes it, or a map of labels that must be equal. */
const selector = z
  .union([z.string(), z.record(z.string(), z.string())], "write a selector like app=web, or a map of names to texts")
  .transform((value) =>
    typeof value === "string"
      ? value
      : Object.entries(value)
          .map(([key, wanted]) => `${key}=${wanted}`)
          .join(","),
  );

const ruleSchema = z.strictObject({
  name: z.string().regex(/^[A-Za-z][A-Za-z0-9_-]*$/, "a name has letters, digits, - and _, and begins with a letter"),
  resource: z.string(),
  select: z
    .strictObject({
      namespaces: z.array(z.string().min(1)).default([]),
      labels: selector.default(""),
      fields: selector.default(""),
    })
    .default({ namespaces: [], labels: "", fields: "" }),
  each: z
    .union(
      [expression, z.array(expression).min(1, "an expression is expected")],
      "write an expression, or a list of them",
    )
    .optional(),
  when: expression,
  for: duration.default(0),
  keepFiringFor: duration.default(0),
  severity: z.enum(["critical", "warning", "info"]).default("warning"),
  summary: expression,
  details: z.record(z.string(), expression).default({}),
  labels: z.record(z.string(), expression).default({}),
});

type RuleSource = z.output<typeof ruleSchema>;
const fileSchema = z.strictObject({ rules: z.array(z.unknown()) });

/** The rules of a file and every mistake in it; a rule with a mistake is not among them. */
export interface ParsedRules {
  readonly rules: readonly Rule[];
  readonly mistakes: readonly Mistake[];
}

/**
 * Parses and checks the text of a rule file; `file` is its name in messages. Never throws.
 * @param customTypes of custom resources whose fields are known.
 */
export function parseRules(file: string, text: string, customTypes: CustomTypes = new Map()): ParsedRules {
  const yaml = new YamlFile(file, text);
  if (yaml.mistakes.length > 0) return { rules: [], mistakes: yaml.mistakes };
  const whole = check(fileSchema, yaml.value, yaml, []);
  if ("mistakes" in whole) return { rules: [], mistakes: whole.mistakes };

  const rules: Rule[] = [];
  const mistakes: Mistake[] = [];
  const names = new Set<string>();
  for (const [index, value] of whole.data.rules.entries()) {
    const at = ["rules", index];
    const source = check(ruleSchema, value, yaml, at);
    if ("mistakes" in source) {
      mistakes.push(...source.mistakes);
      // What else is wrong is told in the same round.
      const rest = check(ruleSchema, withoutFields(value, source.wrong), yaml, at);
      if ("data" in rest) checkRule(yaml, at, rest.data, customTypes, mistakes);
      continue;
    }
    const before = mistakes.length;
    const rule = checkRule(yaml, at, source.data, customTypes, mistakes);
    if (names.has(source.data.name)) {
      mistakes.push(yaml.mistake([...at, "name"], `a rule named ${source.data.name} stands above already`));
    }
    names.add(source.data.name);
    if (rule !== undefined && mistakes.length === before) rules.push(rule);
  }
  return { rules, mistakes: mistakes.sort(byPlace) };
}

/** A rule with others in place of the fields that are missing or wrong, about which nothing can be wrong. */
function withoutFields(rule: unknown, wrong: ReadonlySet<PropertyKey>): unknown {
  if (typeof rule !== "object" || rule === null || Array.isArray(rule)) return undefined;
  const others = { name: "A", resource: "unknown.v1.example.com", when: "true", summary: "''" };
  const right = Object.entries(rule).filter(([field]) => !wrong.has(field));
  return { ...others, ...(wrong.has("each") && { each: "[]" }), ...Object.fromEntries(right) };
}

function checkRule(
  yaml: YamlFile,
  at: (string | number)[],
  source: RuleSource,
  customTypes: CustomTypes,
  mistakes: Mistake[],
): Rule | undefined {
  const custom = customTypes.get(source.resource);
  const program = (field: (string | number)[], text: string, variables: Variables, wanted?: Type["kind"]) => {
    const environment = { variables, structs: custom?.structs ?? kubernetesStructs, nullIsAbsent: true };
    return checkExpression(yaml, [...at, ...field], text, environment, wanted, mistakes);
  };
  const programs = (field: string, texts: Record<string, string>, variables: Variables) =>
    Object.fromEntries(
      Object.entries(texts).map(([key, text]) => [key, program([field, key], text, variables)] as const),
    );

  const target = resolveResource(source.resource, custom);
  if (target === undefined) {
    const [near] = suggest(source.resource);
    const hint =
      near === undefined ? "write it like pods, deployments.apps or widgets.v1.example.com" : `did you mean ${near}?`;
    mistakes.push(yaml.mistake([...at, "resource"], `there is no resource "${source.resource}"; ${hint}`));
  } else if (custom === undefined && otherVersions(target, customTypes).length > 0) {
    const versions = otherVersions(target, customTypes);
    const message = `${target.plural}.${target.group} has no version ${target.version}; it has ${versions.join(", ")}`;
    mistakes.push(yaml.mistake([...at, "resource"], message));
  } else if (!target.namespaced && source.select.namespaces.length > 0) {
    const message = `${source.resource} have no namespace to select by`;
    mistakes.push(yaml.mistake([...at, "select", "namespaces"], message));
  }

  const lists = source.each === undefined ? [] : [source.each].flat();
  const outer: Variables = {
    object: custom?.type ?? (target === undefined ? { kind: "dyn" } : objectType(target)),
    cluster: "string",
  };
  const each = lists.map((text, index) =>
    program(Array.isArray(source.each) ? ["each", index] : ["each"], text, outer, "list"),
  );
  const scope: Variables = lists.length === 0 ? outer : { ...outer, each: elementType(each) };
  const when = program(["when"], source.when, scope, "bool");
  const summary = program(["summary"], source.summary, scope, "string");
  const details = programs("details", source.details, scope);
  const labels = programs("labels", source.labels, scope);
  if (target === undefined || when === undefined || summary === undefined) return undefined;
  if (!complete(each) || !complete(Object.values(details)) || !complete(Object.values(labels))) return undefined;
  const fields = objectFields(target);
  let confidential = false;
  const checkReads = (reads: Iterable<true | Reads>) => {
    for (const read of reads) {
      confidential ||= mayReadConfidential(target, read, fields);
    }
  };
  for (const one of each) {
    const reads = listReads(one);
    if (reads !== undefined) checkReads([reads]);
  }
  const described = [details, labels].flatMap((programs) => Object.values(programs as Record<string, Program>));
  for (const one of [when, summary, ...described]) checkReads(objectReads(one, each));
  return {
    name: source.name,
    resource: target.plural,
    target,
    select: source.select satisfies Selection,
    each,
    when,
    for: source.for,
    keepFiringFor: source.keepFiringFor,
    severity: source.severity,
    summary,
    details: details as Record<string, Program>,
    labels: labels as Record<string, Program>,
    confidential,
  };
}

type Variables = Environment["variables"];

/** The type of the elements of all these lists; `dyn` where they differ. */
function elementType(lists: readonly (Program | undefined)[]): Type {
  const [first, ...others] = lists.map((list) => (list?.type.kind === "list" ? list.type.element : undefined));
  const isSame = (type: Type | undefined) => type !== undefined && first && formatType(type) === formatType(first);
  return first !== undefined && others.every(isSame) ? first : { kind: "dyn" };
}

function complete(programs: (Program | undefined)[]): programs is Program[] {
  return programs.every((program) => program !== undefined);
}

function checkExpression(
  yaml: YamlFile,
  path: (string | number)[],
  text: string,
  environment: Environment,
  wanted: Type["kind"] | undefined,
  mistakes: Mistake[],
): Program | undefined {
  try {
    const program = compile(text, environment);
    const costly = tooCostly(program);
    if (wanted !== undefined && program.type.kind !== wanted && program.type.kind !== "dyn") {
      mistakes.push(yaml.mistake(path, `this must be a ${wanted}, and it is of the type ${formatType(program.type)}`));
    } else if (costly !== undefined) {
      mistakes.push(yaml.mistake(path, costly));
    } else {
      return program;
    }
  } catch (error) {
    if (!(error instanceof CelError)) throw error;
    mistakes.push(yaml.mistakeWithin(path, error));
  }
  return undefined;
}

/** A built-in resource by any of its names, or a custom one as `plural.version.group`. */
function resolveResource(name: string, type: CustomType | undefined): Resource | undefined {
  const builtin = findResource(name);
  if (builtin !== undefined) return builtin;
  const custom = /^([a-z0-9-]+)\.(v\d+(?:(?:alpha|beta)\d+)?)\.([a-z0-9-]+(?:\.[a-z0-9-]+)+)$/.exec(name);
  if (custom === null) return undefined;
  const [, plural = "", version = "", group = ""] = custom;
  return { group, version, kind: type?.kind ?? "", plural, namespaced: type?.namespaced ?? true };
}

/** The versions of a custom resource whose types are known. */
function otherVersions({ plural, group }: Resource, customTypes: CustomTypes): string[] {
  const [before, after] = [`${plural}.`, `.${group}`];
  return [...customTypes.keys()]
    .filter((name) => name.startsWith(before) && name.endsWith(after))
    .map((name) => name.slice(before.length, -after.length))
    .filter((version) => !version.includes("."));
}
