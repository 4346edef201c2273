import { Api, type Object as KubernetesObject, type Transport } from "@kubecast/kube";

export interface DocumentSpec {
  title: string;
  hide: boolean;
  content: string;
}

export interface DocumentStatus {
  hidden: boolean;
}

/** As yaml/crd.yaml defines it. */
export type Document = KubernetesObject<DocumentSpec, DocumentStatus>;

/** The Documents of all namespaces. */
export function documentApi(client: Transport): Api<Document> {
  return Api.customResource<Document>(client, "documents", { kind: "Document" }).group("kube.rs").version("v1");
}
