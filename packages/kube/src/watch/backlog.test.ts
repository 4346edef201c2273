import fc from "fast-check";
import { expect, test } from "vitest";
import type { KubeObject } from "../resource/object.ts";
import { AllChanges, NetChanges } from "./backlog.ts";
import { pod } from "./fakes.test.helper.ts";
import { Store } from "./store.ts";

test("net changes are never more than the objects that were known and that there are, or one batch", () => {
  const object = fc
    .record({ name: fc.constantFrom("a", "b", "c", "d"), version: fc.nat(9), uid: fc.constantFrom("1", "2") })
    .map(({ name, version, uid }) => pod(name, `${version}`, uid));
  const step = fc.record({ object, type: fc.constantFrom("apply" as const, "delete" as const), take: fc.boolean() });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 50 }), (steps) => {
      const store = new Store<KubeObject>();
      const backlog = new NetChanges<KubeObject>();
      let known = new Set<string | undefined>();
      for (const { object, type, take } of steps) {
        const batch = store.applyItem({ type, object });
        backlog.add(batch);
        const names = [...store].map(({ metadata }) => metadata.name);
        expect(backlog.size).toBeLessThanOrEqual(Math.max(batch.length, new Set([...known, ...names]).size));
        if (!take) continue;
        backlog.take();
        expect(backlog.size).toBe(0);
        known = new Set(names);
      }
    }),
  );
});

test("all changes are kept in order until they are taken", () => {
  const backlog = new AllChanges<KubeObject>();
  const [first, second, third] = ["1", "2", "3"].map(
    (version) => ({ type: "added", object: pod("a", version) }) as const,
  );
  backlog.add([first!, second!]);
  backlog.add([third!]);
  expect(backlog.size).toBe(3);
  expect(backlog.take()).toEqual([first, second, third]);
  expect(backlog.size).toBe(0);
});
