import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { expect, test } from "vitest";

/** Runs a program in a new process; `large()` names the packages that it has loaded by then. */
async function run(program: string): Promise<string> {
  const prelude = `
    import { createRequire } from "node:module";
    const { cache } = createRequire(import.meta.url);
    const large = () => ["undici", "ws", "yaml"].filter((name) =>
      Object.keys(cache).some((file) => file.includes("/node_modules/" + name + "/")),
    );
    const { Client, configFromText } = await import(${JSON.stringify(new URL("index.ts", import.meta.url).href)});`;
  const args = ["--conditions=@kubecast/source", "--import", "tsx", "--input-type=module", "--eval"];
  const { stdout } = await promisify(execFile)(process.execPath, [...args, prelude + program]);
  return stdout.trim();
}

test("what is large is loaded when it is needed", async () => {
  const config = `await configFromText(JSON.stringify({
    clusters: [{ name: "a", cluster: { server: "http://127.0.0.1:1" } }],
    contexts: [{ name: "a", context: { cluster: "a" } }],
    "current-context": "a",
  }))`;
  const asked = await run(`
    console.log("import:", ...large());
    const config = ${config};
    const client = new Client(config);
    console.log("kubeconfig:", ...large());
    await client.requestText({ method: "POST", path: "/" }).catch(() => {});
    console.log("request:", ...large());`);
  expect(asked.split("\n")).toEqual(["import:", "kubeconfig: yaml", "request: undici yaml"]);
});
