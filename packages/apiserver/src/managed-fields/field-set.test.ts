import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  difference,
  type FieldSet,
  intersection,
  isEmptySet,
  nothing,
  pathSet,
  paths,
  pathText,
  union,
  without,
} from "./field-set.ts";

const step = fc.constantFrom("f:a", "f:b", 'k:{"name":"x"}', 'v:"y"');
const path = fc.array(step, { minLength: 1, maxLength: 4 });
const pathList = fc.array(path, { maxLength: 8 });

const setOf = (list: readonly (readonly string[])[]): FieldSet => list.map(pathSet).reduce(union, nothing);
/** A set as the texts of its paths, which are known to be right. */
const texts = (set: FieldSet) => [...paths(set)].map((each) => each.join(" ")).sort();
const textsOf = (list: readonly (readonly string[])[]) => [...new Set(list.map((each) => each.join(" ")))].sort();

describe("sets of fields behave as sets of paths:", () => {
  test("union, difference, intersection", () => {
    fc.assert(
      fc.property(pathList, pathList, (left, right) => {
        const [a, b] = [setOf(left), setOf(right)];
        const [inA, inB] = [textsOf(left), textsOf(right)];
        expect(texts(a)).toEqual(inA);
        expect(texts(union(a, b))).toEqual(textsOf([...left, ...right]));
        expect(texts(difference(a, b))).toEqual(inA.filter((text) => !inB.includes(text)));
        expect(texts(intersection(a, b))).toEqual(inA.filter((text) => inB.includes(text)));
        expect(isEmptySet(difference(a, a))).toBe(true);
      }),
    );
  });

  test("what is without others is without all below them", () => {
    fc.assert(
      fc.property(pathList, pathList, (left, right) => {
        const under = (text: string) => textsOf(right).some((other) => `${text} `.startsWith(`${other} `));
        expect(texts(without(setOf(left), setOf(right)))).toEqual(textsOf(left).filter((text) => !under(text)));
      }),
    );
  });

  test("an operation that changes nothing gives the same set, and none changes its arguments", () => {
    fc.assert(
      fc.property(pathList, pathList, (left, right) => {
        const [a, b] = [setOf(left), setOf(right)];
        const before = JSON.stringify([a, b]);
        if (texts(difference(a, b)).length === texts(a).length && !isEmptySet(a)) expect(difference(a, b)).toBe(a);
        union(a, b);
        without(a, b);
        expect(JSON.stringify([a, b])).toBe(before);
      }),
    );
  });

  test("the form is that of FieldsV1, in which no two sets look alike", () => {
    const set = setOf([["f:metadata", "f:labels"], ["f:metadata", "f:labels", "f:app"], ["f:data"]]);
    expect(set).toEqual({ "f:metadata": { "f:labels": { ".": {}, "f:app": {} } }, "f:data": {} });
    fc.assert(
      fc.property(pathList, pathList, (left, right) => {
        const same = textsOf(left).join() === textsOf(right).join();
        const sorted = (list: readonly string[][]) =>
          JSON.stringify(setOf([...list].sort((a, b) => (a.join(" ") < b.join(" ") ? -1 : 1))));
        expect(sorted(left) === sorted(right)).toBe(same);
      }),
    );
  });
});

test("a path reads as in the API's messages, and stands where the API has it", () => {
  const set = setOf([
    ["f:spec", "f:containers", 'k:{"name":"main"}', "f:ports", 'k:{"containerPort":80,"protocol":"TCP"}'],
    ["f:spec", "f:containers", 'k:{"name":"main"}', "f:ports", 'k:{"containerPort":9,"protocol":"TCP"}'],
    ["f:spec", "f:containers", 'k:{"name":"main"}', "f:image"],
    ["f:metadata", "f:finalizers", 'v:"example.com/hold"'],
  ]);
  expect([...paths(set)].map(pathText)).toEqual([
    '.metadata.finalizers[="example.com/hold"]',
    '.spec.containers[name="main"].image',
    '.spec.containers[name="main"].ports[containerPort=9,protocol="TCP"]',
    '.spec.containers[name="main"].ports[containerPort=80,protocol="TCP"]',
  ]);
});
