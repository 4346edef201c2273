import { apiVersion, type KubeObject, type WatchItem } from "@kubecast/kube";
import type { ObjectRef } from "../conditions/condition.ts";
import type { Conditions } from "../conditions/conditions.ts";
import { redact } from "../rules/confidential.ts";
import { holding, type Lists, RuleError } from "../rules/evaluate.ts";
import type { PlannedWatch } from "./plan.ts";

/** What a watch has brought so far. */
export interface ObserverStats {
  objects: number;
  readonly events: { applied: number; deleted: number; listed: number };
  readonly evaluations: Map<string, number>;
  readonly ruleErrors: Map<string, number>;
  synced: boolean;
}

/**
 * Holds what a watch brings against its rules and tells the conditions. It keeps
 * of each object no more than its uid, to know after a new list which are gone.
 */
export class Observer {
  readonly plan: PlannedWatch;
  readonly stats: ObserverStats;
  readonly #conditions: Conditions;
  readonly #cluster: string;
  readonly #ruleError: (error: RuleError, object: ObjectRef) => void;
  readonly #confidential: boolean;
  #known = new Set<string>();
  #listing: Set<string> | undefined;

  constructor(
    plan: PlannedWatch,
    cluster: string,
    conditions: Conditions,
    ruleError: (error: RuleError, object: ObjectRef) => void,
  ) {
    this.plan = plan;
    this.#cluster = cluster;
    this.#confidential = plan.rules.some((rule) => rule.confidential);
    this.#conditions = conditions;
    this.#ruleError = ruleError;
    this.stats = {
      objects: 0,
      events: { applied: 0, deleted: 0, listed: 0 },
      evaluations: new Map(plan.rules.map((rule) => [rule.name, 0])),
      ruleErrors: new Map(plan.rules.map((rule) => [rule.name, 0])),
      synced: false,
    };
  }

  /** Takes one item of the watch at the time `now`; errors of the watch are not its business. */
  accept(item: WatchItem<KubeObject>, now: number): void {
    switch (item.type) {
      case "init":
        this.#listing = new Set();
        break;
      case "init-apply":
        this.stats.events.listed += 1;
        this.#listing?.add(item.object.metadata.uid ?? "");
        // Known at once: should this list break off, the next one tells whether it is gone.
        this.#known.add(item.object.metadata.uid ?? "");
        this.#evaluate(item.object, now);
        break;
      case "init-done":
        this.#swap(now);
        break;
      case "apply":
        this.stats.events.applied += 1;
        this.#known.add(item.object.metadata.uid ?? "");
        this.#evaluate(item.object, now);
        break;
      case "delete":
        this.stats.events.deleted += 1;
        this.#known.delete(item.object.metadata.uid ?? "");
        this.#listing?.delete(item.object.metadata.uid ?? "");
        this.#forget(item.object.metadata.uid ?? "", now);
        break;
      default:
        return;
    }
    this.stats.objects = this.#known.size;
  }

  /** A list is whole: what it did not bring is gone. */
  #swap(now: number): void {
    const listed = this.#listing ?? new Set();
    for (const uid of this.#known) if (!listed.has(uid)) this.#forget(uid, now);
    this.#known = listed;
    this.#listing = undefined;
    this.stats.synced = true;
  }

  #forget(uid: string, now: number): void {
    for (const rule of this.plan.rules) this.#conditions.remove(rule, uid, now);
  }

  #evaluate(object: KubeObject, now: number): void {
    if (this.#confidential) redact(this.plan.resource, object);
    const reference = this.#reference(object);
    const lists: Lists = new Map();
    for (const rule of this.plan.rules) {
      count(this.stats.evaluations, rule.name);
      try {
        this.#conditions.observe(rule, reference, holding(rule, object, this.#cluster, lists), now);
      } catch (error) {
        if (!(error instanceof RuleError)) throw error;
        count(this.stats.ruleErrors, rule.name);
        this.#conditions.keep(rule, reference.uid);
        this.#ruleError(error, reference);
      }
    }
  }

  #reference({ apiVersion: version, kind, metadata }: KubeObject): ObjectRef {
    const { resource } = this.plan;
    return {
      apiVersion: version ?? apiVersion(resource),
      kind: kind ?? resource.kind,
      ...(metadata.namespace === undefined ? {} : { namespace: metadata.namespace }),
      name: metadata.name ?? "",
      uid: metadata.uid ?? "",
      resourceVersion: metadata.resourceVersion ?? "",
    };
  }
}

function count(counts: Map<string, number>, key: string): void {
  counts.set(key, (counts.get(key) ?? 0) + 1);
}
