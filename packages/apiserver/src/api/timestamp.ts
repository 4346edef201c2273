/** RFC 3339 in whole seconds: the form of nearly every time in an object. */
export function timestamp(milliseconds: number): string {
  return `${new Date(milliseconds).toISOString().slice(0, 19)}Z`;
}
