import type { IncomingMessage } from "node:http";
import { parse } from "yaml";
import { type Fields, isFields, parseJson } from "../api/fields.ts";
import type { ServedResource } from "../api/resources.ts";
import { badRequest, tooLarge, unsupportedMediaType } from "../api/status-error.ts";

const limit = 3 * 1024 * 1024;

/** Throws a 413 for a body of more than 3 MiB. */
export async function readBody(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request) {
    size += chunk.length;
    if (size > limit) throw tooLarge(limit);
    chunks.push(chunk);
  }
  return chunks.length === 1 && chunks[0] !== undefined ? chunks[0] : Buffer.concat(chunks);
}

/** The media type alone, in lower case; empty where the request names none. */
export function mediaType(request: IncomingMessage): string {
  return (request.headers["content-type"] ?? "").split(";", 1)[0]?.trim().toLowerCase() ?? "";
}

export function requireJson(request: IncomingMessage): void {
  const type = mediaType(request);
  if (type !== "" && type !== "application/json") throw unsupportedMediaType(["application/json"]);
}

/** A configuration to apply, which may be YAML; throws a 400 for what is none. */
export function parseConfig(body: Buffer): Fields {
  const config = tryJson(body) ?? parseYaml(body.toString());
  if (!isFields(config)) throw badRequest("error decoding patch: it is not an object");
  return config;
}

function tryJson(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString());
  } catch {
    return undefined;
  }
}

function parseYaml(text: string): unknown {
  try {
    return parse(text, { schema: "core", maxAliasCount: 100 });
  } catch (error) {
    // Without the lines that its message quotes from the text.
    const [first] = error instanceof Error ? error.message.split("\n", 1) : [];
    throw badRequest(`error decoding patch: error converting YAML to JSON: ${first}`);
  }
}

/** The body as an object of the resource; throws a 400 for anything else. */
export function parseObject(body: Buffer, resource: Pick<ServedResource, "apiVersion" | "kind" | "custom">): Fields {
  const object = parseJson(body, `the object provided is unrecognized (must be of type ${resource.kind})`);
  if (!isFields(object)) {
    throw badRequest(`the object provided is unrecognized (must be of type ${resource.kind}): it is not a JSON object`);
  }
  const { kind, apiVersion } = object;
  // What is built in is known by the URL alone.
  if (resource.custom && !kind) throw badRequest("Object 'Kind' is missing");
  if (resource.custom && !apiVersion) throw badRequest("Object 'apiVersion' is missing");
  if (kind !== undefined && kind !== "" && kind !== resource.kind) {
    throw badRequest(`${String(kind)} in version "${String(apiVersion)}" cannot be handled as a ${resource.kind}`);
  }
  if (apiVersion !== undefined && apiVersion !== "" && apiVersion !== resource.apiVersion) {
    throw badRequest(
      `the API version in the data (${String(apiVersion)}) does not match the expected API version (${resource.apiVersion})`,
    );
  }
  if (object.metadata !== undefined && !isFields(object.metadata))
    throw badRequest("metadata: it is not a JSON object");
  return object;
}
