/**
 * Which of two resourceVersions of the same resource is the later one: negative
 * where the first is older, 0 where they are the same, positive where it is newer.
 * Undefined where one is no decimal number, which an API server may have for one
 * that was made before they were to be (Kubernetes 1.35, KEP-5504).
 */
export function compareResourceVersions(a: string, b: string): number | undefined {
  // "0" stands for any version in a request, and is none of an object.
  if (!wellFormed.test(a) || !wellFormed.test(b)) return undefined;
  // They may be longer than a number can tell apart.
  if (a.length !== b.length) return a.length - b.length;
  return a < b ? -1 : a > b ? 1 : 0;
}

const wellFormed = /^[1-9][0-9]*$/;
