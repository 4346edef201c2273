import type { Publisher } from "../redis/publisher.ts";
import type { Pipeline } from "./pipeline.ts";

/**
 * Runs the pipeline and its publisher as one: takes over in Redis what earlier
 * processes published, watches until the signal aborts, then publishes what is
 * still queued. Throws what either of them throws; the other is stopped then.
 */
export async function runTogether(pipeline: Pipeline, publisher: Publisher, signal: AbortSignal): Promise<void> {
  const published = await publisher.start();
  const failed = new AbortController();
  const drained = new AbortController();
  const publishing = publisher.run(drained.signal).catch((error: unknown) => {
    failed.abort();
    throw error;
  });
  const watching = pipeline.run(published, AbortSignal.any([signal, failed.signal])).finally(() => drained.abort());
  // The publisher's own failure says more than what it stops.
  const [published_, watched] = await Promise.allSettled([publishing, watching]);
  if (published_.status === "rejected") throw published_.reason;
  if (watched.status === "rejected") throw watched.reason;
}
