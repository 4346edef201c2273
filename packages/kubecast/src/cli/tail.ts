import { channelOf } from "../redis/keys.ts";
import { findClusters, type Message, subscribe } from "../redis/subscriber.ts";
import { parseDuration } from "../settings/duration.ts";
import { checkRedisUrl } from "../settings/settings.ts";
import { exitCodes, Failure } from "./failure.ts";
import { checkRedis } from "./preflight.ts";
import { Printer } from "./print.ts";

export interface TailFlags {
  readonly redis?: string;
  readonly cluster?: string;
  readonly since?: string;
  readonly json?: boolean;
}

/** `kubecast tail`: what fires now, then every message as it comes. */
export async function tail(pattern: string | undefined, flags: TailFlags, signal: AbortSignal): Promise<void> {
  const url = checkRedisUrl(flags.redis ?? (process.env.REDIS_URL || undefined) ?? "redis://127.0.0.1:6379");
  const since = flags.since === undefined ? undefined : parseDuration(flags.since);
  if (flags.since !== undefined && since === undefined) {
    throw new Failure(`--since ${flags.since}: not a duration; write it like 30s, 10m or 2h`, exitCodes.usage);
  }
  if (pattern !== undefined && pattern !== "*" && !pattern.includes(":")) {
    throw new Failure(
      `the pattern ${pattern} names no rule; write it like ${pattern}:* for a namespace or *:${pattern} for a rule`,
      exitCodes.usage,
    );
  }
  await checkRedis(url, signal);
  const named = flags.cluster ?? (process.env.KUBECAST_CLUSTER || undefined);
  const cluster = named ?? (await onlyCluster(url));
  const wanted = matcher(cluster, pattern ?? "*");
  const printer = new Printer(process.stdout);
  const out = (text: string) => process.stdout.write(`${text}\n`);
  const note = (text: string) => process.stderr.write(`${new Printer(process.stderr).note(`-- ${text}`)}\n`);
  const show = (messages: readonly Message[]) => {
    for (const { event, json } of messages) if (wanted(event)) out(flags.json ? json : printer.message(event));
  };
  for await (const item of subscribe({ url, cluster, signal, ...(since === undefined ? {} : { since }) })) {
    switch (item.type) {
      case "snapshot": {
        if (item.history.length > 0) {
          note(`${flags.since} of history`);
          show(item.history);
        }
        const firing = item.firing.filter(({ event }) => wanted(event));
        const shown = new Set(item.history.map(({ sequence }) => sequence));
        const older = firing.filter(({ sequence }) => !shown.has(sequence));
        const above = older.length === firing.length ? "" : `, ${firing.length - older.length} of them above`;
        note(`${firing.length} firing now in ${cluster}${above}${older.length === 0 ? "" : ":"}`);
        show(older);
        if (item.firing.length === 0 && named !== undefined) await noteUnknown(url, cluster, note);
        note("following");
        break;
      }
      case "message":
        show([item.message]);
        break;
      case "gap": {
        const lost =
          item.lost === 0 ? "read from the log:" : `${item.lost} of them are no longer in the log; the rest:`;
        note(`missed messages ${item.from} to ${item.to}, ${lost}`);
        break;
      }
      case "reset":
        note("Redis lost its data and the numbers began anew");
        break;
      case "disconnected":
        note(`${item.error.message}; trying again`);
        break;
    }
  }
}

async function onlyCluster(url: string): Promise<string> {
  const clusters = await findClusters(url);
  const [only] = clusters;
  if (only === undefined) {
    throw new Failure(
      "no kubecast has published to this Redis yet; start `kubecast run`, or name the cluster with --cluster",
    );
  }
  if (clusters.length > 1) {
    throw new Failure(
      `several clusters publish to this Redis: ${clusters.join(", ")}; choose one with --cluster`,
      exitCodes.usage,
    );
  }
  return only;
}

/** A name that nobody publishes under is likely a misspelt one, though it may also be the one to come. */
async function noteUnknown(url: string, cluster: string, note: (text: string) => void): Promise<void> {
  // Rights to this cluster's keys alone do not suffice to look for others.
  const clusters = await findClusters(url).catch(() => [cluster]);
  if (clusters.includes(cluster)) return;
  const others = clusters.length === 0 ? "" : ` (others have: ${clusters.join(", ")})`;
  note(`no kubecast has published as ${cluster} yet${others}`);
}

/** Matches a channel's `namespace:rule` with a glob of * and ?. */
function matcher(cluster: string, pattern: string): (event: Message["event"]) => boolean {
  const prefix = channelOf(cluster, "", "").slice(0, -1);
  const escaped = pattern
    .replace(/[.+^${}()|[\]\\]/g, "\\$&")
    .replaceAll("*", ".*")
    .replaceAll("?", ".");
  const expression = new RegExp(`^${escaped}$`);
  return ({ data }) => expression.test(channelOf(cluster, data.object.namespace, data.rule).slice(prefix.length));
}
