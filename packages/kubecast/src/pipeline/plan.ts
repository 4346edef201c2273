import { apiVersion, type Resource, resourceName } from "@kubecast/kube";
import type { Rule } from "../rules/rule.ts";

/** One watch, and the rules that look at what it brings. */
export interface PlannedWatch {
  readonly resource: Resource;
  /** All namespaces when undefined. */
  readonly namespace: string | undefined;
  readonly labelSelector: string;
  readonly fieldSelector: string;
  readonly rules: readonly Rule[];
}

/** The fewest watches that serve the rules: rules that select the same objects share one. */
export function planWatches(rules: Iterable<Rule>): PlannedWatch[] {
  const watches = new Map<string, PlannedWatch & { rules: Rule[] }>();
  for (const rule of rules) {
    const { namespaces, labels, fields } = rule.select;
    for (const namespace of namespaces.length === 0 ? [undefined] : new Set(namespaces)) {
      const key = JSON.stringify([apiVersion(rule.target), rule.target.plural, namespace, labels, fields]);
      const watch = watches.get(key);
      if (watch !== undefined) watch.rules.push(rule);
      else {
        watches.set(key, {
          resource: rule.target,
          namespace,
          labelSelector: labels,
          fieldSelector: fields,
          rules: [rule],
        });
      }
    }
  }
  return [...watches.values()];
}

/** What a watch watches, in words: `pods`, `pods in shop with app=web`. */
export function describeWatch({ resource, namespace, labelSelector, fieldSelector }: PlannedWatch): string {
  const selectors = [labelSelector, fieldSelector].filter((selector) => selector !== "");
  return [
    resourceName(resource),
    namespace === undefined ? "" : ` in ${namespace}`,
    selectors.length === 0 ? "" : ` with ${selectors.join(" and ")}`,
  ].join("");
}
