import type { IncomingMessage, ServerResponse } from "node:http";
import type { ServedResource } from "../api/resources.ts";
import { notAcceptable, type StatusError } from "../api/status-error.ts";
import type { StoredObject } from "../store/stored-object.ts";
import { representation } from "./representation.ts";

const json = "application/json";

/** Refuses, with a 406, a request whose client cannot read JSON. */
export function requireAcceptsJson(request: IncomingMessage): void {
  const accepted = (request.headers.accept ?? "*/*").split(",").map((range) => range.split(";", 1)[0]?.trim());
  if (!accepted.some((range) => range === "*/*" || range === "application/*" || range === json)) {
    throw notAcceptable([json]);
  }
}

function sendBytes(response: ServerResponse, code: number, bytes: Buffer, type = json): void {
  response.writeHead(code, {
    "Content-Type": type,
    "Content-Length": bytes.length,
    "Cache-Control": "no-cache, private",
  });
  response.end(bytes);
}

export function sendJson(response: ServerResponse, code: number, value: unknown, type?: string): void {
  sendBytes(response, code, Buffer.from(JSON.stringify(value)), type);
}

export function sendText(response: ServerResponse, code: number, text: string): void {
  sendBytes(response, code, Buffer.from(text), "text/plain; charset=utf-8");
}

export function sendObject(
  response: ServerResponse,
  code: number,
  resource: ServedResource,
  stored: StoredObject,
): void {
  const { head, shown } = representation(response.req, resource, "PartialObjectMetadata");
  sendBytes(response, code, Buffer.concat([Buffer.from(head), shown(stored).json]));
}

export function sendError(response: ServerResponse, error: StatusError): void {
  const seconds = error.status.details?.retryAfterSeconds;
  if (seconds !== undefined) response.setHeader("Retry-After", seconds);
  sendJson(response, error.code, error.status);
}

const comma = Buffer.from(",");
const open = Buffer.from("{");
const end = Buffer.from("]}");

/**
 * A list out of the bytes that its objects have already. Items of built-in kinds
 * go without kind and apiVersion, as the API sends them.
 */
export function sendList(
  response: ServerResponse,
  resource: ServedResource,
  metadata: object,
  items: readonly StoredObject[],
): void {
  const form = representation(response.req, resource, "PartialObjectMetadataList");
  const { kind, apiVersion, custom, head, shown, row } = form;
  if (row !== undefined) {
    const table = `${head}"metadata":${JSON.stringify(metadata)},"rows":${JSON.stringify(items.map(row))}}`;
    sendBytes(response, 200, Buffer.from(table));
    return;
  }
  const start = `{"kind":"${kind}List","apiVersion":"${apiVersion}","metadata":${JSON.stringify(metadata)},"items":[`;
  const parts: Buffer[] = [Buffer.from(start)];
  const before = custom ? Buffer.from(head) : open;
  for (const [index, item] of items.entries()) {
    if (index > 0) parts.push(comma);
    parts.push(before, shown(item).json);
  }
  parts.push(end);
  sendBytes(response, 200, Buffer.concat(parts));
}
