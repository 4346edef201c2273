import { randomBytes } from "node:crypto";
import { Readable } from "node:stream";
import { buffer, text } from "node:stream/consumers";
import { pipeline } from "node:stream/promises";
import { packTar, unpackTar } from "modern-tar";
import { describe, expect, test } from "vitest";
import { startBlog } from "./containers.test.helper.ts";

describe("tar in a container", () => {
  test("takes 50 MB in and gives them back, byte for byte", async () => {
    const { blog, server } = await startBlog();
    const sent = randomBytes(50_000_000);
    const archive = await packTar([{ header: { name: "data/big.bin", size: sent.length, mode: 0o600 }, body: sent }]);
    const put = await blog.exec("blog", ["tar", "-xmf", "-", "-C", "/tmp"], { stdin: true });
    await pipeline(Readable.from(pieces(archive, 100_000)), put.stdin);
    expect(await text(put.stderr)).toBe("");
    expect((await put.result).exitCode).toBe(0);
    expect(server.containers.files("default", "blog", "main").read("/tmp/data/big.bin")?.equals(sent)).toBe(true);

    const taken = await blog.exec("blog", ["tar", "cf", "-", "/tmp/data"]);
    const [back, told] = await Promise.all([buffer(taken.stdout), text(taken.stderr)]);
    expect((await taken.result).exitCode).toBe(0);
    expect(told).toBe("tar: Removing leading `/' from member names\n");
    const [folder, file] = await unpackTar(new Uint8Array(back));
    expect(folder?.header).toMatchObject({ name: "tmp/data/", type: "directory" });
    expect(file?.header).toMatchObject({ name: "tmp/data/big.bin", mode: 0o600, size: sent.length });
    expect(sent.equals(file?.data ?? new Uint8Array())).toBe(true);
  });

  test("keeps long names, empty folders and links", async () => {
    const { blog, server } = await startBlog();
    const files = server.containers.files("default", "blog", "main");
    const long = `/srv/${"folder-with-a-long-name/".repeat(12)}Größe.txt`;
    files.write(long, "deep");
    files.makeDirectory("/srv/empty");
    files.link("/srv/link", "empty");
    const { stdout } = await blog.exec("blog", ["tar", "cf", "-", "srv"], { stderr: false });
    const entries = await unpackTar(new Uint8Array(await buffer(stdout)));
    const found = new Map(entries.map(({ header, data }) => [header.name, { ...header, data }]));
    expect(Buffer.from(found.get(long.slice(1))?.data ?? []).toString()).toBe("deep");
    expect(found.get("srv/empty/")?.type).toBe("directory");
    expect(found.get("srv/link")).toMatchObject({ type: "symlink", linkname: "empty" });
  });

  test.each([
    [["tar", "xf", "-", "-C", "/nowhere"], "/nowhere: Cannot open: No such file or directory"],
    [["tar", "cf", "-", "/none"], "/none: Cannot stat: No such file or directory"],
    [["tar", "czf", "-", "/tmp"], "z: this option is not simulated"],
    [["tar", "cf", "a.tar", "/tmp"], "only archives on stdin and stdout"],
    [["tar", "cf", "-"], "Cowardly refusing"],
    [["tar"], "You must specify one of the options"],
  ])("%j fails with a reason", async (argv, why) => {
    const { blog } = await startBlog();
    const { stdout, stderr, result } = await blog.exec("blog", argv);
    stdout.resume();
    expect(await text(stderr)).toContain(why);
    expect((await result).exitCode).toBe(2);
  });

  test("what is no archive, or leads out of the folder, is refused", async () => {
    const { blog, server } = await startBlog();
    const outside = await packTar([{ header: { name: "../../etc/passwd", size: 1 }, body: "x" }]);
    for (const [archive, why] of [
      [Buffer.from("this is no archive".repeat(100)), "This does not look like a tar archive"],
      [outside, "Member name contains '..'"],
    ] as const) {
      const { stdin, stderr, result } = await blog.exec("blog", ["tar", "xf", "-", "-C", "/tmp"], { stdin: true });
      stdin.end(archive);
      expect(await text(stderr)).toContain(why);
      expect((await result).exitCode).toBe(2);
    }
    expect(server.containers.files("default", "blog", "main").names("/")).toEqual(["tmp"]);
  });
});

describe("the files of a container", () => {
  test("are what its commands see", async () => {
    const { blog, server } = await startBlog();
    server.containers.files("default", "blog", "main").write("/etc/motd", "welcome\n");
    const script = "cat /etc/motd; ls /etc; test -d /etc/motd; cat /none";
    const { stdout, stderr, result } = await blog.exec("blog", ["sh", "-c", script]);
    expect(await Promise.all([text(stdout), text(stderr)])).toEqual([
      "welcome\nmotd\n",
      "cat: /none: No such file or directory\n",
    ]);
    expect((await result).exitCode).toBe(1);
  });

  test("go when it starts anew, and with its Pod", async () => {
    const { blog, server } = await startBlog();
    const files = () => server.containers.files("default", "blog", "main");
    const list = async () => {
      const { stdout } = await blog.exec("blog", ["ls", "/"], { stderr: false });
      return text(stdout);
    };
    files().write("/a", "1");
    expect(await list()).toBe("a\ntmp\n");
    server.containers.log("default", "blog", "main").restart();
    expect(await list()).toBe("tmp\n");
    files().write("/b", "1");
    const { spec } = await blog.get("blog");
    await blog.delete("blog", { gracePeriodSeconds: 0 });
    await blog.create({ metadata: { name: "blog" }, spec: { containers: spec?.containers ?? [] } });
    expect(await list()).toBe("tmp\n");
  });
});

function* pieces(bytes: Uint8Array, size: number): Generator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}
