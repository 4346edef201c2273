import { readFile } from "node:fs/promises";
import { text } from "node:stream/consumers";
import { CelError, compile, type Environment, EvaluationError, formatType, type Program } from "@kubecast/cel";
import { findResource, type KubeObject, type Resource } from "@kubecast/kube";
import { parseAllDocuments } from "yaml";
import { redact } from "../rules/confidential.ts";
import { objectSizes } from "../rules/sizes.ts";
import { kubernetesStructs, objectType } from "../rules/types.ts";
import { explainLines } from "./explain.ts";
import { exitCodes, Failure } from "./failure.ts";

export interface EvalFlags {
  /** `-` is stdin. */
  readonly file: string;
  readonly each?: string;
  readonly cluster: string;
  readonly json?: boolean;
  readonly explain?: boolean;
}

/**
 * `kubecast eval`: the value of an expression for each object of a file, as rules see it: checked
 * against the object's type, and blind to what is confidential. True if each had a value.
 * Throws Failure for a file or an expression that is none.
 */
export async function evaluate(source: string, flags: EvalFlags, write: (line: string) => void): Promise<boolean> {
  const objects = parseObjects(flags.file, await read(flags.file));
  let all = true;
  for (const object of objects) {
    const resource = resourceOf(object);
    redact(resource, object);
    const report = reportOf(source, object, resource, flags);
    all &&= report.every(({ error }) => error === undefined);
    if (flags.json) for (const { lines: _, ...result } of report) write(JSON.stringify(result));
    else {
      for (const { lines, element } of report) {
        const about = [
          objects.length > 1 ? nameOf(object) : [],
          element === undefined ? [] : `element ${element}`,
        ].flat();
        if (about.length > 0) write(`${about.join(", ")}:`);
        for (const line of lines) write(line);
      }
    }
  }
  return all;
}

async function read(file: string): Promise<string> {
  if (file === "-") return text(process.stdin);
  try {
    return await readFile(file, "utf8");
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw new Failure(
      code === "ENOENT" ? `there is no file ${file}` : `${file} cannot be read (${code})`,
      exitCodes.usage,
    );
  }
}

/** Objects of YAML or JSON, of lists such as kubectl's those within. */
function parseObjects(file: string, content: string): KubeObject[] {
  const name = file === "-" ? "the input" : file;
  const objects: KubeObject[] = [];
  for (const document of parseAllDocuments(content, { prettyErrors: true, uniqueKeys: true })) {
    const [error] = document.errors ?? [];
    if (error !== undefined) {
      const [line] = error.message.split("\n");
      throw new Failure(`${name} is no valid YAML: ${(line ?? "").replace(/:$/, "")}`, exitCodes.usage);
    }
    const value: unknown = document.toJS({ maxAliasCount: 100 });
    if (value !== null && value !== undefined) objects.push(...objectsIn(name, value));
  }
  if (objects.length === 0) throw new Failure(`${name} holds no object`, exitCodes.usage);
  return objects;
}

function objectsIn(name: string, value: unknown): KubeObject[] {
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw new Failure(`${name} must hold Kubernetes objects, with apiVersion and kind`, exitCodes.usage);
  }
  const { apiVersion, kind, items } = value as { apiVersion?: unknown; kind?: unknown; items?: unknown };
  if (typeof apiVersion !== "string" || typeof kind !== "string") {
    throw new Failure(`an object in ${name} has no apiVersion or no kind`, exitCodes.usage);
  }
  if (!kind.endsWith("List") || !Array.isArray(items)) return [{ metadata: {}, ...value } as KubeObject];
  // In the lists of one kind the elements do not say theirs again.
  const own = kind === "List" ? {} : { apiVersion, kind: kind.slice(0, -"List".length) };
  return items.flatMap((item: object) => objectsIn(name, { ...own, ...item }));
}

/** A custom resource's plural is not known, nor needed. */
function resourceOf({ apiVersion = "", kind = "" }: KubeObject): Resource {
  const slash = apiVersion.indexOf("/");
  const group = slash < 0 ? "" : apiVersion.slice(0, slash);
  const version = apiVersion.slice(slash + 1);
  const known = findResource(group === "" ? kind : `${kind}.${group}`);
  if (known !== undefined && known.group === group && known.kind === kind) return { ...known, version };
  return { group, version, kind, plural: kind.toLowerCase(), namespaced: true };
}

