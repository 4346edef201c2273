import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { demoScripts, demoSpeed } from "./demo.ts";
import { type Life, podEnd, podLife } from "./pod-life.ts";
import { PodModel } from "./pod-model.ts";
import { parsePodScript } from "./script.ts";
import type { Condition, ContainerStatus, Pod, PodSpec, PodStatus } from "./types.ts";

const start = Date.UTC(2026, 10, 22, 18, 0, 0);
const place = { hostIP: "192.168.0.1", podIP: "10.1.0.7" };
const app = { name: "app", image: "registry.example/shop/api:1.4" };

function makePod(spec: Partial<PodSpec> = {}): Pod {
  return { metadata: { name: "api-1", namespace: "shop", uid: "uid-1" }, spec: { containers: [app], ...spec } };
}

interface Moment {
  /** Seconds since the start. */
  readonly at: number;
  readonly status: PodStatus;
}

/** Plays a life in virtual time: each status, with its moment. */
function play(life: (model: PodModel) => Life, pod: Pod, seconds = 3600, from = 0): Moment[] {
  let now = start + from * 1000;
  const model = new PodModel(pod, place, () => now);
  const moments: Moment[] = [];
  for (const pause of life(model)) {
    moments.push({ at: (now - start) / 1000, status: model.status() });
    now += pause;
    if (now > start + (from + seconds) * 1000) break;
  }
  return moments;
}

function playScript(script: string, pod = makePod(), seconds?: number): Moment[] {
  return play((model) => podLife(model, parsePodScript(script), () => 0.5), pod, seconds);
}

function container({ status }: Moment, index = 0): ContainerStatus {
  return status.containerStatuses![index]!;
}

function condition({ status }: Moment, type: string): Condition | undefined {
  return status.conditions!.find((condition) => condition.type === type);
}

/** A line a status: phase, the container's state, how often it restarted, whether the Pod is ready. */
function story(moments: Moment[]): string[] {
  return moments.map((moment) => {
    const { state, restartCount } = container(moment);
    const what = state.running ? "running" : (state.waiting?.reason ?? state.terminated?.reason);
    const ready = condition(moment, "Ready")?.status === "True" ? " ready" : "";
    return `${moment.at}s ${moment.status.phase} ${what} ${restartCount}${ready}`;
  });
}

describe("a healthy Pod", () => {
  test("is accepted, gets its sandbox, runs and is ready", () => {
    expect(story(playScript("healthy"))).toEqual([
      "0s Pending ContainerCreating 0",
      "0.2s Pending ContainerCreating 0",
      "1.2s Running running 0 ready",
    ]);
  });

  test("reports what a kubelet reports", () => {
    const last = playScript("healthy").at(-1)!;
    expect(last.status).toEqual({
      phase: "Running",
      startTime: "2026-11-22T18:00:00Z",
      hostIP: "192.168.0.1",
      hostIPs: [{ ip: "192.168.0.1" }],
      podIP: "10.1.0.7",
      podIPs: [{ ip: "10.1.0.7" }],
      qosClass: "BestEffort",
      conditions: [
        ["PodReadyToStartContainers", "2026-11-22T18:00:00Z"],
        ["Initialized", "2026-11-22T18:00:00Z"],
        ["Ready", "2026-11-22T18:00:01Z"],
        ["ContainersReady", "2026-11-22T18:00:01Z"],
        ["PodScheduled", "2026-11-22T18:00:00Z"],
      ].map(([type, lastTransitionTime]) => ({ type, status: "True", lastProbeTime: null, lastTransitionTime })),
      containerStatuses: [
        {
          name: "app",
          state: { running: { startedAt: "2026-11-22T18:00:01Z" } },
          lastState: {},
          ready: true,
          started: true,
          restartCount: 0,
          image: "registry.example/shop/api:1.4",
          imageID: expect.stringMatching(/^registry\.example\/shop\/api@sha256:[0-9a-f]{64}$/),
          containerID: expect.stringMatching(/^containerd:\/\/[0-9a-f]{64}$/),
        },
      ],
    });
  });

  test("runs its init containers first, one after the other", () => {
    const moments = playScript("healthy", makePod({ initContainers: [{ name: "migrate" }, { name: "warm" }] }));
    const line = (moment: Moment) =>
      [...moment.status.initContainerStatuses!, ...moment.status.containerStatuses!]
        .map(({ state }) => Object.keys(state)[0])
        .join(" ");
    expect(moments.map(line).slice(2)).toEqual([
      "running waiting waiting",
      "terminated running waiting",
      "terminated terminated running",
    ]);
    expect(condition(moments[2]!, "Initialized")).toMatchObject({
      status: "False",
      reason: "ContainersNotInitialized",
      message: "containers with incomplete status: [migrate warm]",
    });
    expect(container(moments[2]!).state.waiting?.reason).toBe("PodInitializing");
    expect(condition(moments.at(-1)!, "Ready")?.status).toBe("True");
  });

  test("with a readiness probe is ready only once that succeeds", () => {
    const moments = playScript("healthy", makePod({ containers: [{ ...app, readinessProbe: {} }] }));
    expect(story(moments).slice(2)).toEqual(["1.2s Running running 0", "2.2s Running running 0 ready"]);
  });
});

