import { describe, expect, test } from "vitest";
import { demoScripts, demoSpeed } from "./demo.ts";
import { condition, container, type Moment, makePod, playScript } from "./pod-play.test.helper.ts";

describe("the demo", () => {
  /** Seconds of the viewer's time at which the trouble begins and ends. */
  function span(script: keyof typeof demoScripts, holds: (moment: Moment) => unknown): [number, number | undefined] {
    const pod = makePod({ restartPolicy: script === "failed" ? "Never" : "Always" });
    const moments = playScript(demoScripts[script], pod, 500);
    const begin = moments.find(holds)!.at;
    const end = moments.findLast(({ at }, index) => at > begin && index > 0 && holds(moments[index - 1]!))?.at;
    return [begin / demoSpeed, end === undefined ? undefined : end / demoSpeed];
  }

  const waitsFor = (reasons: RegExp) => (moment: Moment) => reasons.test(container(moment).state.waiting?.reason ?? "");
  const isRunningUnready = (moment: Moment) =>
    moment.status.phase === "Running" && condition(moment, "Ready")?.status !== "True";

  test.each([
    ["imagePull", waitsFor(/^(ErrImagePull|ImagePullBackOff)$/)],
    ["configError", waitsFor(/^CreateContainerConfigError$/)],
    ["crashLoop", waitsFor(/^CrashLoopBackOff$/)],
    ["notReady", isRunningUnready],
  ] as const)("%s begins within 15 s, and is over within 20 s", (script, holds) => {
    const [begin, end] = span(script, holds);
    expect(begin).toBeLessThan(15);
    expect(end).toBeLessThan(20);
    expect(end! - begin).toBeGreaterThan(5);
  });

  test.each([
    ["evicted", (moment: Moment) => moment.status.reason === "Evicted"],
    ["failed", (moment: Moment) => moment.status.phase === "Failed"],
    ["oomKilled", (moment: Moment) => container(moment).lastState.terminated?.reason === "OOMKilled"],
  ] as const)("%s comes within 15 s", (script, holds) => {
    expect(span(script, holds)[0]).toBeLessThan(15);
  });
});
