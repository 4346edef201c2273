import { createClient } from "@redis/client";
import { type ApiAddress, PlainApi } from "./api.ts";
import { answerQuestions } from "./child.ts";
import { namespace } from "./pods.ts";

/**
 * What one would write without kubecast: one watch, one condition, PUBLISH when
 * it begins or ends. It keeps nothing, and thinks of no restart, no lost
 * connection and no second replica. What it takes is the servers' share and the
 * least of one's own.
 */
export type ByHandQuestion = { readonly api: ApiAddress; readonly redis: string } | "cpu";

interface WatchEvent {
  readonly type: string;
  readonly object: {
    readonly metadata: { readonly name: string; readonly uid: string };
    readonly status: { readonly reason?: string };
  };
}

answerQuestions(async (question: ByHandQuestion) => {
  if (question !== "cpu") await start(question.api, question.redis);
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
});

async function start(address: ApiAddress, redisUrl: string): Promise<void> {
  const redis = createClient({ url: redisUrl });
  await redis.connect();
  const api = new PlainApi(address);
  const path = `/api/v1/namespaces/${namespace}/pods`;
  const { metadata } = JSON.parse(await api.send("GET", path)) as { metadata: { resourceVersion: string } };
  const body = await api.stream("GET", `${path}?watch=true&resourceVersion=${metadata.resourceVersion}`);
  const broken = new Set<string>();
  let rest = "";
  body.setEncoding("utf8").on("data", (chunk: string) => {
    const lines = (rest + chunk).split("\n");
    rest = lines.pop() ?? "";
    for (const line of lines) {
      const { object } = JSON.parse(line) as WatchEvent;
      const { name, uid } = object.metadata;
      const is = object.status.reason === "Broken";
      if (is === broken.has(uid)) continue;
      if (is) broken.add(uid);
      else broken.delete(uid);
      const data = { rule: "Broken", status: is ? "firing" : "resolved", object: { namespace, name, uid } };
      void redis.publish(`by-hand:${namespace}:Broken`, JSON.stringify({ data }));
    }
  });
}
