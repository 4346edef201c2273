import { entriesOf, isMap, sizeOfMap } from "../values/map.ts";
import { Optional, type Value } from "../values/value.ts";

/**
 * What a call costs, in the units of Kubernetes (where reading a variable or a field is 1),
 * asked before it is made: what is too large is never built.
 */
export interface CallCost {
  // biome-ignore lint/suspicious/noExplicitAny: each takes values of its own parameters' types
  readonly of: (...values: any[]) => number;
  /** The least and the most of it, from what is known of the arguments. */
  readonly estimate: (...args: readonly Extent[]) => Range;
  /** How large its value is; left out where that is not known, or 1. */
  readonly result?: ((...args: readonly Extent[]) => Extent) | undefined;
}

/** The least and the most; `max` may be Infinity. */
export interface Range {
  /** At least 0. */
  readonly min: number;
  /** At least `min`. */
  readonly max: number;
}

/** How large a value may be: UTF-16 units, bytes, elements or entries; 1 where it is none of these. */
export interface Extent {
  readonly size: Range;
  /** What each element is like, and each key of a map. */
  readonly element?: Extent | undefined;
  readonly key?: Extent | undefined;
  /** What it costs to go through all of it, where its elements do not tell. */
  readonly depth?: Range | undefined;
  /** It is one of many, which together are no larger than one may be, such as the parts of a text. */
  readonly shared?: true | undefined;
  /** The int that it is, where that is written in the expression. */
  readonly int?: number | undefined;
}

export const one: Range = { min: 1, max: 1 };
export const anySize: Range = { min: 0, max: Number.POSITIVE_INFINITY };
export const unknown: Extent = { size: anySize };
export const scalar: Extent = { size: one };

export const plus = (...ranges: readonly Range[]): Range => ({
  min: ranges.reduce((sum, { min }) => sum + min, 0),
  max: ranges.reduce((sum, { max }) => sum + max, 0),
});

/** Nothing of infinitely much is nothing. */
export const product = (a: number, b: number): number => (a === 0 || b === 0 ? 0 : a * b);

export const times = (a: Range, b: Range): Range => ({ min: product(a.min, b.min), max: product(a.max, b.max) });

export const either = (a: Range, b: Range): Range => ({ min: Math.min(a.min, b.min), max: Math.max(a.max, b.max) });

/** What is one of two. @param levels of elements within elements that are told. */
export function eitherExtent(a: Extent, b: Extent, levels = 4): Extent {
  const below = (one?: Extent, other?: Extent) =>
    levels > 0 && one && other ? eitherExtent(one, other, levels - 1) : undefined;
  return {
    size: either(a.size, b.size),
    element: below(a.element, b.element),
    key: below(a.key, b.key),
    depth: a.depth && b.depth && either(a.depth, b.depth),
  };
}

/** A tenth of a text's length, as it takes to go through it once. */
export const traversal = (length: number): number => Math.ceil(length * 0.1);

/** UTF-16 units of a text, bytes, elements of a list, or entries of a map; else 1. */
export function sizeOf(value: Value): number {
  if (typeof value === "string" || Array.isArray(value) || value instanceof Uint8Array) return value.length;
  if (value instanceof Optional) return value.$value === undefined ? 1 : sizeOf(value.$value);
  return isMap(value) ? sizeOfMap(value) : 1;
}

type Formula = (first: number, second: number) => number;
type Result = (...args: readonly Extent[]) => Extent;

/** A cost that only grows with the sizes of the arguments: one formula for a call and for both ends of an estimate. */
function bySize(formula: Formula, result?: Result): CallCost {
  return {
    of: (first: Value, second?: Value) => formula(sizeOf(first), second === undefined ? 0 : sizeOf(second)),
    estimate: (first = unknown, second = unknown) => ({
      min: formula(first.size.min, second.size.min),
      max: formula(first.size.max, second.size.max),
    }),
    result,
  };
}

/** As large as the first argument at most. */
const upToFirst: Result = (first) => ({
  size: { min: 0, max: first?.size.max ?? 0 },
  element: first?.element,
  shared: first?.shared,
});
const likeFirst: Result = (first = unknown) => first;

export const nothing: CallCost = bySize(() => 0);

/** One look at all of the first argument, a text; gives one of the same length. */
export const scan: CallCost = bySize(traversal, likeFirst);
/** The same, for what gives a part of it. */
export const scanPart: CallCost = bySize(traversal, upToFirst);
/** The same, for what gives no text. */
export const scanOnly: CallCost = bySize(traversal);
/** Only the second argument is gone through. */
export const scanSecond: CallCost = bySize((_, part) => traversal(part));
/** Each part of the text may be looked for at each place. */
export const search: CallCost = bySize((text, part) => product(traversal(text), traversal(part)));

export const scanTwice: CallCost = bySize((text) => traversal(text * 2));

