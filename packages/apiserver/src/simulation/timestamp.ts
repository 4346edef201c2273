/** RFC 3339 in whole seconds: the form of every time in a Pod's or Node's status. */
export function timestamp(milliseconds: number): string {
  return `${new Date(milliseconds).toISOString().slice(0, 19)}Z`;
}