describe("a crash loop", () => {
  test("backs off ever longer, at most five minutes", () => {
    const moments = playScript("crash-loop; run-for=2s");
    const messages = moments.flatMap((moment) => container(moment).state.waiting?.message ?? []);
    const told = "restarting failed container=app pod=api-1_shop(uid-1)";
    expect(messages.slice(0, 8)).toEqual(
      ["10s", "20s", "40s", "1m20s", "2m40s", "5m0s", "5m0s", "5m0s"].map((delay) => `back-off ${delay} ${told}`),
    );
    expect(story(moments).slice(2, 9)).toEqual([
      "1.2s Running running 0 ready",
      "3.2s Running Error 0",
      "4.2s Running running 1 ready",
      "6.2s Running Error 1",
      "7.2s Running CrashLoopBackOff 1",
      "17.2s Running running 2 ready",
      "19.2s Running Error 2",
    ]);
  });

  test("keeps the last termination while it waits and after it restarts", () => {
    const waiting = playScript("crash-loop; exit-code=3").find((moment) => container(moment).state.waiting?.message)!;
    const { lastState, containerID } = container(waiting);
    expect(lastState.terminated).toEqual({
      exitCode: 3,
      reason: "Error",
      startedAt: "2026-11-22T18:00:04Z",
      finishedAt: "2026-11-22T18:00:06Z",
      containerID,
    });
    expect(condition(waiting, "Ready")).toMatchObject({
      reason: "ContainersNotReady",
      message: "containers with unready status: [app]",
    });
  });

  test("forgets its back-off after ten good minutes", () => {
    const waits = (runFor: string) =>
      playScript(`crash-loop; run-for=${runFor}`, makePod(), 7200).filter(
        (moment) => container(moment).state.waiting?.reason === "CrashLoopBackOff",
      );
    expect(waits("9m")).not.toEqual([]);
    expect(waits("11m")).toEqual([]);
  });

  test("ends with the first restart after recover-after, and comes again after repeat-after", () => {
    const once = playScript("crash-loop; recover-after=20s");
    expect(story(once).at(-1)).toBe("40.2s Running running 3 ready");
    const again = playScript("crash-loop; recover-after=20s; repeat-after=5m");
    expect(story(again).find((line) => line.startsWith("340.2s"))).toBe("340.2s Running Error 3");
  });

  test("is over at once where the restart policy is Never", () => {
    expect(story(playScript("crash-loop", makePod({ restartPolicy: "Never" }))).at(-1)).toBe("3.2s Failed Error 0");
  });
});

describe("an image that cannot be pulled", () => {
  test("alternates between the error and backing off, until an attempt after recover-after", () => {
    expect(story(playScript("image-pull-failed; recover-after=20s")).slice(2)).toEqual([
      "1.2s Pending ErrImagePull 0",
      "4.2s Pending ImagePullBackOff 0",
      "11.2s Pending ErrImagePull 0",
      "14.2s Pending ImagePullBackOff 0",
      "31.2s Running running 0 ready",
    ]);
  });

  test("can hit one container of several, and name its image", () => {
    const pod = makePod({ containers: [app, { name: "proxy", image: "envoy" }] });
    const moment = playScript("image-pull-failed; container=proxy", pod)[3]!;
    expect(container(moment).ready).toBe(true);
    expect(moment.status.phase).toBe("Pending");
    expect(container(moment, 1).state.waiting).toEqual({
      reason: "ImagePullBackOff",
      message: expect.stringMatching(
        /^Back-off pulling image "envoy": .*docker\.io\/library\/envoy:latest: not found$/,
      ),
    });
  });

  test("stops a container that ran before, and leaves its Pod's phase alone", () => {
    expect(story(playScript("image-pull-failed; begin-after=30s")).slice(3, 5)).toEqual([
      "31.2s Running Error 0",
      "32.2s Running ErrImagePull 0",
    ]);
  });
});

