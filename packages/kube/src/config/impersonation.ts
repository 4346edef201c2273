import { ConfigError } from "./errors.ts";
import { headerValue } from "./header-value.ts";
import type { Impersonation } from "./kubeconfig.ts";

/**
 * The headers that make the API server act as another user.
 * Source: https://kubernetes.io/docs/reference/access-authn-authz/user-impersonation/
 *
 * @throws {ConfigError} groups, uid or extra without a user.
 */
export function impersonationHeaders(
  { user, uid, groups, extra }: Impersonation,
  where: string,
): Record<string, string | string[]> {
  if (user === undefined) {
    if (uid === undefined && groups.length === 0 && extra.size === 0) return {};
    throw new ConfigError(`${where}: as-uid, as-groups and as-user-extra need the user to impersonate, in "as"`);
  }
  const value = (text: string) => headerValue(text, `${where}: a value to impersonate`);
  const headers: Record<string, string | string[]> = { "impersonate-user": value(user) };
  if (uid !== undefined) headers["impersonate-uid"] = value(uid);
  if (groups.length > 0) headers["impersonate-group"] = groups.map(value);
  for (const [key, values] of extra) headers[`impersonate-extra-${escapeKey(key)}`] = values.map(value);
  return headers;
}

/** Lower case, since the server makes it so, and percent-encoded where a header name may not have the character. */
function escapeKey(key: string): string {
  return [...Buffer.from(key.toLowerCase(), "utf8")]
    .map((byte) => {
      const char = String.fromCharCode(byte);
      return /[a-z0-9!#$&'*+\-.^_`|~]/.test(char) ? char : `%${byte.toString(16).toUpperCase().padStart(2, "0")}`;
    })
    .join("");
}