export const patternCost: Formula = (text, pattern) => product(Math.ceil((1 + text) * 0.1), Math.ceil(pattern * 0.25));
/** A pattern is taken to have a state for every four characters. */
export const pattern: CallCost = bySize(patternCost);
/** For what gives the text found, or a list of all. */
export const patternFind: CallCost = bySize(patternCost, upToFirst);
export const patternFindAll: CallCost = bySize(patternCost, (text = unknown) => ({
  size: { min: 0, max: text.size.max + 1 },
  element: { size: { min: 0, max: text.size.max }, shared: true },
}));

/** A text is held against a pattern of the most characters that a format of Kubernetes has. */
export const validation: CallCost = bySize((_, text) => patternCost(text, 128));

/** Two texts, or bytes, are copied into one. */
export const concatenation: CallCost = bySize(
  (a, b) => traversal(a + b),
  (a = unknown, b = unknown) => ({ size: plus(a.size, b.size) }),
);

/** Two lists are copied into one. (Where Kubernetes' lists are only chained it is 1, as it is here up to ten elements.) */
export const listConcatenation: CallCost = bySize(
  (a, b) => Math.max(1, traversal(a + b)),
  (a = unknown, b = unknown) => ({ ...eitherExtent(a, b), size: plus(a.size, b.size) }),
);

/** A byte is at least one of a character, and a character at most four bytes. */
export const toBytes: CallCost = bySize(traversal, ({ size } = unknown) => ({
  size: { min: size.min, max: size.max * 4 },
}));
export const fromBytes: CallCost = bySize(traversal, ({ size } = unknown) => ({
  size: { min: Math.floor(size.min / 4), max: size.max },
}));
/** Each character may need another beside it. */
export const escaping: CallCost = bySize(traversal, ({ size } = unknown) => ({
  size: { min: size.min, max: size.max * 2 },
}));
/** The same, and there are quotes around. */
export const quoting: CallCost = bySize(traversal, ({ size } = unknown) => ({
  size: { min: size.min + 2, max: size.max * 2 + 2 },
}));

/** As large as its first argument is, one for each element. */
export const membership: CallCost = bySize((_, list) => list);

/** A list that is made: its elements and the list itself. */
const newList = (elements: number): number => 11 + elements;

export const listCopy: CallCost = bySize(newList, likeFirst);

export const range: CallCost = {
  of: (count: number | bigint) => newList(Math.max(0, Number(count))),
  estimate: ({ int } = unknown) =>
    int === undefined ? { min: newList(0), max: newList(longestRange) } : { min: newList(int), max: newList(int) },
  result: ({ int } = unknown) => ({
    size: int === undefined ? { min: 0, max: longestRange } : { min: int, max: int },
    element: scalar,
  }),
};

/** The longest list that `lists.range` makes. */
export const longestRange = 1_000_000;

export const slice: CallCost = {
  of: (list: readonly Value[], from: number | bigint, to: number | bigint) =>
    newList(Math.min(list.length, Math.max(0, Number(to) - Number(from)))),
  estimate: (list = unknown) => ({ min: newList(0), max: newList(list.size.max) }),
  result: upToFirst,
};

/** Each element may be compared with each. */
function comparingAll(list: number, isText: boolean): number {
  return newList(Math.floor(product(list, list) * (isText ? 2.1 : 2)));
}

export const selfComparison: CallCost = {
  of: (list: readonly Value[]) =>
    comparingAll(list.length, typeof list[0] === "string" || list[0] instanceof Uint8Array),
  estimate: ({ size, element } = unknown) => ({
    min: comparingAll(size.min, false),
    max: comparingAll(size.max, element?.size !== one),
  }),
  result: (list = unknown) => ({ ...list, size: { min: Math.min(1, list.size.min), max: list.size.max } }),
};

/** One look at each element, and at the characters of those that are texts. */
export const listTraversal: CallCost = {
  of: (list: Value) => depthOf(list),
  estimate: (list = unknown) => traversalOf(list),
};

/** The same for what gives one of the elements. */
export const extreme: CallCost = { ...listTraversal, result: (list = unknown) => list.element ?? unknown };

function traversalOf(extent: Extent): Range {
  const { size, element, key, depth } = extent;
  if (depth !== undefined) return depth;
  if (element === undefined) return size === one ? one : { min: 0, max: size.max };
  const each = traversalOf(element);
  const elements = key === undefined ? each : plus(each, traversalOf(key));
  return times(size, elements);
}

/** @param most where counting ends: a value may hold the same list a million times. */
function depthOf(value: Value, most = countedMost): number {
  if (typeof value === "string") return Math.floor(Buffer.byteLength(value) * 0.1);
  if (value instanceof Uint8Array) return Math.floor(value.length * 0.1);
  if (!Array.isArray(value) && !isMap(value)) return 1;
  let cost = 0;
  for (const part of partsOf(value)) {
    cost += depthOf(part, most - cost);
    if (cost > most) break;
  }
  return cost;
}

/** More than any budget allows. */
const countedMost = 100_000_000;

function* partsOf(value: Value): Iterable<Value> {
  if (Array.isArray(value)) yield* value as readonly Value[];
  else for (const entry of entriesOf(value)) yield* entry;
}

/** Lists taken as sets. @param rounds how often each is compared with each. */
export const setComparison = (rounds: number): CallCost => bySize((a, b) => 1 + Math.floor(product(a, b) * rounds));

