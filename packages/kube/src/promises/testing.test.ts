import { expect, test } from "vitest";
import { Api } from "../api/api.ts";
import type { Transport } from "../client/transport.ts";
import type { ApiRequest } from "../resource/request.ts";
import { Reflector } from "../watch/reflector.ts";
import { startCluster } from "./cluster.test.helper.ts";

/** A user's program: how many ConfigMaps are blue, and one more. */
async function paint(client: Transport): Promise<number> {
  const maps = Api.v1ConfigMap(client).within("default");
  await maps.create({ metadata: { name: "sky" }, data: { colour: "blue" } });
  const reflector = await Reflector.new(maps).init();
  return reflector.state().filter(({ data }) => data?.colour === "blue").length;
}

// kubernetes-client/javascript#841, kubernetes-fluent-client#638: how does one test a program without a cluster?
test("a program is tested against an API server in memory, over real HTTP", async () => {
  const { client, others } = await startCluster();
  await others.create({ metadata: { name: "sea" }, data: { colour: "blue" } });
  expect(await paint(client)).toBe(2);
  expect((await others.get("sky")).data).toEqual({ colour: "blue" });
  await expect(paint(client)).rejects.toMatchObject({ isAlreadyExists: true });
});

test("or against an object with three functions in the place of a client", async () => {
  const asked: string[] = [];
  const items = [{ metadata: { name: "sky" }, data: { colour: "blue" } }];
  const fake: Transport = {
    async request<T>({ method, path }: ApiRequest) {
      asked.push(`${method} ${path.split("?", 1)[0]}`);
      return (method === "GET" ? { metadata: { resourceVersion: "1" }, items } : items[0]) as T;
    },
    requestText: async () => "",
    stream: async () => expect.fail("no watch is needed"),
  };
  const maps = Api.v1ConfigMap(fake).within("default");
  await maps.create({ metadata: { name: "sky" } });
  const reflector = await Reflector.new(maps, { streamingLists: false }).init();
  expect(reflector.state()).toHaveLength(1);
  const path = "/api/v1/namespaces/default/configmaps";
  expect(asked).toEqual([`POST ${path}`, `GET ${path}`]);
});
