import { isFree } from "../analysis/fixed-cost.ts";
import type { Expr } from "../syntax/ast.ts";
import { toJson } from "../values/json.ts";
import { Failure, type Value } from "../values/value.ts";

/** What a part of an expression came to. */
export interface ExplainedPart {
  /** Where it stands in the source, in UTF-16 units from 0. */
  readonly start: number;
  /** Where it ends, the last unit not included. */
  readonly end: number;
  /** Where a pointer to it belongs: its operator, its field's or its function's name. */
  readonly at: number;
  /** How often it was evaluated: more than once, or not at all, in a macro that goes through a list. */
  readonly times: number;
  /** What it came to the first few times. */
  readonly values: readonly PartValue[];
}

/** A value as JSON, or why there is none. */
export type PartValue = { readonly value: unknown } | { readonly failure: string };

/** How many values of a part that is evaluated again and again are kept. */
const kept = 3;

/** Notes what the parts of an expression come to while it is evaluated. */
export class Recorder {
  readonly #parts = new Map<Expr, { times: number; readonly values: PartValue[] }>();

  record(expr: Expr, value: Value): void {
    let part = this.#parts.get(expr);
    if (part === undefined) {
      part = { times: 0, values: [] };
      this.#parts.set(expr, part);
    }
    part.times++;
    if (part.times > kept) return;
    part.values.push(value instanceof Failure ? { failure: value.$message } : { value: toJson(value) });
  }

  /** Those that were evaluated, as they stand in the source; what is written as a value tells nothing and is left out. */
  parts(): ExplainedPart[] {
    return [...this.#parts]
      .filter(([expr]) => !isFree(expr))
      .map(([{ start, end, at }, part]) => ({ start, end, at, ...part }))
      .sort((a, b) => a.at - b.at || b.end - b.start - (a.end - a.start));
  }
}
