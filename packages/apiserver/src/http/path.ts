/** What a URL below /api/v1 or /apis/GROUP/VERSION names. */
export interface ResourcePath {
  /** As in an object, such as `apps/v1`. */
  readonly apiVersion: string;
  readonly namespace: string | undefined;
  readonly plural: string;
  readonly name: string | undefined;
  readonly subresource: string | undefined;
}

/** Undefined where the path has another form; throws a URIError for a broken percent sign. */
export function parseResourcePath(path: string): ResourcePath | undefined {
  const segments = path.slice(1).split("/").map(decodeURIComponent);
  if (segments.includes("")) return undefined;
  const [root, first = "", second = "", ...tail] = segments;
  let apiVersion: string;
  let rest: string[];
  if (root === "api") {
    apiVersion = first;
    rest = [second, ...tail];
  } else if (root === "apis") {
    apiVersion = `${first}/${second}`;
    rest = tail;
  } else {
    return undefined;
  }
  // /namespaces/NAME/status and /namespaces/NAME/finalize are of the namespace itself.
  const inNamespace = rest[0] === "namespaces" && rest.length > 2 && !["status", "finalize"].includes(rest[2] ?? "");
  const [plural = "", name, subresource, ...excess] = inNamespace ? rest.slice(2) : rest;
  if (plural === "" || excess.length > 0) return undefined;
  return { apiVersion, namespace: inNamespace ? rest[1] : undefined, plural, name, subresource };
}
