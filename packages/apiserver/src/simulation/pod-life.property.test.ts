import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { podEnd } from "./pod-life.ts";
import { condition, type Moment, makePod, play, playScript } from "./pod-play.test.helper.ts";

describe("whatever the script and the Pod", () => {
  const duration = fc.integer({ min: 0, max: 700 }).map((seconds) => `${seconds}s`);
  const options = {
    "begin-after": duration,
    "recover-after": duration,
    "repeat-after": duration.map((text) => `1m${text}`),
  };
  const script = fc
    .tuple(
      fc.constantFrom("crash-loop", "oom-killed", "image-pull-failed", "config-error", "not-ready"),
      fc.record(options, { requiredKeys: [] }),
    )
    .map(([behaviour, values]) => [behaviour, ...Object.entries(values).map((pair) => pair.join("="))].join("; "));
  const ending = fc.constantFrom("healthy", "evicted", "completed", "failed; exit-code=7", "failed; begin-after=0s");
  const probes = fc.record({ readinessProbe: fc.constant({}), startupProbe: fc.constant({}) }, { requiredKeys: [] });
  const spec = fc.record({
    restartPolicy: fc.constantFrom("Always", "OnFailure", "Never"),
    containers: fc.array(probes, { minLength: 1, maxLength: 3 }),
    initContainers: fc.array(fc.constantFrom({}, { restartPolicy: "Always" }), { maxLength: 2 }),
  });
  const pods = spec.map(({ restartPolicy, containers, initContainers }) =>
    makePod({
      restartPolicy: restartPolicy as "Always",
      containers: containers.map((probes, index) => ({ name: `c${index}`, image: "app", ...probes })),
      initContainers: initContainers.map((rest, index) => ({ name: `i${index}`, ...rest })),
    }),
  );

  test("each status agrees with itself, and with the one before", () => {
    fc.assert(
      fc.property(fc.oneof(script, ending), pods, (text, pod) => {
        const moments = playScript(text, pod);
        const { at, status } = moments.at(-1)!;
        moments.push(...play((model) => podEnd(model, 30), { ...pod, status }, 60, at + 1));
        for (const moment of moments) agreesWithItself(moment);
        for (let index = 1; index < moments.length; index++) follows(moments[index - 1]!, moments[index]!);
      }),
      { numRuns: 100 },
    );
  });

  function agreesWithItself(moment: Moment): void {
    const { status } = moment;
    const states = status.containerStatuses!;
    const is = (type: string) => condition(moment, type)?.status === "True";
    expect(is("ContainersReady")).toBe(is("Ready"));
    if (is("Ready")) {
      expect(states.every(({ ready }) => ready) && is("Initialized") && status.phase === "Running").toBe(true);
    }
    if (status.phase === "Pending") expect(states.some(({ state }) => state.waiting)).toBe(true);
    if (status.phase === "Succeeded") expect(states.every(({ state }) => state.terminated?.exitCode === 0)).toBe(true);
    if (status.phase === "Failed") expect(states.every(({ state }) => state.terminated)).toBe(true);
    for (const container of [...states, ...(status.initContainerStatuses ?? [])]) {
      expect(Object.keys(container.state)).toHaveLength(1);
      if (container.state.running) expect(container.containerID).toBeDefined();
      if (container.ready && !container.state.terminated)
        expect(container.started && container.state.running).toBeTruthy();
      if (container.restartCount > 0) expect(container.lastState.terminated).toBeDefined();
      if (container.state.running && container.lastState.terminated) expect(container.restartCount).toBeGreaterThan(0);
      const { startedAt = "", finishedAt = "" } = container.state.terminated ?? container.lastState.terminated ?? {};
      expect(startedAt <= finishedAt).toBe(true);
    }
  }

  function follows(before: Moment, after: Moment): void {
    expect(after.at).toBeGreaterThanOrEqual(before.at);
    expect(after.status.startTime).toBe(before.status.startTime);
    for (const { type, status, lastTransitionTime } of before.status.conditions!) {
      const now = condition(after, type)!;
      expect(now.lastTransitionTime! >= lastTransitionTime!).toBe(true);
      if (now.status === status) expect(now.lastTransitionTime).toBe(lastTransitionTime);
    }
    before.status.containerStatuses!.forEach((container, index) => {
      const now = after.status.containerStatuses![index]!;
      expect(now.restartCount).toBeGreaterThanOrEqual(container.restartCount);
      expect(now.restartCount - container.restartCount).toBeLessThanOrEqual(1);
    });
    const over = before.status.phase === "Succeeded" || before.status.phase === "Failed";
    if (over) expect(after.status.phase).toBe(before.status.phase);
  }
});
