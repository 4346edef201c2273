/** The server has no such resource, as far as it could say. */
export class UnknownResourceError extends Error {
  override readonly name = "UnknownResourceError";
  /** At most three names that may have been meant, the nearest first. */
  readonly suggestions: readonly string[];
  /** Each `apiVersion` that did not answer, and so may have it. */
  readonly unavailable: readonly string[];

  constructor(what: string, options: { suggestions: readonly string[]; unavailable: readonly string[] }) {
    const { suggestions, unavailable } = options;
    const hint = suggestions.length === 0 ? "" : `; did you mean ${suggestions.join(" or ")}?`;
    const silent = unavailable.length === 0 ? "" : ` (no answer from ${unavailable.join(", ")})`;
    super(`the server has no ${what}${hint}${silent}`);
    this.suggestions = suggestions;
    this.unavailable = unavailable;
  }
}
