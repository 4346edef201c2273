import { expect, test } from "vitest";
import { startApi } from "./http/api.test.helper.ts";

test("what an interceptor answers, the server does not; the rest, which it may have changed, it does", async () => {
  const { send } = await startApi({
    intercept(request, response) {
      request.url = request.url?.replace("limit=7", "limit=1");
      if (request.method !== "DELETE") return false;
      response.writeHead(503).end();
      return true;
    },
  });
  expect((await send("DELETE", "/api/v1/namespaces/default")).status).toBe(503);
  const { status, body } = await send("GET", "/api/v1/namespaces?limit=7");
  expect(status).toBe(200);
  expect(body.items).toHaveLength(1);
});
