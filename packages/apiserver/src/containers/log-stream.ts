import type { ServerResponse } from "node:http";
import { badRequest } from "../api/status-error.ts";
import { flag, integer } from "../http/query.ts";
import type { ContainerLog, LogLine } from "./container-log.ts";

interface LogOptions {
  readonly follow: boolean;
  readonly timestamps: boolean;
  readonly tailLines: number | undefined;
  readonly limitBytes: number;
  /** Milliseconds since 1970. */
  readonly since: number;
}

/** Answers with a container's log: what there is and, to who follows, what comes. */
export function serveLog(
  response: ServerResponse,
  log: ContainerLog,
  query: URLSearchParams,
  container: { name: string; pod: string; now: number },
): void {
  const options = parseOptions(query, container.now);
  const previous = flag(query, "previous");
  const lines = previous ? log.previous : log.lines;
  if (lines === undefined) {
    throw badRequest(`previous terminated container "${container.name}" in pod "${container.pod}" not found`);
  }
  response.writeHead(200, { "Content-Type": "text/plain", "Cache-Control": "no-cache, private" });
  response.flushHeaders();
  let left = options.limitBytes;
  /** How much of the line at `at` was sent; a line may grow. */
  let at = 0;
  let within = 0;
  const send = (from: readonly LogLine[]) => {
    const news: Buffer[] = [];
    for (; at < from.length && left > 0; at++, within = 0) {
      const { time, text } = from[at] as LogLine;
      const stamp = options.timestamps && within === 0 ? `${new Date(time).toISOString().slice(0, -1)}000000Z ` : "";
      if (time >= options.since) {
        const bytes = Buffer.from(stamp + text.slice(within)).subarray(0, left);
        left -= bytes.length;
        news.push(bytes);
      }
      within = text.length;
      if (!text.endsWith("\n")) break;
    }
    if (news.length > 0) response.write(Buffer.concat(news));
  };
  if (options.tailLines !== undefined) at = Math.max(0, lines.length - options.tailLines);
  send(lines);
  if (!options.follow || previous || log.ended || left === 0) {
    response.end();
    return;
  }
  const stop = log.onChange(() => {
    if (response.writableEnded) return;
    // A restart comes after the end, and has its own lines.
    send(lines);
    if (log.ended || left === 0) response.end();
  });
  response.once("close", stop);
}

function parseOptions(query: URLSearchParams, now: number): LogOptions {
  const sinceSeconds = integer(query, "sinceSeconds");
  const sinceTime = query.get("sinceTime");
  if (sinceSeconds !== undefined && sinceTime !== null) {
    throw badRequest("at most one of sinceTime or sinceSeconds may be specified");
  }
  const since = sinceSeconds !== undefined ? now - sinceSeconds * 1000 : Date.parse(sinceTime ?? "1970-01-01");
  if (Number.isNaN(since)) throw badRequest(`sinceTime: ${JSON.stringify(sinceTime)} is not a time`);
  return {
    follow: flag(query, "follow"),
    timestamps: flag(query, "timestamps"),
    tailLines: integer(query, "tailLines"),
    limitBytes: integer(query, "limitBytes") ?? Number.POSITIVE_INFINITY,
    since,
  };
}
