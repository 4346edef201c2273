import { Api, type RequestOptions, type Transport } from "@kubecast/kube";
import { finalizer, type Outcome, type Reconcile, type Recorder } from "@kubecast/kube/runtime";
import { Document } from "./document.ts";

/** Milliseconds after which a Document is looked at again though nothing was heard of it, and one that failed is tried again. */
export const AGAIN = { requeueAfter: 5 * 60_000 };

export class IllegalDocumentError extends Error {
  override readonly name = "IllegalDocumentError";
}

/** Has the status of each Document say whether it is hidden, and an Event tell when it is to be hidden or is deleted. */
export function reconciler(client: Transport, recorder: Recorder): Reconcile<Document> {
  const documents = Api.of(client, Document);
  return async (_, { object, signal }): Promise<Outcome> => {
    if (object === undefined) return undefined; // gone, after its cleanup
    const options = { signal };
    return finalizer(
      documents,
      "documents.kube.rs",
      object,
      { apply: (document) => apply(document, options), cleanup: (document) => cleanup(document, options) },
      options,
    );
  };

  async function apply(document: Document, options: RequestOptions): Promise<Outcome> {
    const { name = "", namespace = "" } = document.metadata;
    const { hide } = document.spec;
    if (hide && !document.status?.hidden) {
      const note = `Hiding \`${name}\``;
      await recorder.publish({ type: "Normal", reason: "HideRequested", action: "Hiding", note }, document, options);
    }
    if (name === "illegal") throw new IllegalDocumentError("a Document may not be called illegal");
    const status = { metadata: { name }, status: { hidden: hide } };
    // Forced: the status is this controller's, whoever else has written to it.
    await documents.within(namespace).applyStatus(status, { fieldManager: "cntrlr", force: true }, options);
    return AGAIN;
  }

  async function cleanup(document: Document, options: RequestOptions): Promise<Outcome> {
    const note = `Delete \`${document.metadata.name}\``;
    await recorder.publish({ type: "Normal", reason: "DeleteRequested", action: "Deleting", note }, document, options);
    return undefined;
  }
}
