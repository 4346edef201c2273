import { isFields } from "../api/fields.ts";

/**
 * Applies a JSON merge patch (RFC 7386): objects merge, null removes, anything
 * else replaces. Neither argument is changed; the result may share parts with both.
 */
export function applyMergePatch(target: unknown, patch: unknown): unknown {
  if (!isFields(patch)) return patch;
  const merged = new Map(isFields(target) ? Object.entries(target) : []);
  for (const [key, value] of Object.entries(patch)) {
    if (value === null) merged.delete(key);
    else merged.set(key, applyMergePatch(merged.get(key), value));
  }
  return Object.fromEntries(merged);
}
