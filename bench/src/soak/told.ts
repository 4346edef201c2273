import type { Change, KubeObject, WatchItem } from "@kubecast/kube";
import { keyOf, revisionOf } from "./cluster.ts";

/** Violations kept; one is enough to fail, and they may be many. */
const KEPT = 20;

/**
 * Objects as they follow from what was told, and what of that does not follow
 * from what was told before. Shares no code with kubecast's stores.
 */
abstract class Told {
  readonly objects = new Map<string, KubeObject>();
  readonly violations: string[] = [];
  /** How much was told. */
  count = 0;
  /** The newest revision that was told of each name, also of those that are gone. */
  readonly #newest = new Map<string, number>();

  protected expect(holds: boolean, object: KubeObject, why: string): void {
    if (holds || this.violations.length >= KEPT) return;
    this.violations.push(`${object.kind} ${keyOf(object)} in version ${revisionOf(object)}: ${why}`);
  }

  /** Nothing that is told of a name is older than what was told before; where it is the same, nothing has changed. */
  protected goesOn(object: KubeObject, allowSame: boolean): void {
    const key = keyOf(object);
    const newest = this.#newest.get(key) ?? 0;
    const revision = revisionOf(object);
    this.expect(allowSame ? revision >= newest : revision > newest, object, `version ${newest} was told before`);
    this.#newest.set(key, Math.max(newest, revision));
  }
}

/** Follows a reflector's changes. */
export class ToldChanges extends Told {
  take(changes: readonly Change<KubeObject>[]): void {
    for (const change of changes) this.#take(change);
  }

  #take(change: Change<KubeObject>): void {
    const { type, object } = change;
    const key = keyOf(object);
    const known = this.objects.get(key);
    this.count++;
    if (type === "added") {
      this.expect(known === undefined, object, "added, and was there");
    } else {
      this.expect(known !== undefined, object, `${type}, and was not there`);
      this.expect(change.old === known, object, `${type}, and old is not what was told before`);
      this.expect(object.metadata.uid === known?.metadata.uid, object, `${type}, and is another object`);
    }
    // Where a list lacks it, the last that is known of it is told once more.
    this.goesOn(object, type === "deleted" && object === change.old);
    if (type === "deleted") this.objects.delete(key);
    else this.objects.set(key, object);
  }
}

/** Follows a watcher's items, and holds them to what `WatchItem` promises. */
export class ToldItems extends Told {
  #listed: Map<string, KubeObject> | undefined;
  #begun = false;

  take(items: readonly WatchItem<KubeObject>[]): void {
    if (items.length === 0) this.violations.push("a batch without an item");
    for (const item of items) this.#take(item);
  }

  #take(item: WatchItem<KubeObject>): void {
    this.count++;
    const inList = this.#listed !== undefined;
    const allowed = inList
      ? ["init", "init-apply", "delete", "init-done", "error"]
      : this.#begun
        ? ["init", "apply", "delete", "bookmark", "error"]
        : ["init", "error"];
    if (!allowed.includes(item.type) && this.violations.length < KEPT) {
      this.violations.push(`${item.type} ${inList ? "within" : "outside"} a list`);
    }
    switch (item.type) {
      case "init":
        this.#listed = new Map();
        this.#begun = true;
        break;
      case "init-apply":
        this.goesOn(item.object, true);
        this.#listed?.set(keyOf(item.object), item.object);
        break;
      case "init-done":
        this.#endList();
        break;
      case "apply":
        this.goesOn(item.object, false);
        this.objects.set(keyOf(item.object), item.object);
        break;
      case "delete":
        this.#delete(item.object);
        break;
    }
  }

  #endList(): void {
    this.objects.clear();
    for (const [key, object] of this.#listed ?? []) this.objects.set(key, object);
    this.#listed = undefined;
  }

  #delete(object: KubeObject): void {
    const objects = this.#listed ?? this.objects;
    const known = objects.get(keyOf(object));
    this.expect(known?.metadata.uid === object.metadata.uid, object, "deleted, and was not there");
    this.goesOn(object, false);
    objects.delete(keyOf(object));
  }
}
