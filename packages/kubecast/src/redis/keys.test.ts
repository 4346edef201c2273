import { describe, expect, it } from "vitest";
import { allChannels, channelOf, keysOf } from "./keys.ts";

describe("keys", () => {
  it("share the cluster's hash tag, so that one script may use them all", () => {
    const names = [...Object.values(keysOf("prod-eu")), channelOf("prod-eu", "shop", "R"), allChannels("prod-eu")];
    for (const name of names) expect(/\{(.*?)\}/.exec(name)?.[1]).toBe("prod-eu");
    expect(new Set(names).size).toBe(names.length);
  });

  it("name a channel by namespace and rule", () => {
    expect(channelOf("c", "shop", "PodFailed")).toBe("kubecast:{c}:shop:PodFailed");
    expect(channelOf("c", undefined, "NodeNotReady")).toBe("kubecast:{c}:_cluster:NodeNotReady");
    expect(allChannels("c")).toBe("kubecast:{c}:*");
  });
});
