import { describe, expect, test } from "vitest";
import { podEnd } from "./pod-life.ts";
import { PodModel } from "./pod-model.ts";
import {
  app,
  condition,
  container,
  type Moment,
  makePod,
  place,
  play,
  playScript,
  start,
  story,
} from "./pod-play.test.helper.ts";

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
