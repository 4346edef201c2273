import { randomInt } from "node:crypto";
import type { ServedResource } from "../api/resources.ts";

const subdomain = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/;
const suffixLetters = "bcdfghjklmnpqrstvwxz2456789";

/** Why the name cannot be an object's name; undefined when it can. */
export function nameProblem(resource: ServedResource, name: string): string | undefined {
  if (name === "." || name === "..") return `must not be '${name}'`;
  if (/[/%]/.test(name)) return "must not contain '/' or '%'";
  // Roles and their bindings may be called anything that fits in a path.
  if (resource.group === "rbac.authorization.k8s.io") return undefined;
  if (name.length > 253) return "must be no more than 253 characters";
  return subdomain.test(name)
    ? undefined
    : "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character";
}

/** The prefix with five random letters, at most 63 characters, as `generateName` promises. */
export function generatedName(prefix: string): string {
  let name = prefix.slice(0, 58);
  for (let i = 0; i < 5; i++) name += suffixLetters[randomInt(suffixLetters.length)];
  return name;
}
