import { Api, Client } from "@kubecast/kube";
import { LeaderElector } from "@kubecast/kube/runtime";
import { now } from "../child.ts";

// A process that contends for the Lease and, while it leads, leaves marks by a way
// of its own, which nobody cuts.

export interface CandidateSettings {
  readonly identity: string;
  /** Where the elector reaches the API: the proxy. */
  readonly url: string;
  /** Where the marks go. */
  readonly directUrl: string;
  readonly token: string;
  readonly ca: string;
  readonly lease: string;
  readonly marks: string;
  /** Milliseconds. */
  readonly times: { readonly leaseDuration: number; readonly renewDeadline: number; readonly retryPeriod: number };
}

/** What a candidate tells its parent; `at` in milliseconds of the machine's monotonic clock. */
export type Told =
  | { readonly type: "sees"; readonly leader: string }
  | { readonly type: "leads" | "lost"; readonly term: number; readonly at: number };

/** What a leader writes; as text, as a ConfigMap has it. */
export type Mark = { readonly term: string; readonly identity: string; readonly believed: string };

/** Milliseconds between marks. */
const PAUSE = 40;

process.once("message", (settings: CandidateSettings) => void contend(settings));
// The parent is gone.
process.once("disconnect", () => process.exit());

async function contend({ identity, lease, marks, times, ...way }: CandidateSettings): Promise<void> {
  const tell = (told: Told): void => void process.send?.(told);
  const direct = Api.v1ConfigMap(clientOf(way.directUrl, way)).within("default");
  const elector = new LeaderElector({
    client: clientOf(way.url, way),
    namespace: "default",
    name: lease,
    identity,
    ...times,
    onNewLeader: (leader) => tell({ type: "sees", leader }),
  });
  const lead = async (signal: AbortSignal): Promise<void> => {
    const { term } = elector;
    if (term === undefined) return;
    tell({ type: "leads", term, at: now() });
    while (!signal.aborted) {
      // As everybody is told to: asked right before what must not be done twice.
      const believed = now();
      if (!elector.isLeader) break;
      const mark: Mark = { term: String(term), identity, believed: believed.toFixed(3) };
      await direct.patch(marks, { data: mark }, {}, { signal, timeout: 1_000 }).catch(() => {});
      await new Promise((resolve) => setTimeout(resolve, PAUSE));
    }
    tell({ type: "lost", term, at: now() });
    // It is over only with the signal: to end before would be to resign.
    if (!signal.aborted) await new Promise((resolve) => signal.addEventListener("abort", resolve));
  };
  const stop = new AbortController();
  process.once("SIGTERM", () => stop.abort());
  await elector.run(lead, stop);
  process.exit();
}

function clientOf(server: string, { token, ca }: Pick<CandidateSettings, "token" | "ca">): Client {
  return new Client({
    server,
    namespace: "default",
    tls: async () => ({ material: { ca }, version: "1" }),
    headers: async () => ({ authorization: `Bearer ${token}` }),
    refresh: async () => false,
  });
}
