import { opaque, type Type } from "../../types/type.ts";
import { CelMap } from "../../values/map.ts";
import { Special, type Value } from "../../values/value.ts";
import { parseV6 } from "./ip-value.ts";
import { areAll, decodedHost, encodedAs, percentDecoded, percentEncoded } from "./url-escape.ts";

const type = opaque("kubernetes.URL");

/** The parts of a URL as bytes, one a character: what is escaped need not be UTF-8. */
interface Parts {
  readonly scheme: string;
  /** What follows the scheme of a URL such as `mailto:`, which has no slash there. */
  readonly opaque: string | undefined;
  /** Name and password, unescaped. */
  readonly user: readonly string[] | undefined;
  readonly host: string;
  readonly hasAuthority: boolean;
  /** As written. */
  readonly path: string;
  /** Undefined where there is no question mark. */
  readonly query: string | undefined;
  readonly fragment: string;
}

/** A URL as Go reads it, which is neither RFC 3986 nor what browsers do. */
export class Url extends Special {
  readonly #parts: Parts;

  constructor(parts: Parts) {
    super();
    this.#parts = parts;
  }

  get $type(): Type {
    return type;
  }

  get $scheme(): string {
    return this.#parts.scheme;
  }

  /** With its port, and brackets around IPv6. */
  get $host(): string {
    return text(this.#parts.host);
  }

  get $hostname(): string {
    const host = this.$host.replace(/:\d*$/, "");
    return host.startsWith("[") && host.endsWith("]") ? host.slice(1, -1) : host;
  }

  get $port(): string {
    return /:(\d*)$/.exec(this.$host)?.[1] ?? "";
  }

  get $escapedPath(): string {
    return text(encodedAs(this.#parts.path, "path"));
  }

  /** Values by key; what is not escaped as it should be is left out. */
  get $query(): CelMap {
    const lists = new Map<string, string[]>();
    for (const pair of (this.#parts.query ?? "").split("&")) {
      if (pair === "" || pair.includes(";")) continue;
      const equals = pair.indexOf("=");
      const [key, value] = [equals < 0 ? pair : pair.slice(0, equals), equals < 0 ? "" : pair.slice(equals + 1)].map(
        (part) => percentDecoded(part.replaceAll("+", " ")),
      );
      if (key === undefined || value === undefined) continue;
      const list = lists.get(text(key));
      if (list === undefined) lists.set(text(key), [text(value)]);
      else list.push(text(value));
    }
    const map = new CelMap();
    for (const [key, list] of lists) map.$add(key, list);
    return map;
  }

  $equals(other: Value): boolean {
    return other instanceof Url && String(other) === String(this);
  }

  override toString(): string {
    const { scheme, opaque, user, host, hasAuthority, path, query, fragment } = this.#parts;
    const before = scheme === "" ? "" : `${scheme}:`;
    const after =
      (query === undefined ? "" : `?${query}`) + (fragment === "" ? "" : `#${encodedAs(fragment, "fragment")}`);
    if (opaque !== undefined) return text(before + opaque + after);
    const authority = `${user === undefined ? "" : `${user.map((part) => percentEncoded(part, "user")).join(":")}@`}${percentEncoded(host, "host")}`;
    const isWritten = hasAuthority && (authority !== "" || path !== "");
    const escaped = encodedAs(path, "path");
    return text(before + (isWritten ? `//${authority}` : "") + escaped + after);
  }
}

/** Whether it is an absolute URI or an absolute path. */
export function isUrl(written: string): boolean {
  return parse(bytesOf(written), "target") !== undefined;
}

/** Undefined where the text is no absolute URI and no absolute path. */
export function parseUrl(written: string): Url | undefined {
  const bytes = bytesOf(written);
  // Go takes what it checks for the target of a request, which has no fragment and no `//host/path`.
  if (parse(bytes, "target") === undefined) return undefined;
  const [url, fragment = ""] = cut(bytes, "#");
  const parts = percentDecoded(fragment) === undefined ? undefined : parse(url, "reference");
  return parts && new Url({ ...parts, fragment });
}

const bytesOf = (written: string): string => Buffer.from(written).toString("latin1");
const nothing = {
  scheme: "",
  opaque: undefined,
  user: undefined,
  host: "",
  hasAuthority: false,
  path: "",
  query: undefined,
  fragment: "",
};

function parse(bytes: string, as: "target" | "reference"): Parts | undefined {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is refused
  if (bytes === "" || bytes.startsWith(":") || /[\x00-\x1f\x7f]/.test(bytes)) return undefined;
  if (bytes === "*") return { ...nothing, path: "*" };
  const [, scheme = ""] = /^([a-zA-Z][a-zA-Z0-9+.-]*):/.exec(bytes) ?? [];
  const [rest, query] = cut(scheme === "" ? bytes : bytes.slice(scheme.length + 1), "?");
  const parts = { ...nothing, scheme: scheme.toLowerCase(), query };
  if (!rest.startsWith("/")) return scheme === "" ? undefined : { ...parts, opaque: rest };
  const mayHaveAuthority = scheme !== "" || (as === "reference" && !rest.startsWith("///"));
  if (!mayHaveAuthority || !rest.startsWith("//")) {
    return percentDecoded(rest) === undefined ? undefined : { ...parts, path: rest };
  }
  const end = rest.indexOf("/", 2);
  const path = end < 0 ? "" : rest.slice(end);
  const authority = parseAuthority(parts.scheme, end < 0 ? rest.slice(2) : rest.slice(2, end));
  if (authority === undefined || percentDecoded(path) === undefined) return undefined;
  return { ...parts, ...authority, hasAuthority: true, path };
}

function parseAuthority(scheme: string, authority: string): Pick<Parts, "user" | "host"> | undefined {
  const at = authority.lastIndexOf("@");
  const host = parseHost(scheme, authority.slice(at + 1));
  if (host === undefined) return undefined;
  if (at < 0) return { user: undefined, host };
  const user = authority.slice(0, at);
  if (!/^[A-Za-z0-9\-._:~!$&'()*+,;=%@]*$/.test(user)) return undefined;
  const parts = cut(user, ":").map((part) => (part === undefined ? undefined : percentDecoded(part)));
  if (percentDecoded(user) === undefined) return undefined;
  return { user: parts.filter((part) => part !== undefined), host };
}

function parseHost(scheme: string, host: string): string | undefined {
  const bracket = host.lastIndexOf("[");
  if (bracket > 0) return undefined;
  if (bracket === 0) {
    const [, inside = "", port = ""] = /^\[(.*)\](:\d*)?$/s.exec(host) ?? [];
    const [address, zone] = cut(inside, "%25");
    if (parseV6(address) === undefined || zone === "") return undefined;
    if (zone === undefined) return `[${address}]${port}`;
    const name = percentDecoded(zone);
    if (name === undefined || zone.includes(" ") || !areAll(name.replace(/[ %]/g, ""), "host")) return undefined;
    return `[${address}%${name}]${port}`;
  }
  const isStrict = scheme === "http" || scheme === "https";
  const colon = isStrict ? host.indexOf(":") : host.lastIndexOf(":");
  if (colon >= 0 && !/^:\d*$/.test(host.slice(colon))) return undefined;
  return decodedHost(host);
}

function cut(bytes: string, separator: string): [string, string | undefined] {
  const index = bytes.indexOf(separator);
  return index < 0 ? [bytes, undefined] : [bytes.slice(0, index), bytes.slice(index + separator.length)];
}

function text(bytes: string): string {
  return Buffer.from(bytes, "latin1").toString("utf8");
}
