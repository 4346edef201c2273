import { fieldsOf, isFields, parseJson } from "../api/fields.ts";
import { badRequest } from "../api/status-error.ts";
import { applyPatch } from "../patch/patch.ts";
import { evictPod } from "../registry/eviction.ts";
import { modifyNarrowly } from "../registry/narrow-update.ts";
import { bindPod } from "../registry/pod-actions.ts";
import type { ObjectTarget } from "../registry/target.ts";
import { createToken } from "../registry/token.ts";
import { mediaType, parseObject, readBody, requireJson } from "./body.ts";
import type { Call } from "./call.ts";
import { dryRun, parseDeleteOptions, parsePatchOptions, writeOptions } from "./query.ts";
import { sendJson, sendObject } from "./respond.ts";

/** Updates and patches through a subresource that lets only a part of the object be changed. */
export async function serveNarrowUpdate(call: Call, verb: "update" | "patch", target: ObjectTarget): Promise<void> {
  const { request, response, query, registry } = call;
  const { resource } = target;
  if (verb === "update") {
    requireJson(request);
    const body = parseObject(await readBody(request), resource);
    return sendObject(
      response,
      200,
      resource,
      modifyNarrowly(registry, target, () => body, writeOptions(query, request)),
    );
  }
  const options = parsePatchOptions(query, request, false);
  const change = applyPatch(mediaType(request), await readBody(request), resource);
  sendObject(response, 200, resource, modifyNarrowly(registry, target, change, options));
}

/** What is created below an object is something done to it, or with it. */
export async function serveAction({ request, response, query, registry }: Call, target: ObjectTarget): Promise<void> {
  requireJson(request);
  const body = parseJson(await readBody(request), `the ${target.subresource} is unrecognized`);
  if (!isFields(body)) throw badRequest(`the ${target.subresource} is unrecognized: it is not a JSON object`);
  switch (target.subresource) {
    case "token":
      return sendJson(response, 201, createToken(registry, target, body));
    case "binding":
      bindPod(registry, target, body, { dryRun: dryRun(query) });
      break;
    default:
      evictPod(registry, target, body, parseDeleteOptions(query, fieldsOf(body.deleteOptions)));
  }
  sendJson(response, 201, { kind: "Status", apiVersion: "v1", metadata: {}, status: "Success", code: 201 });
}
