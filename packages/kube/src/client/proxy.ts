import { BlockList, isIP } from "node:net";
import { ConfigError } from "../config/errors.ts";

const PROTOCOLS = new Set(["http:", "https:", "socks5:"]);

/**
 * The proxy through which to reach a server: the one that the kubeconfig names,
 * else what HTTPS_PROXY or HTTP_PROXY say and NO_PROXY does not forbid. The
 * environment is read as Go does, so that it means the same as for kubectl
 * (golang.org/x/net/http/httpproxy).
 *
 * @throws {ConfigError} it is no URL or of an unknown kind.
 */
export function proxyFor(server: URL, configured: string | undefined, env: NodeJS.ProcessEnv): URL | undefined {
  if (configured !== undefined) return parseProxy(configured, "proxy-url");
  const name = server.protocol === "https:" ? "HTTPS_PROXY" : "HTTP_PROXY";
  const value = env[name] || env[name.toLowerCase()];
  if (!value || isExempt(server, env.NO_PROXY || env.no_proxy || "")) return undefined;
  return parseProxy(value.includes("://") ? value : `http://${value}`, name);
}

/** The value is not in the message, because it may hold a password. */
function parseProxy(value: string, source: string): URL {
  const url = URL.canParse(value) ? new URL(value) : undefined;
  if (url === undefined) throw new ConfigError(`${source} is not a URL such as http://proxy.example:3128`);
  if (!PROTOCOLS.has(url.protocol)) {
    throw new ConfigError(`${source} must begin with http://, https:// or socks5://, not ${url.protocol}//`);
  }
  return url;
}

function isExempt(server: URL, noProxy: string): boolean {
  const host = bareHost(server);
  const port = server.port || (server.protocol === "https:" ? "443" : "80");
  if (isLoopback(server)) return true;
  return noProxy
    .toLowerCase()
    .split(",")
    .map((entry) => entry.trim())
    .some((entry) => entry !== "" && matches(entry, host, port));
}

function matches(entry: string, host: string, port: string): boolean {
  if (entry === "*") return true;
  if (entry.includes("/")) return inRange(host, entry);
  const [, name = entry, onlyPort] = /^(\[.+\]|[^:]+):(\d+)$/.exec(entry) ?? [];
  if (onlyPort !== undefined && onlyPort !== port) return false;
  const bare = name.replace(/^\[(.+)\]$/, "$1").replace(/^\*\./, ".");
  return host === bare || (isIP(host) === 0 && host.endsWith(bare.startsWith(".") ? bare : `.${bare}`));
}

function inRange(host: string, range: string): boolean {
  const [address = "", bits] = range.split("/");
  const family = isIP(address);
  if (family === 0 || isIP(host) !== family || !/^\d+$/.test(bits ?? "") || Number(bits) > (family === 4 ? 32 : 128)) {
    return false;
  }
  const type = family === 4 ? "ipv4" : "ipv6";
  const list = new BlockList();
  list.addSubnet(address, Number(bits), type);
  return list.check(host, type);
}

/** True if the bytes to this server never leave the computer. */
export function isLoopback(server: URL): boolean {
  const host = bareHost(server);
  return host === "localhost" || host === "::1" || (isIP(host) === 4 && host.startsWith("127."));
}

function bareHost(url: URL): string {
  return url.hostname.replace(/^\[(.+)\]$/, "$1");
}
