import type { Program } from "@kubecast/cel";
import type { KubeObject } from "@kubecast/kube";
import type { Description } from "../conditions/condition.ts";
import type { Found } from "../conditions/conditions.ts";
import { kindOf } from "../settings/schema.ts";
import type { Rule } from "./rule.ts";

/** A rule met something in an object that it cannot be evaluated on. */
export class RuleError extends Error {
  override readonly name = "RuleError";
}

/** The lists of an object that rules have asked for, by their expression: rules tend to ask for the same ones. */
export type Lists = Map<string, unknown[]>;

/**
 * The elements of an object for which a rule holds; `lists` is shared by the
 * rules that look at the same object.
 * A field that is absent makes `when` false: Kubernetes objects are sparse.
 * Throws RuleError for any other mistake, which says nothing of the object.
 */
export function holding(rule: Rule, object: KubeObject, cluster: string, lists: Lists = new Map()): Found[] {
  if (rule.each.length === 0) {
    const scope = { object, cluster };
    return holds(rule, scope) ? [{ element: null, describe: () => describe(rule, scope) }] : [];
  }
  const found: Found[] = [];
  const names = new Set<string>();
  for (const [index, each] of elements(rule, object, cluster, lists).entries()) {
    const scope = { object, cluster, each };
    if (!holds(rule, scope)) continue;
    let element = elementName(each, index);
    while (names.has(element)) element += "'";
    names.add(element);
    found.push({ element, describe: () => describe(rule, scope) });
  }
  return found;
}

type Scope = Readonly<Record<string, unknown>>;

function holds(rule: Rule, scope: Scope): boolean {
  const value = evaluate(rule, "when", rule.when, scope);
  if (value === undefined || typeof value === "boolean") return value === true;
  throw new RuleError(`rule ${rule.name}: "when" gives ${value === null ? "null" : kindOf(value)}, not true or false`);
}

function elements(rule: Rule, object: KubeObject, cluster: string, lists: Lists): unknown[] {
  return rule.each.flatMap((program) => {
    const known = lists.get(program.source);
    if (known !== undefined) return known;
    const value = evaluate(rule, "each", program, { object, cluster }) ?? [];
    if (!Array.isArray(value)) throw new RuleError(`rule ${rule.name}: "each" gives ${kindOf(value)}, not a list`);
    lists.set(program.source, value);
    return value;
  });
}

/** What tells an element from its siblings, in the field that such lists have for it. */
function elementName(each: unknown, index: number): string {
  if (typeof each === "string" || typeof each === "number" || typeof each === "boolean") return String(each);
  if (typeof each === "object" && each !== null) {
    for (const key of ["name", "type", "key", "uid", "ip"]) {
      const value: unknown = (each as Record<string, unknown>)[key];
      if (typeof value === "string" && value !== "") return value;
    }
  }
  return String(index);
}

function describe(rule: Rule, scope: Scope): Description {
  const details: Record<string, unknown> = {};
  for (const [key, program] of Object.entries(rule.details)) {
    const value = orNothing(rule, `details.${key}`, program, scope);
    if (value !== undefined) details[key] = value;
  }
  const labels: Record<string, string> = {};
  for (const [key, program] of Object.entries(rule.labels)) {
    const value = orNothing(rule, `labels.${key}`, program, scope);
    if (value !== undefined && value !== null) labels[key] = String(value);
  }
  const summary = orNothing(rule, "summary", rule.summary, scope);
  return { summary: typeof summary === "string" ? oneLine(summary) : rule.name, details, labels };
}

/**
 * A summary is one line for people. What an object's author wrote must not begin
 * another line in their terminals and logs, nor command these.
 */
function oneLine(text: string): string {
  return text.replace(/[\p{Cc}\p{Zl}\p{Zp}]+/gu, " ");
}

/** A message that says less is better than none: the condition holds, whatever its words. */
function orNothing(rule: Rule, field: string, program: Program, scope: Scope): unknown {
  try {
    return evaluate(rule, field, program, scope);
  } catch (error) {
    if (error instanceof RuleError) return undefined;
    throw error;
  }
}

/** Undefined where a field is absent. */
function evaluate(rule: Rule, field: string, program: Program, scope: Scope): unknown {
  const outcome = program.tryEvaluate(scope);
  if (outcome.ok) return outcome.value;
  if (outcome.absent) return undefined;
  throw new RuleError(`rule ${rule.name}: "${field}": ${outcome.error.message}`);
}