function nameOf({ kind = "", metadata: { namespace, name = "" } }: KubeObject): string {
  return `${kind.toLowerCase()} ${namespace === undefined ? "" : `${namespace}/`}${name}`;
}

interface Result {
  readonly object: { readonly kind: string; readonly namespace?: string; readonly name: string };
  /** Its place in the list of --each. */
  readonly element?: number;
  readonly value?: unknown;
  readonly error?: string;
  readonly type: string;
  readonly cost: number;
  readonly estimate: { readonly min: number; readonly max: number | null };
  readonly reads: readonly string[];
  readonly lines: readonly string[];
}

function reportOf(source: string, object: KubeObject, resource: Resource, flags: EvalFlags): Result[] {
  const outer = { object: objectType(resource), cluster: "string", now: "timestamp" };
  const scope = { object, cluster: flags.cluster, now: new Date() };
  if (flags.each === undefined) return [result(checked(source, outer), object, scope, flags)];
  const list = checked(flags.each, outer);
  if (list.type.kind !== "list" && list.type.kind !== "dyn") {
    throw new Failure(`--each must be a list, and it is of the type ${formatType(list.type)}`, exitCodes.usage);
  }
  const program = checked(source, { ...outer, each: list.type.kind === "list" ? list.type.element : "dyn" });
  const elements = elementsOf(list, scope);
  if (!Array.isArray(elements)) throw new Failure("--each gives no list for this object");
  return elements.map((each, element) => ({ ...result(program, object, { ...scope, each }, flags), element }));
}

function checked(source: string, variables: Environment["variables"]): Program {
  try {
    return compile(source, { variables, structs: kubernetesStructs, nullIsAbsent: true });
  } catch (error) {
    if (!(error instanceof CelError)) throw error;
    throw new Failure(
      `the expression has a mistake at ${error.line}:${error.column}: ${error.message}\n${error.excerpt.replace(/^/gm, "  ")}`,
      exitCodes.usage,
    );
  }
}

function elementsOf(program: Program, scope: Readonly<Record<string, unknown>>): unknown {
  try {
    return program.evaluate(scope);
  } catch (error) {
    if (!(error instanceof EvaluationError)) throw error;
    if (error.absent) return [];
    throw new Failure(error.message);
  }
}

function result(
  program: Program,
  object: KubeObject,
  scope: Readonly<Record<string, unknown>>,
  { explain }: EvalFlags,
): Result {
  const { outcome, cost, parts } = program.explain(scope);
  const { min, max } = program.estimateCost(objectSizes);
  const reads = paths(program.reads);
  const type = formatType(program.type);
  const { namespace, name = "" } = object.metadata;
  const said = outcome.ok ? { value: outcome.value } : { error: outcome.error.message };
  const most = max === Number.POSITIVE_INFINITY ? "without bound" : `at most ${max.toLocaleString("en")}`;
  const lines = [
    ...(explain ? [...explainLines(program.source, parts), ""] : []),
    outcome.ok
      ? `value  ${JSON.stringify(outcome.value, undefined, 2)}`
      : `none   ${outcome.error.message}${outcome.absent && type === "bool" ? ": a rule takes that for false" : ""}`,
    `type   ${type}`,
    `cost   ${cost.toLocaleString("en")}, ${most}`,
    `reads  ${reads.length === 0 ? "nothing" : reads.join("\n       ")}`,
  ];
  return {
    object: { kind: object.kind ?? "", ...(namespace === undefined ? {} : { namespace }), name },
    ...said,
    type,
    cost,
    estimate: { min, max: max === Number.POSITIVE_INFINITY ? null : max },
    reads,
    lines,
  };
}

/** `object.spec.containers[].image` and so on, for a tree of fields. */
function paths(reads: Program["reads"], before = ""): string[] {
  return Object.entries(reads).flatMap(([field, below]) => {
    const own = field === "[]" ? "[]" : /^\w+$/.test(field) ? `${before && "."}${field}` : `[${JSON.stringify(field)}]`;
    return below === true ? [before + own] : paths(below, before + own);
  });
}
