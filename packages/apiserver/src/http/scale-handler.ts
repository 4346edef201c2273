import { methodNotAllowed } from "../api/status-error.ts";
import { applyPatch } from "../patch/patch.ts";
import { changeScale, getScale } from "../registry/scale.ts";
import type { ObjectTarget } from "../registry/target.ts";
import { mediaType, parseObject, readBody, requireJson } from "./body.ts";
import { dryRun } from "./query.ts";
import type { Call } from "./resource-handler.ts";
import { sendJson } from "./respond.ts";

const scale = { apiVersion: "autoscaling/v1", kind: "Scale", custom: false };

/** The verbs on the scale subresource, which shows an object as its number of replicas. */
export async function serveScale(call: Call, verb: string, target: ObjectTarget): Promise<void> {
  const { request, response, query, registry } = call;
  switch (verb) {
    case "get":
      return sendJson(response, 200, getScale(registry, target));
    case "update": {
      requireJson(request);
      const body = parseObject(await readBody(request), scale);
      return sendJson(
        response,
        200,
        changeScale(registry, target, () => body, { dryRun: dryRun(query) }),
      );
    }
    case "patch": {
      const change = applyPatch(mediaType(request), await readBody(request), scale);
      return sendJson(response, 200, changeScale(registry, target, change, { dryRun: dryRun(query) }));
    }
    default:
      throw methodNotAllowed();
  }
}
