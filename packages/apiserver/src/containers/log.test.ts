import { text } from "node:stream/consumers";
import { describe, expect, test } from "vitest";
import { startBlog } from "./containers.test.helper.ts";

async function start() {
  const time = { now: Date.parse("2026-11-22T12:00:00Z") };
  const { server, blog, send } = await startBlog({ clock: () => time.now });
  return { server, blog, send, time, log: server.containers.log("default", "blog", "main") };
}

describe("a log", () => {
  test("is what the container wrote", async () => {
    const { blog, log } = await start();
    expect(await blog.log("blog")).toBe("");
    log.write("one\ntwo\nthr");
    log.write("ee\n");
    expect(await blog.log("blog")).toBe("one\ntwo\nthree\n");
    expect(await blog.log("blog", { tailLines: 2 })).toBe("two\nthree\n");
    expect(await blog.log("blog", { tailLines: 0 })).toBe("");
    expect(await blog.log("blog", { limitBytes: 6 })).toBe("one\ntw");
  });

  test("has the time of each line", async () => {
    const { blog, log, time } = await start();
    log.write("old\n");
    time.now += 60_000;
    log.write("new\n");
    expect(await blog.log("blog", { timestamps: true })).toBe(
      "2026-11-22T12:00:00.000000000Z old\n2026-11-22T12:01:00.000000000Z new\n",
    );
    expect(await blog.log("blog", { sinceSeconds: 30 })).toBe("new\n");
    expect(await blog.log("blog", { sinceTime: "2026-11-22T12:00:30Z" })).toBe("new\n");
  });

  test("of the run before", async () => {
    const { blog, log } = await start();
    await expect(blog.log("blog", { previous: true })).rejects.toThrow(
      'previous terminated container "main" in pod "blog" not found',
    );
    log.write("one\n");
    log.restart();
    log.write("two\n");
    expect(await blog.log("blog", { previous: true })).toBe("one\n");
    expect(await blog.log("blog")).toBe("two\n");
  });

  test("is of one container", async () => {
    const { blog, send, server } = await start();
    const containers = ["a", "b"].map((name) => ({ name, image: "registry.example/main:1" }));
    await send("POST", "/api/v1/namespaces/default/pods", { metadata: { name: "two" }, spec: { containers } });
    server.containers.log("default", "two", "b").write("of b\n");
    expect(await blog.log("two", { container: "b" })).toBe("of b\n");
    await expect(blog.log("two")).rejects.toThrow(
      "a container name must be specified for pod two, choose one of: [a b]",
    );
    await expect(blog.log("two", { container: "c" })).rejects.toThrow("container c is not valid for pod two");
    await expect(blog.log("none")).rejects.toMatchObject({ isNotFound: true });
  });
});

describe("following a log", () => {
  test("gives what comes, to the end of the container", async () => {
    const { blog, log } = await start();
    log.write("one\n");
    const { body } = await blog.logStream("blog");
    log.write("two");
    log.write(" and a half\n");
    log.end();
    expect(await text(body)).toBe("one\ntwo and a half\n");
  });

  test("ends with the Pod", async () => {
    const { blog, log } = await start();
    log.write("one\n");
    const { body } = await blog.logStream("blog");
    await blog.delete("blog", { gracePeriodSeconds: 0 });
    expect(await text(body)).toBe("one\n");
  });

  test("gives lines, also of more than one byte a letter", async () => {
    const { blog, log } = await start();
    log.write("grün\n\nrot");
    const seen: string[] = [];
    for await (const line of blog.logLines("blog", { tailLines: 3 })) {
      seen.push(line);
      if (seen.length === 2) log.write(" und blau\nend");
      if (seen.length === 3) log.end();
    }
    expect(seen).toEqual(["grün", "", "rot und blau", "end"]);
  });

  test("ends with an abort, with the loop, and with the client", async () => {
    const { blog, log } = await start();
    log.write("one\n");
    const aborter = new AbortController();
    const { body } = await blog.logStream("blog", {}, { signal: aborter.signal });
    const reason = new Error("enough");
    setImmediate(() => aborter.abort(reason));
    await expect(text(body)).rejects.toBe(reason);
    for await (const line of blog.logLines("blog")) {
      expect(line).toBe("one");
      break;
    }
  });
});
