import fc from "fast-check";
import { expect, test } from "vitest";
import type { ResourceDescription } from "./description.ts";
import { apiVersion, resourceName } from "./resource.ts";
import { ResourceIndex } from "./resource-index.ts";

function described(part: Partial<ResourceDescription>): ResourceDescription {
  const kind = part.kind ?? "Foo";
  const singular = kind.toLowerCase();
  const rest = { verbs: [], shortNames: [], categories: [], subresources: [], namespaced: true };
  return { group: "clux.dev", version: "v1", kind, plural: `${singular}s`, singular, ...rest, ...part };
}

test("a full name comes before a short name, the resource that is first before others", () => {
  const shortly = described({ kind: "Bar", shortNames: ["foo"] });
  const foo = described({});
  const other = described({ group: "example.com" });
  const index = new ResourceIndex([shortly, foo, other]);
  expect(index.find("foo")).toBe(foo);
  expect(index.find("foo.clux.dev")).toBe(foo);
  expect(index.find("foo.example.com")).toBe(other);
});

test("what follows the name is a version where there is one, else the group", () => {
  const stable = described({ version: "stable" });
  const odd = described({ group: "v1.example.com" });
  const core = described({ group: "" });
  const index = new ResourceIndex([stable, odd, core]);
  expect(index.find("foos.stable.clux.dev")).toBe(stable);
  expect(index.find("foos.stable")).toBe(stable);
  expect(index.find("foos.v1.example.com")).toBe(odd);
  expect(index.find("foos.v1.v1.example.com")).toBe(odd);
  expect(index.find("foos.v1.")).toBe(core);
});

test("a kind is found in its version alone, as it is written", () => {
  const index = new ResourceIndex([described({ version: "v2" }), described({})]);
  expect(index.findKind("clux.dev/v1", "Foo")).toMatchObject({ version: "v1", kind: "Foo" });
  expect(index.findKind("clux.dev/v1", "foo")).toBeUndefined();
  expect(index.findKind("clux.dev/v3", "Foo")).toBeUndefined();
});

// Few different words, so that names collide in every way.
const word = fc.constantFrom("foo", "foos", "bar", "bars", "f", "v1");
const resource = fc
  .record({
    group: fc.constantFrom("", "a.dev", "v1.dev", "dev"),
    version: fc.constantFrom("v1", "v2beta1", "dev", "a"),
    kind: fc.constantFrom("Foo", "Bar", "Foos", "V1"),
    plural: word,
    singular: word,
    shortNames: fc.array(word, { maxLength: 2 }),
  })
  .map(described);
const resources = fc.array(resource, { minLength: 1, maxLength: 8 });

test("each resource's name with version and group gives a resource of that name, version and group", () => {
  const name = fc.constantFrom("plural", "singular", "kind", "shortNames" as const);
  fc.assert(
    fc.property(resources, name, fc.boolean(), (all, field, upper) => {
      const index = new ResourceIndex(all);
      for (const one of all) {
        for (const word of [one[field]].flat()) {
          const name = `${word}.${one.version}.${one.group}`;
          const found = index.find(upper ? name.toUpperCase() : name);
          expect(found).toMatchObject({ version: one.version, group: one.group });
          expect(names(found!)).toContain(word.toLowerCase());
        }
      }
    }),
  );
});

test("any name gives the first resource that it fits", () => {
  const part = fc.constantFrom("foo", "Foos", "BAR", "f", "v1", "v2beta1", "a", "dev", "");
  const name = fc.array(part, { minLength: 1, maxLength: 4 }).map((parts) => parts.join("."));
  fc.assert(
    fc.property(resources, name, (all, asked) => {
      const fits = (suffix: (one: ResourceDescription) => string[], words: (one: ResourceDescription) => string[]) =>
        all.find((one) =>
          words(one).some((word) => suffix(one).some((end) => `${word}${end}` === asked.toLowerCase())),
        );
      const full = ({ plural, singular, kind }: ResourceDescription) => [plural, singular, kind.toLowerCase()];
      const short = ({ shortNames }: ResourceDescription) => [...shortNames];
      const versioned = ({ version, group }: ResourceDescription) => [`.${version}`, `.${version}.${group}`];
      const grouped = ({ group }: ResourceDescription) => [`.${group}`];
      const alone = () => [""];
      const expected = asked.includes(".")
        ? (fits(versioned, full) ?? fits(versioned, short) ?? fits(grouped, full) ?? fits(grouped, short))
        : (fits(alone, full) ?? fits(alone, short));
      expect(new ResourceIndex(all).find(asked)).toBe(expected);
    }),
  );
});

test("an object's apiVersion and kind give the first resource of both", () => {
  fc.assert(
    fc.property(resources, (all) => {
      const index = new ResourceIndex(all);
      for (const one of all) {
        const first = all.find((other) => other.kind === one.kind && apiVersion(other) === apiVersion(one));
        expect(index.findKind(apiVersion(one), one.kind)).toBe(first);
      }
    }),
  );
});

test("what is suggested is there, at most three, for whatever is asked", () => {
  fc.assert(
    fc.property(resources, fc.oneof(fc.string(), word), (all, asked) => {
      const index = new ResourceIndex(all);
      const suggestions = index.suggest(asked);
      expect(suggestions.length).toBeLessThanOrEqual(3);
      const known = new Set(all.map(resourceName));
      for (const suggestion of suggestions) expect(known).toContain(suggestion);
    }),
  );
});

function names({ plural, singular, kind, shortNames }: ResourceDescription): string[] {
  return [plural, singular, kind.toLowerCase(), ...shortNames];
}
