import { expect, test } from "vitest";
import type { KubeObject } from "../resource/object.ts";
import type { CustomResourceDefinition } from "../types/apiextensions/v1.ts";
import type { Deployment } from "../types/apps/v1.ts";
import type { Job } from "../types/batch/v1.ts";
import type { Pod } from "../types/core/v1.ts";
import {
  type Condition,
  isCrdEstablished,
  isDeleted,
  isDeploymentCompleted,
  isJobCompleted,
  isPodRunning,
} from "./conditions.ts";
import { and, not, or } from "./logic.ts";

const metadata = { name: "a", uid: "1" };

test("a pod that is in phase Running", () => {
  expect(isPodRunning({ metadata, spec: { containers: [] }, status: { phase: "Running" } } as Pod)).toBe(true);
  expect(isPodRunning({ metadata, status: { phase: "Pending" } } as Pod)).toBe(false);
  expect(isPodRunning({ metadata })).toBe(false);
  expect(isPodRunning(undefined)).toBe(false);
});

test.each([
  ["Complete", isJobCompleted as Condition<KubeObject>],
  ["Established", isCrdEstablished as Condition<KubeObject>],
])("what has the condition %s", (type, condition) => {
  const having = (...conditions: [string, string][]): KubeObject => {
    const status = { conditions: conditions.map(([type, status]) => ({ type, status })) };
    return { metadata, status } as Partial<Job | CustomResourceDefinition> as KubeObject;
  };
  expect(condition(having(["Other", "False"], [type, "True"]))).toBe(true);
  expect(condition(having([type, "False"], ["Other", "True"]))).toBe(false);
  expect(condition(having())).toBe(false);
  expect(condition({ metadata })).toBe(false);
  expect(condition(undefined)).toBe(false);
});

test("a deployment whose newest template is all there is", () => {
  const done = { observedGeneration: 2, replicas: 3, updatedReplicas: 3, availableReplicas: 3 };
  const completed = (status: object | undefined, spec: object = { replicas: 3 }): boolean =>
    isDeploymentCompleted({ metadata: { ...metadata, generation: 2 }, spec, status } as Deployment);
  expect(completed(done)).toBe(true);
  expect(completed({ ...done, observedGeneration: 1 })).toBe(false);
  expect(completed({ ...done, updatedReplicas: 2 })).toBe(false);
  expect(completed({ ...done, replicas: 4 })).toBe(false);
  expect(completed({ ...done, availableReplicas: 2 })).toBe(false);
  expect(completed({ observedGeneration: 2 }, {})).toBe(false);
  expect(completed({ observedGeneration: 2 }, { replicas: 0 })).toBe(true);
  expect(completed(undefined, { replicas: 0 })).toBe(false);
  expect(isDeploymentCompleted(undefined)).toBe(false);
});

test("an object that is gone, be there another of its name", () => {
  expect(isDeleted("1")(undefined)).toBe(true);
  expect(isDeleted("1")({ metadata: { name: "a", uid: "2" } })).toBe(true);
  expect(isDeleted("1")({ metadata })).toBe(false);
});

test("and, or and not", () => {
  const yes = () => true;
  const no = () => false;
  expect([and(yes, yes)(1), and(yes, no)(1), and(no, no)(1), and()(1)]).toEqual([true, false, false, true]);
  expect([or(yes, yes)(1), or(yes, no)(1), or(no, no)(1), or()(1)]).toEqual([true, true, false, false]);
  expect([not(yes)(1), not(no)(1)]).toEqual([false, true]);
});