/** Half for going through the text and half for what is made of it, which may be larger. */
export const replacing: CallCost = {
  of: (text: string, from: string, to: string, limit?: number | bigint) => {
    const count = to.length <= from.length || limit === 0 ? 0 : countOf(text, from);
    return traversal(Math.max(text.length * 2, text.length + count * (to.length - from.length)));
  },
  estimate: (text = unknown, from = unknown, to = unknown) => ({
    min: traversal(text.size.min * 2),
    max: traversal(Math.max(text.size.max * 2, replacedSize(text, from, to))),
  }),
  result: (text = unknown, from = unknown, to = unknown) => ({
    size: { min: 0, max: replacedSize(text, from, to) },
  }),
};

/** An empty part is there before, between and after all characters. */
function countOf(text: string, part: string): number {
  return part === "" ? text.length + 1 : text.split(part).length - 1;
}

function replacedSize({ size: text }: Extent, { size: from }: Extent, { size: to }: Extent): number {
  const count = from.min === 0 ? text.max + 1 : Math.floor(text.max / from.min);
  return text.max + product(count, Math.max(0, to.max - from.min));
}

/** Going through the text, and making as many parts. */
export const splitting: CallCost = bySize(
  (text) => traversal(text * 2),
  (text = unknown) => ({
    size: { min: 0, max: text.size.max + 1 },
    element: { size: { min: 0, max: text.size.max }, shared: true },
  }),
);

export const joining: CallCost = {
  of: (list: readonly Value[], separator = "") => {
    let length = Math.max(0, list.length - 1) * separator.length;
    for (const each of list) length += typeof each === "string" ? each.length : 0;
    return traversal(length * 2);
  },
  estimate: (list, separator) => {
    const { min, max } = joinedSize(list, separator);
    return { min: traversal(min * 2), max: traversal(max * 2) };
  },
  result: (list, separator) => ({ size: joinedSize(list, separator) }),
};

function joinedSize(list: Extent = unknown, separator: Extent = { size: { min: 0, max: 0 } }): Range {
  const gaps = { min: Math.max(0, list.size.min - 1), max: Math.max(0, list.size.max - 1) };
  return plus(times(list.size, list.element?.size ?? anySize), times(gaps, separator.size));
}

/** Each level is gone through; and what comes out is a list of its own. */
export const flattening: CallCost = {
  of: (list: readonly Value[], depth: number | bigint = 1) =>
    newList(
      Math.max(Math.trunc(list.length * (depth < 0 ? 1 : Number(depth))), traversal(flatSize(list, Number(depth)))),
    ),
  estimate: (list = unknown, depth = { size: one, int: 1 }) => ({
    min: newList(product(list.size.min, depth.int ?? 0)),
    max: newList(Math.max(product(list.size.max, depth.int ?? Number.POSITIVE_INFINITY), flatMost(list, depth))),
  }),
  result: (list = unknown, depth = { size: one, int: 1 }) => ({
    size: { min: 0, max: flatMost(list, depth) },
    element: depth.int === 1 ? list.element?.element : undefined,
  }),
};

function flatSize(list: readonly Value[], depth: number): number {
  let size = 0;
  for (const each of list) {
    if (!Array.isArray(each)) size++;
    else size += depth > 1 && size < countedMost ? flatSize(each as Value[], depth - 1) : each.length;
  }
  return size;
}

function flatMost(list: Extent, depth: Extent): number {
  const most = product(list.size.max, Math.max(1, list.element?.size.max ?? Number.POSITIVE_INFINITY));
  return depth.int === 1 ? most : Number.POSITIVE_INFINITY;
}

/** In Kubernetes only the format counts, whatever is put into it. */
const freeLength = 200;

/** Going through the format, and making a text of what is put into it where that is long. */
export const formatting: CallCost = {
  of: (format: string, args: readonly Value[]) =>
    Math.max(traversal(format.length), traversal(lengthOf(args) - freeLength)),
  estimate: (format = unknown, args = unknown) => ({
    min: traversal(format.size.min),
    max: Math.max(traversal(format.size.max), traversal(longest(args) - freeLength)),
  }),
  result: (format = unknown, args = unknown) => ({
    size: { min: 0, max: format.size.max + product(args.size.max, numberLength) + longest(args) },
  }),
};

/** What a number or a time is at most written with, with all the digits that may be asked for. */
const numberLength = 1000;

/** As `lengthOf` tells it. */
function longest({ size, element, key, depth }: Extent): number {
  if (depth !== undefined) return depth.max + 2;
  if (element === undefined) return size.max + 2;
  return 2 + product(size.max, longest(element) + (key === undefined ? 0 : longest(key)));
}

/** How long a text of a value is, about. */
function lengthOf(value: Value, most = countedMost): number {
  if (typeof value === "string" || value instanceof Uint8Array) return value.length;
  let length = 2;
  if (!Array.isArray(value) && !isMap(value)) return length;
  for (const part of partsOf(value)) {
    length += lengthOf(part, most - length);
    if (length > most) break;
  }
  return length;
}
