import { setTimeout as delay } from "node:timers/promises";
import { type Clock, systemClock, type Timing } from "@kubecast/kube";

/** A clock on which all waits are so many times as short: what takes half a minute in a cluster takes a second here. */
export function fastClock(speed: number): Clock {
  return {
    now: () => systemClock.now() * speed,
    setTimeout: (callback, milliseconds) => systemClock.setTimeout(callback, milliseconds / speed),
    clearTimeout: systemClock.clearTimeout,
  };
}

/** The same for a client's retries. */
export function fastTiming(speed: number, random: () => number): Timing {
  return {
    now: () => systemClock.now() * speed,
    sleep: (milliseconds, signal) => delay(milliseconds / speed, undefined, { signal }),
    random,
  };
}
