import { methodNotAllowed } from "../api/status-error.ts";
import { applyPatch, applyType } from "../patch/patch.ts";
import { applyScale, changeScale, getScale } from "../registry/scale.ts";
import type { ObjectTarget } from "../registry/target.ts";
import { mediaType, parseConfig, parseObject, readBody, requireJson } from "./body.ts";
import type { Call } from "./call.ts";
import { parsePatchOptions, writeOptions } from "./query.ts";
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
        changeScale(registry, target, () => body, writeOptions(query, request)),
      );
    }
    case "patch": {
      const type = mediaType(request);
      const options = parsePatchOptions(query, request, type === applyType);
      const patch = await readBody(request);
      if (type === applyType) return sendJson(response, 200, applyScale(registry, target, parseConfig(patch), options));
      const change = applyPatch(type, patch, scale);
      return sendJson(response, 200, changeScale(registry, target, change, options));
    }
    default:
      throw methodNotAllowed();
  }
}
