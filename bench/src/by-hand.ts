import { createClient } from "@redis/client";
import { type ApiAddress, PlainApi } from "./api.ts";
import { answerQuestions } from "./child.ts";
import { namespace } from "./pods.ts";

/**
 * What one would write without kubecast: one watch, one condition, PUBLISH when
 * it begins or ends. It keeps nothing, and thinks of no restart, no lost
 * history and no second replica. What it takes is the servers' share and the
 * least of one's own.
 */
export type ByHandQuestion = { readonly api: ApiAddress; readonly redis: string } | "cpu";

interface Pod {
  readonly metadata: { readonly name: string; readonly uid: string; readonly resourceVersion: string };
  readonly status: { readonly reason?: string };
}

const path = `/api/v1/namespaces/${namespace}/pods`;

answerQuestions(async (question: ByHandQuestion) => {
  if (question !== "cpu") await start(question.api, question.redis);
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
});

async function start(address: ApiAddress, redisUrl: string): Promise<void> {
  const redis = createClient({ url: redisUrl });
  await redis.connect();
  const api = new PlainApi(address);
  const { metadata } = JSON.parse(await api.send("GET", path)) as { metadata: { resourceVersion: string } };
  const broken = new Set<string>();
  await watch(api, metadata.resourceVersion, ({ metadata: { name, uid }, status }) => {
    const is = status.reason === "Broken";
    if (is === broken.has(uid)) return;
    if (is) broken.add(uid);
    else broken.delete(uid);
    const data = { rule: "Broken", status: is ? "firing" : "resolved", object: { namespace, name, uid } };
    void redis.publish(`by-hand:${namespace}:Broken`, JSON.stringify({ data }));
  });
}

/** Resolves once the watch is open. It is resumed when the server ends it, as a busy kube-apiserver does. */
async function watch(api: PlainApi, from: string, see: (pod: Pod) => void): Promise<void> {
  const body = await api.stream("GET", `${path}?watch=true&resourceVersion=${from}`);
  let seen = from;
  let rest = "";
  body.setEncoding("utf8").on("data", (chunk: string) => {
    const lines = (rest + chunk).split("\n");
    rest = lines.pop() ?? "";
    for (const line of lines) {
      const { type, object } = JSON.parse(line) as { type: string; object: Pod };
      if (type === "ERROR") throw new Error(`the watch cannot be resumed: ${line}`);
      seen = object.metadata.resourceVersion;
      see(object);
    }
  });
  body.on("error", () => {}); // "close" follows
  body.on("close", () => void watch(api, seen, see));
}
