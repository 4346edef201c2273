import { RequestValidationError } from "./errors.ts";
import type { Partly } from "./partly.ts";

/** The ways to patch; each is sent with the content type of the same name in `patchContentTypes`. */
export type PatchStrategy = keyof typeof patchContentTypes;

/** With which content type each strategy is sent. */
export const patchContentTypes = {
  /** Server-side apply: the object as it is wanted, owned fields only; needs a `fieldManager`. */
  Apply: "application/apply-patch+yaml",
  /** RFC 6902: an array of operations. */
  JSON: "application/json-patch+json",
  /** RFC 7386: arrays are replaced, `null` removes. */
  Merge: "application/merge-patch+json",
  /** Kubernetes' own: lists are merged by key. Built-in kinds only. */
  Strategic: "application/strategic-merge-patch+json",
} as const;

/** One step of a JSON patch (RFC 6902); `path` and `from` are JSON pointers, such as `/spec/containers/0/image`. */
export type JsonPatchOperation =
  | { readonly op: "add" | "replace" | "test"; readonly path: string; readonly value: unknown }
  | { readonly op: "remove"; readonly path: string }
  | { readonly op: "move" | "copy"; readonly from: string; readonly path: string };

/** Part of an object for a merge patch: `null` removes a field. */
export type MergePart<T> = T extends readonly unknown[]
  ? T
  : T extends object
    ? { readonly [P in keyof T]?: MergePart<T[P]> | null }
    : T;

/**
 * A patch that knows how it is to be read, and so with which content type it is
 * sent. Give it its type, `Patch.merge<Pod>(...)`, to have the fields checked.
 *
 * ```ts
 * await pods.patch("web", Patch.merge({ metadata: { labels: { tier: "front", old: null } } }));
 * await pods.patch("web", Patch.json([{ op: "replace", path: "/spec/containers/0/image", value: "nginx:2" }]));
 * await pods.patch("web", Patch.strategic({ spec: { containers: [{ name: "web", image: "nginx:3" }] } }));
 * ```
 */
export class Patch {
  /** How the content is to be read. */
  readonly strategy: PatchStrategy;
  /** What is sent. */
  readonly content: object;

  private constructor(strategy: PatchStrategy, content: object) {
    if (Array.isArray(content) !== (strategy === "JSON")) {
      throw new RequestValidationError(
        strategy === "JSON"
          ? "a patch of the strategy JSON is an array of operations, not an object"
          : `a patch of the strategy ${strategy} is an object; an array of operations is for the strategy JSON`,
      );
    }
    this.strategy = strategy;
    this.content = content;
  }

  /**
   * Server-side apply: the fields that you want to own, as they should be. What
   * you applied before and leave out now is removed. `apiVersion` and `kind` are
   * filled in; the request needs a `fieldManager`.
   */
  static apply<T extends object = object>(object: Partly<T>): Patch {
    return new Patch("Apply", object);
  }

  /** RFC 7386: objects are merged, arrays replaced, `null` removes. For any kind. */
  static merge<T extends object = object>(part: MergePart<T>): Patch {
    return new Patch("Merge", part);
  }

  /** RFC 6902: one operation after the other, all of them or none. For any kind. */
  static json(operations: readonly JsonPatchOperation[]): Patch {
    return new Patch("JSON", operations);
  }

  /**
   * Kubernetes' own: as merge, but lists are merged too, containers by their
   * names. For built-in kinds: others are answered by a 415.
   */
  static strategic(part: object): Patch {
    return new Patch("Strategic", part);
  }

  /**
   * The patch, or what a strategy says of a plain object or array; `Merge` where nothing does.
   * @throws {RequestValidationError} the strategy says another thing than the patch.
   */
  static of(patch: object, strategy?: PatchStrategy): Patch {
    if (!(patch instanceof Patch)) return new Patch(strategy ?? "Merge", patch);
    if (strategy === undefined || strategy === patch.strategy) return patch;
    throw new RequestValidationError(`a patch of the strategy ${patch.strategy} cannot be sent as ${strategy}`);
  }
}
