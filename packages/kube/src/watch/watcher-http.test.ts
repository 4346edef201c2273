import type { ServerResponse } from "node:http";
import { expect, test, vi } from "vitest";
import { Api } from "../api/api.ts";
import { configOf, connect, serve } from "../client/loopback.test.helper.ts";
import type { KubeObject, WatchEvent } from "../resource/object.ts";
import { type Clock, systemClock } from "./clock.ts";
import type { WatchSettings } from "./configurable.ts";
import { added, initialEventsEnd, list, modified, pod } from "./fakes.test.helper.ts";
import { Reflector } from "./reflector.ts";

/** Waits of less than ten seconds are a hundred times as fast. */
const fast: Clock = {
  ...systemClock,
  setTimeout: (callback, wait) => setTimeout(callback, wait < 10_000 ? wait / 100 : wait),
};

const lines = (...events: WatchEvent<KubeObject>[]) => events.map((event) => `${JSON.stringify(event)}\n`).join("");

/** A server that answers lists and leaves its watches to the test. */
async function watched(settings: WatchSettings) {
  const watches: ServerResponse[] = [];
  const server = await serve((request, response) => {
    response.writeHead(200, { "content-type": "application/json" });
    if (request.url?.includes("watch=true")) {
      response.flushHeaders();
      watches.push(response);
    } else {
      response.end(JSON.stringify(list("10", [])));
    }
  });
  const { client } = connect(configOf(server.url));
  const reflector = Reflector.new(Api.v1Pod(client).within("shop"), { clock: fast, ...settings });
  const next = (count: number) => vi.waitFor(() => watches[count - 1] ?? expect.fail(`no watch ${count}`));
  return { server, reflector, next };
}

test("over HTTP: streams the list, resumes what was cut within an event, and closes the connection at the end", async () => {
  const { server, reflector, next } = await watched({ timeoutSeconds: 600 });
  const stop = new AbortController();
  const running = reflector.run(stop.signal);
  const first = await next(1);
  first.write(lines(added(pod("a", "5")), initialEventsEnd("10")));
  await reflector.ready();
  const [whole, part] = [lines(modified(pod("a", "11"))), lines(modified(pod("a", "12")))];
  first.write(whole + part.slice(0, 40));
  await vi.waitFor(() => expect(reflector.get("a")).toEqual(pod("a", "11")));
  first.destroy();

  const second = await next(2);
  expect(server.paths[1]).toMatch(/watch=true.*resourceVersion=11&/);
  second.write(part);
  await vi.waitFor(() => expect(reflector.get("a")).toEqual(pod("a", "12")));
  expect(reflector.stats).toMatchObject({ lists: 1, restarts: 1, errors: 1 });

  stop.abort();
  await running;
  await vi.waitFor(() => expect(server.open.size).toBe(0));
});

test("over HTTP: a connection on which nothing comes is given up and made anew", async () => {
  const { server, reflector, next } = await watched({ timeoutSeconds: 1, streamingLists: false });
  const stop = new AbortController();
  const running = reflector.run(stop.signal);
  const dead = await next(1);
  await next(2);
  expect(server.paths.slice(1, 3)).toEqual([expect.stringMatching(/resourceVersion=10&/), server.paths[1]]);
  await vi.waitFor(() => expect(dead.closed).toBe(true));
  stop.abort();
  await running;
});
