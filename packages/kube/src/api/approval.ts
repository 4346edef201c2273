import { ApiError } from "../client/errors.ts";
import type { RequestOptions } from "../client/transport.ts";
import type { CertificateSigningRequest } from "../types/certificates/v1.ts";
import type { Subresources } from "./subresources.ts";

/** Why a CertificateSigningRequest is approved or denied; people and programs read it. */
export interface Decision {
  /** One word, such as `AutoApproved`. */
  readonly reason: string;
  /** A sentence for people. */
  readonly message?: string;
}

/** After so many changes by others in between, the conflict is the caller's. */
const TRIES = 5;

/** Adds the condition to those that there are, as often as somebody else is faster. */
export async function decide(
  requests: Subresources<CertificateSigningRequest>,
  name: string,
  decision: Decision & { readonly type: "Approved" | "Denied" },
  options?: RequestOptions,
): Promise<CertificateSigningRequest> {
  for (let tries = 1; ; tries++) {
    const current = await requests.getApproval(name, options);
    const conditions = current.status?.conditions ?? [];
    if (conditions.some(({ type }) => type === decision.type)) return current;
    const status = { ...current.status, conditions: [...conditions, { status: "True", ...decision }] };
    try {
      return await requests.replaceApproval(name, { ...current, status }, {}, options);
    } catch (error) {
      if (tries === TRIES || !(error instanceof ApiError && error.isConflict)) throw error;
    }
  }
}
