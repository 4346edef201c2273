import { isDeepStrictEqual } from "node:util";

export interface JsonPatchOperation {
  readonly op: string;
  readonly path: string;
  readonly from?: string;
  readonly value?: unknown;
}

/** The document is not one that the patch can be applied to, or the operation is none. */
export class JsonPatchError extends Error {
  override readonly name = "JsonPatchError";
}

/**
 * Applies a JSON patch (RFC 6902) and returns the new document; the old one is
 * not changed. Throws a JsonPatchError for the first operation that fails.
 */
export function applyJsonPatch(document: unknown, operations: readonly JsonPatchOperation[]): unknown {
  return operations.reduce(applyOperation, document);
}

function applyOperation(document: unknown, operation: JsonPatchOperation): unknown {
  const path = pointer(operation.path);
  switch (operation.op) {
    case "add":
      return add(document, path, requiredValue(operation));
    case "remove":
      return remove(document, path);
    case "replace":
      read(document, path);
      return path.length === 0 ? requiredValue(operation) : set(document, path, requiredValue(operation));
    case "move": {
      const from = pointer(operation.from);
      if (path.length > from.length && from.every((token, i) => token === path[i])) {
        throw new JsonPatchError(`move: ${operation.path} lies within ${operation.from}`);
      }
      const value = read(document, from);
      return add(remove(document, from), path, value);
    }
    case "copy":
      return add(document, path, read(document, pointer(operation.from)));
    case "test":
      // Not in RFC 6902, but in the API: a member that is not there is null.
      if (operation.value === null && isAbsent(document, path)) return document;
      if (isDeepStrictEqual(read(document, path), requiredValue(operation))) return document;
      throw new JsonPatchError(`test: ${operation.path} has another value`);
    default:
      throw new JsonPatchError(`${JSON.stringify(operation.op)} is no operation`);
  }
}

/** The tokens of a JSON pointer (RFC 6901). */
function pointer(text: unknown): string[] {
  if (text === "") return [];
  if (typeof text !== "string" || !text.startsWith("/") || /~(?![01])/.test(text)) {
    throw new JsonPatchError(`${JSON.stringify(text)} is no JSON pointer`);
  }
  const tokens = text.slice(1).split("/");
  return tokens.map((token) => token.replaceAll("~1", "/").replaceAll("~0", "~"));
}

function requiredValue(operation: JsonPatchOperation): unknown {
  if (operation.value === undefined) throw new JsonPatchError(`${operation.op}: no value is given`);
  return operation.value;
}

function read(document: unknown, path: readonly string[]): unknown {
  return path.reduce(child, document);
}

function child(parent: unknown, token: string): unknown {
  if (Array.isArray(parent)) return parent[existingIndex(parent, token)];
  if (typeof parent === "object" && parent !== null && Object.hasOwn(parent, token)) {
    return (parent as Record<string, unknown>)[token];
  }
  throw new JsonPatchError(`there is no ${JSON.stringify(token)}`);
}

/** Whether there is the object that the path leads to, and not the member. */
function isAbsent(document: unknown, path: readonly string[]): boolean {
  const parent = read(document, path.slice(0, -1));
  return (
    typeof parent === "object" && parent !== null && !Array.isArray(parent) && !Object.hasOwn(parent, path.at(-1) ?? "")
  );
}

function add(document: unknown, path: readonly string[], value: unknown): unknown {
  return change(document, path, value, (parent, token) => {
    if (!Array.isArray(parent)) return withMember(parent, token, value);
    const index = token === "-" ? parent.length : arrayIndex(token);
    if (index > parent.length) throw new JsonPatchError(`index ${token} is behind the end`);
    return parent.toSpliced(index, 0, value);
  });
}

function set(document: unknown, path: readonly string[], value: unknown): unknown {
  return change(document, path, value, (parent, token) =>
    Array.isArray(parent) ? parent.with(existingIndex(parent, token), value) : withMember(parent, token, value),
  );
}

function remove(document: unknown, path: readonly string[]): unknown {
  if (path.length === 0) throw new JsonPatchError("the whole document cannot be removed");
  return change(document, path, undefined, (parent, token) => {
    if (Array.isArray(parent)) return parent.toSpliced(existingIndex(parent, token), 1);
    child(parent, token);
    return Object.fromEntries(Object.entries(Object(parent)).filter(([key]) => key !== token));
  });
}

/** Copies the containers along the path, the last of them as `edit` makes it; an empty path means the whole document. */
function change(
  document: unknown,
  path: readonly string[],
  whole: unknown,
  edit: (parent: unknown, token: string) => unknown,
): unknown {
  const [token, ...rest] = path;
  if (token === undefined) return whole;
  if (rest.length === 0) return edit(document, token);
  const changed = change(child(document, token), rest, whole, edit);
  return Array.isArray(document)
    ? document.with(existingIndex(document, token), changed)
    : withMember(document, token, changed);
}

function withMember(parent: unknown, token: string, value: unknown): unknown {
  if (typeof parent !== "object" || parent === null) throw new JsonPatchError(`${JSON.stringify(token)} has no parent`);
  // Not by assignment, which would take "__proto__" for the prototype.
  return Object.fromEntries([...Object.entries(parent), [token, value]]);
}

function arrayIndex(token: string): number {
  if (!/^(0|[1-9]\d*)$/.test(token)) throw new JsonPatchError(`${JSON.stringify(token)} is no index`);
  return Number(token);
}

function existingIndex(array: readonly unknown[], token: string): number {
  const index = arrayIndex(token);
  if (index >= array.length) throw new JsonPatchError(`index ${token} is behind the end`);
  return index;
}
