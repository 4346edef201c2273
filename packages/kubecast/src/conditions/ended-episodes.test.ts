import { expect, test } from "vitest";
import { EndedEpisodes } from "./ended-episodes.ts";

const hour = 3_600_000;
const start = 1_000 * hour;

/** Each an episode of another condition that begins and ends at once. */
function end(episodes: EndedEpisodes, count: number, now: number): void {
  for (let index = 0; index < count; index++) {
    const id = `${now}/${index}`;
    episodes.add(id, episodes.startAfter(id, now), now);
  }
}

test("no two episodes of a condition share a start, however many of others end between them", () => {
  const episodes = new EndedEpisodes();
  const starts: number[] = [];
  for (const [round, now] of [start, start + 5, start, start - 60_000, start + 5, start + 6].entries()) {
    starts.push(episodes.startAfter("a", now));
    episodes.add("a", starts.at(-1) ?? 0, now);
    end(episodes, 30_000, now + round);
  }
  expect(new Set(starts).size).toBe(starts.length);
});

test("a condition begins when it begins while the clock goes on, however many have ended", () => {
  const episodes = new EndedEpisodes();
  for (let now = start; now < start + 10; now++) {
    expect(episodes.startAfter("a", now)).toBe(now);
    end(episodes, 10_000, now);
  }
});

test("few conditions that end hold up no other, though the clock steps back", () => {
  const episodes = new EndedEpisodes();
  end(episodes, 20_000, start);
  expect(episodes.startAfter("a", start - 60_000)).toBe(start - 60_000);
});

test("beyond that they are not told apart: what begins after a step back begins where the forgotten did", () => {
  const episodes = new EndedEpisodes();
  end(episodes, 40_000, start);
  expect(episodes.startAfter("a", start - 60_000)).toBe(start + 1);
  episodes.add("b", start + 2 * hour, start + 2 * hour);
  expect(episodes.startAfter("a", start - 60_000)).toBe(start - 60_000);
});

test("a clock that was far ahead, and is corrected, leaves nothing behind", () => {
  const episodes = new EndedEpisodes();
  end(episodes, 5_000, start + 9_000 * hour);
  end(episodes, 40_000, start);
  expect(episodes.startAfter("a", start + 1)).toBe(start + 1);
});
