import { type KubeApiserver, startKubeApiserver } from "@kubecast/testbed";
import { afterAll, beforeAll, expect, test } from "vitest";
import { Random } from "../soak/random.ts";
import { contest, type Fault, times } from "./contest.ts";

let server: KubeApiserver;
beforeAll(async () => {
  server = await startKubeApiserver();
});
afterAll(() => server?.stop());

test("of three processes never two lead at once, whatever befalls the leader, and another one soon does", async () => {
  const faults: Fault[] = ["kill", "pause", "cut", "release", "pause", "cut"];
  const random = new Random(7);
  const { violations, handOvers, terms } = await contest({ server, faults, random: () => random.next() });
  expect(violations).toEqual([]);
  expect(terms).toBe(faults.length + 1);
  // Once the lease has run out, the next try: within 2.2 periods; and as long again for a busy machine.
  const { leaseDuration, retryPeriod } = times;
  for (const took of [...handOvers.values()].flat()) expect(took).toBeLessThan(2 * (leaseDuration + 2.2 * retryPeriod));
});
