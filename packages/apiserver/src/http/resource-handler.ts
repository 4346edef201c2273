import type { IncomingMessage } from "node:http";
import { type Fields, isFields, parseJson } from "../api/fields.ts";
import { badRequest, methodNotAllowed, notFound, tooNew } from "../api/status-error.ts";
import { applyPatch, applyType } from "../patch/patch.ts";
import { applyConfig } from "../registry/apply.ts";
import { create } from "../registry/create.ts";
import { type Deleted, remove } from "../registry/delete.ts";
import { list } from "../registry/list.ts";
import { isNarrow } from "../registry/narrow-update.ts";
import { keyOf, type ObjectTarget, type Target } from "../registry/target.ts";
import { modify, replace } from "../registry/update.ts";
import { mediaType, parseConfig, parseObject, readBody, requireJson } from "./body.ts";
import type { Call } from "./call.ts";
import {
  parseDeleteOptions,
  parseListOptions,
  parsePatchOptions,
  parseRevision,
  selectionOf,
  writeOptions,
} from "./query.ts";
import { sendJson, sendList, sendObject } from "./respond.ts";
import { serveScale } from "./scale-handler.ts";
import { serveAction, serveNarrowUpdate } from "./subresource-handler.ts";

/** The verbs on a collection, watch aside. */
export async function serveCollection(call: Call, verb: string, target: Target): Promise<void> {
  switch (verb) {
    case "list":
      return serveList(call, target);
    case "create": {
      if (target.resource.namespaced && target.namespace === undefined) throw methodNotAllowed();
      const { request, response, registry, query } = call;
      requireJson(request);
      const body = parseObject(await readBody(request), target.resource);
      const stored = create(registry, target, body, writeOptions(query, request));
      return sendObject(response, 201, target.resource, stored);
    }
    case "deletecollection":
      if (target.resource.namespaced && target.namespace === undefined) throw methodNotAllowed();
      return deleteCollection(call, target);
    default:
      throw methodNotAllowed();
  }
}

/** The verbs on one object. */
export async function serveObject(call: Call, verb: string, target: ObjectTarget): Promise<void> {
  const { request, response, registry, query } = call;
  const { resource } = target;
  if (target.subresource === "scale") return serveScale(call, verb, target);
  if (isNarrow(target.subresource) && (verb === "update" || verb === "patch")) {
    return serveNarrowUpdate(call, verb, target);
  }
  switch (verb) {
    case "get":
      return serveGet(call, target);
    case "update": {
      requireJson(request);
      const body = parseObject(await readBody(request), resource);
      const { stored, created } = replace(registry, target, body, writeOptions(query, request));
      return sendObject(response, created ? 201 : 200, resource, stored);
    }
    case "patch": {
      const type = mediaType(request);
      const options = parsePatchOptions(query, request, type === applyType);
      const patch = await readBody(request);
      if (type === applyType) {
        const { stored, created } = applyConfig(registry, target, parseConfig(patch), options);
        return sendObject(response, created ? 201 : 200, resource, stored);
      }
      const change = applyPatch(type, patch, resource);
      return sendObject(response, 200, resource, modify(registry, target, change, options));
    }
    case "create":
      return serveAction(call, target);
    case "delete": {
      const options = parseDeleteOptions(query, await readDeleteOptions(request));
      return sendDeleted(call, target, remove(registry, target, options));
    }
    default:
      throw methodNotAllowed();
  }
}

function serveList({ registry, response, query }: Call, target: Target): void {
  const page = list(registry, target, parseListOptions(query, target.resource));
  const metadata = {
    resourceVersion: String(page.revision),
    // Custom resources are listed with an empty one, too.
    ...((page.continue !== undefined || target.resource.custom) && { continue: page.continue ?? "" }),
    ...(page.remainingItemCount !== undefined && { remainingItemCount: page.remainingItemCount }),
  };
  sendList(response, target.resource, metadata, page.items);
}

function serveGet({ registry, response, query }: Call, target: ObjectTarget): void {
  const revision = parseRevision(query.get("resourceVersion") ?? "") ?? 0;
  if (revision > registry.store.revision) throw tooNew(revision, registry.store.revision);
  const stored = registry.store.collection(target.resource).get(keyOf(target.namespace, target.name));
  if (stored === undefined) throw notFound(target.resource, target.name);
  sendObject(response, 200, target.resource, stored);
}

async function deleteCollection({ request, response, query, registry }: Call, target: Target): Promise<void> {
  const options = parseDeleteOptions(query, await readDeleteOptions(request));
  const { items, revision } = list(registry, target, {
    selection: selectionOf(query, target.resource),
    limit: 0,
    continue: "",
    resourceVersion: undefined,
    resourceVersionMatch: "",
  });
  for (const { object } of items) {
    const { name = "", namespace } = object.metadata;
    remove(registry, { ...target, namespace, name, subresource: undefined }, options);
  }
  sendList(response, target.resource, { resourceVersion: String(revision) }, items);
}

async function readDeleteOptions(request: IncomingMessage): Promise<Fields | undefined> {
  const body = await readBody(request);
  if (body.length === 0) return undefined;
  const options = parseJson(body, "the delete options are unrecognized");
  if (!isFields(options)) throw badRequest("the delete options are unrecognized: they are not a JSON object");
  return options;
}

/** The object while something keeps it, and for some kinds always; a Status for the others. */
function sendDeleted({ response }: Call, { resource, name }: ObjectTarget, { stored, removed }: Deleted): void {
  if (!removed || resource.returnsDeleted) {
    sendObject(response, 200, resource, stored);
    return;
  }
  const { group, plural } = resource;
  sendJson(response, 200, {
    kind: "Status",
    apiVersion: "v1",
    metadata: {},
    status: "Success",
    details: { name, ...(group !== "" && { group }), kind: plural, uid: stored.object.metadata.uid },
  });
}
