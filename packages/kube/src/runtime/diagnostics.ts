import { diagnostics, type ReconcileMessage, trace } from "../client/diagnostics.ts";
import { type Resource, resourceName } from "../resource/resource.ts";
import type { Outcome } from "./reconcile.ts";
import type { Request } from "./request.ts";

/** Reconciles, and tells of it if anybody listens. */
export function traceReconcile(
  resource: Resource,
  { namespace, name }: Request,
  reconcile: () => Promise<Outcome> | Promise<void>,
): Promise<Outcome> | Promise<void> {
  if (!diagnostics.reconcile.hasSubscribers) return reconcile();
  const open = { duration: undefined, requeueAfter: undefined, error: undefined };
  const message: ReconcileMessage = { controller: resourceName(resource), namespace, name, ...open };
  return trace(diagnostics.reconcile, message, async () => {
    const outcome = (await reconcile()) ?? undefined;
    message.requeueAfter = outcome?.requeueAfter;
    return outcome;
  });
}
