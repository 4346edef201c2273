import type { Program, Sizes } from "@kubecast/cel";

/** Of a list or a map: three within one another are a quarter of a million, as many as an object can hold. */
const elements = 64;
/** What etcd takes for one object, in bytes, and so for all texts of it together. */
const objectBytes = 1_500_000;
/** Names in Kubernetes may be so long, however many of them there are; labels are shorter, and so are the keys of maps. */
const nameLength = 253;
const names = new Set(["name", "namespace", "generateName", "uid", "nodeName", "labels", "{}"]);

/**
 * How large the parts of an object are taken to be, to tell what a rule may cost: the API server has
 * no such limits for built-in kinds. A list or a map has up to 64 elements; a text is as long as there
 * is room for where an object of 1.5 MB has that many of it, and a name no longer than names are.
 */
export const objectSizes: Sizes = ([variable, ...path], kind) => {
  if (kind === "list" || kind === "map") return { min: 0, max: elements };
  if (path.some((name) => names.has(name))) return { min: 0, max: nameLength };
  // `each` is itself an element.
  const within = path.filter((name) => name === "[]" || name === "{}").length + (variable === "each" ? 1 : 0);
  return { min: 0, max: Math.max(nameLength, Math.floor(objectBytes / elements ** within)) };
};

/** The most that an expression may cost by its estimate, as for the rules of a CustomResourceDefinition. */
const mostEstimated = 10_000_000;

/** Why a rule's expression is refused that may cost too much; undefined where it may not. */
export function tooCostly(program: Program): string | undefined {
  const { max } = program.estimateCost(objectSizes);
  if (max <= mostEstimated) return undefined;
  const cost = max === Number.POSITIVE_INFINITY ? "without bound" : `up to ${max.toLocaleString("en")}`;
  return `this may cost ${cost}, and an expression may cost ${mostEstimated.toLocaleString("en")}: go through fewer lists within lists, or search shorter texts`;
}