test("a config error names what is missing, and passes when it is there", () => {
  const moments = playScript("config-error; missing=configmap/settings; recover-after=1m");
  expect(container(moments[2]!).state).toEqual({
    waiting: { reason: "CreateContainerConfigError", message: 'configmap "settings" not found' },
  });
  expect(story(moments).at(-1)).toBe("61.2s Running running 0 ready");
});

test("an OOM kill is one restart, with the reason and exit code 137", () => {
  const moments = playScript("oom-killed; begin-after=10s");
  expect(story(moments).slice(2)).toEqual([
    "1.2s Running running 0 ready",
    "11.2s Running OOMKilled 0",
    "12.2s Running running 1 ready",
  ]);
  expect(container(moments.at(-1)!).lastState.terminated).toMatchObject({ reason: "OOMKilled", exitCode: 137 });
});

test("readiness is lost and regained while the container runs on", () => {
  const moments = playScript("not-ready; begin-after=5s; recover-after=30s");
  expect(story(moments).slice(2)).toEqual([
    "1.2s Running running 0 ready",
    "6.2s Running running 0",
    "36.2s Running running 0 ready",
  ]);
  expect(condition(moments[3]!, "Ready")?.lastTransitionTime).toBe("2026-11-22T18:00:06Z");
  expect(condition(moments[4]!, "Ready")?.lastTransitionTime).toBe("2026-11-22T18:00:36Z");
});

test("an eviction fails the Pod and says why", () => {
  const last = playScript("evicted; begin-after=10s").at(-1)!;
  expect(last.status).toMatchObject({ phase: "Failed", reason: "Evicted" });
  expect(last.status.message).toMatch(/^The node was low on resource: memory\./);
  expect(condition(last, "DisruptionTarget")).toMatchObject({ status: "True", reason: "TerminationByKubelet" });
  expect(condition(last, "Ready")).toMatchObject({ status: "False", reason: "PodFailed" });
});

describe("a Pod that ends by itself", () => {
  const pod = makePod({ restartPolicy: "Never", containers: [app, { name: "log" }] });

  test("succeeds", () => {
    const last = playScript("completed; begin-after=10s", pod).at(-1)!;
    expect(last.status.phase).toBe("Succeeded");
    expect(condition(last, "Ready")).toMatchObject({ status: "False", reason: "PodCompleted" });
    expect(condition(last, "Initialized")).toMatchObject({ status: "True", reason: "PodCompleted" });
  });

  test("or fails", () => {
    const last = playScript("failed; begin-after=10s; exit-code=9", pod).at(-1)!;
    expect(last.status.phase).toBe("Failed");
    expect(container(last).state.terminated).toMatchObject({ exitCode: 9, reason: "Error" });
    expect(container(last, 1).state.terminated).toMatchObject({ exitCode: 0, reason: "Completed" });
  });

  test("is started again under restart policy Always", () => {
    expect(container(playScript("completed", makePod(), 600).at(-1)!).restartCount).toBeGreaterThan(3);
  });
});

describe("a deletion", () => {
  test("lets running containers end before the Pod may go", () => {
    const status = playScript("healthy").at(-1)!.status;
    const moments = play((model) => podEnd(model, 30), { ...makePod(), status });
    expect(story(moments)).toEqual(["0s Running running 0 ready", "1s Succeeded Completed 0"]);
  });

  test("ends what never ran as unknown", () => {
    const status = playScript("config-error").at(-1)!.status;
    const last = play((model) => podEnd(model, 30), { ...makePod(), status }).at(-1)!;
    expect(last.status.phase).toBe("Failed");
    expect(container(last).state.terminated).toMatchObject({ exitCode: 137, reason: "ContainerStatusUnknown" });
  });
});

test("a Pod goes on from the status it had, with its restarts and times", () => {
  const before = playScript("crash-loop; recover-after=20s").at(-1)!;
  const after = playScript("healthy", { ...makePod(), status: before.status });
  expect(after.map(({ status }) => status)).toEqual([before.status]);
});

test("a node that is not ready makes its Pod not ready, and gives it back", () => {
  const model = new PodModel({ ...makePod(), status: playScript("healthy").at(-1)!.status }, place, () => start + 9000);
  const ready = () => model.status().conditions!.find(({ type }) => type === "Ready");
  model.nodeReady = false;
  expect(ready()).toMatchObject({ status: "False", lastTransitionTime: "2026-11-22T18:00:09Z" });
  model.nodeReady = true;
  expect(ready()?.status).toBe("True");
});

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
