import { apiVersion, builtins, type ResourceDescription } from "@kubecast/kube";
import type { CustomResourceColumnDefinition } from "@kubecast/kube/apiextensions/v1";

/** A resource that this server has, with the habits in which resources differ. */
export interface ServedResource extends ResourceDescription {
  readonly apiVersion: string;
  /** `{"kind":"Pod","apiVersion":"v1",`: what goes before an object's JSON. */
  readonly head: string;
  readonly hasStatus: boolean;
  /** Whether `metadata.generation` counts the changes of the spec. */
  readonly hasGeneration: boolean;
  /** Whether a replace may come without a resourceVersion. */
  readonly unconditionalUpdate: boolean;
  /** Whether a replace creates what is not there. */
  readonly createOnUpdate: boolean;
  /** Whether a delete answers with the object, not with a Status. */
  readonly returnsDeleted: boolean;
  /** Whether a CustomResourceDefinition defines it. */
  readonly custom: boolean;
  /** The OpenAPI schema of a custom resource's version. */
  readonly schema: unknown;
  /** What a custom resource's version has its tables show, besides the name. */
  readonly printerColumns: readonly CustomResourceColumnDefinition[] | undefined;
  /** Where the object has what its scale subresource shows; undefined where it has none. */
  readonly scale: ScalePaths | undefined;
}

export interface ScalePaths {
  readonly specReplicas: readonly string[];
  readonly statusReplicas: readonly string[];
  /** Of a selector in Kubernetes' notation, such as `app=shop`, or of an object that stands for one. */
  readonly selector: readonly string[] | undefined;
}

// The lists below are facts of the strategies and storages under pkg/registry of k8s.io/kubernetes 1.37.
const generations = words(`
  priorityclasses.scheduling.k8s.io ingressclasses.networking.k8s.io networkpolicies.networking.k8s.io
  ingresses.networking.k8s.io endpointslices.discovery.k8s.io poddisruptionbudgets.policy
  resourceslices.resource.k8s.io deviceclasses.resource.k8s.io devicetaintrules.resource.k8s.io
  horizontalpodautoscalers.autoscaling flowschemas.flowcontrol.apiserver.k8s.io
  prioritylevelconfigurations.flowcontrol.apiserver.k8s.io daemonsets.apps statefulsets.apps deployments.apps
  replicasets.apps jobs.batch cronjobs.batch pods. podtemplates. replicationcontrollers.
  validatingadmissionpolicies.admissionregistration.k8s.io mutatingadmissionpolicies.admissionregistration.k8s.io
  mutatingwebhookconfigurations.admissionregistration.k8s.io
  validatingwebhookconfigurations.admissionregistration.k8s.io
  mutatingadmissionpolicybindings.admissionregistration.k8s.io
  validatingadmissionpolicybindings.admissionregistration.k8s.io customresourcedefinitions.apiextensions.k8s.io`);
const conditionalUpdates = words(`
  clustertrustbundles.certificates.k8s.io podcertificaterequests.certificates.k8s.io runtimeclasses.node.k8s.io
  poddisruptionbudgets.policy csidrivers.storage.k8s.io csistoragecapacities.storage.k8s.io
  volumeattachments.storage.k8s.io csinodes.storage.k8s.io leases.coordination.k8s.io
  leasecandidates.coordination.k8s.io validatingadmissionpolicies.admissionregistration.k8s.io
  mutatingadmissionpolicies.admissionregistration.k8s.io
  mutatingwebhookconfigurations.admissionregistration.k8s.io
  validatingwebhookconfigurations.admissionregistration.k8s.io
  mutatingadmissionpolicybindings.admissionregistration.k8s.io
  validatingadmissionpolicybindings.admissionregistration.k8s.io`);
const createsOnUpdate = words(`
  runtimeclasses.node.k8s.io rolebindings.rbac.authorization.k8s.io clusterrolebindings.rbac.authorization.k8s.io
  roles.rbac.authorization.k8s.io clusterroles.rbac.authorization.k8s.io leases.coordination.k8s.io
  leasecandidates.coordination.k8s.io limitranges. events. events.events.k8s.io services. endpoints.`);
const returningDeleted = words(`
  resourceclaimtemplates.resource.k8s.io resourceslices.resource.k8s.io resourceclaims.resource.k8s.io
  deviceclasses.resource.k8s.io csidrivers.storage.k8s.io storageclasses.storage.k8s.io
  volumeattachments.storage.k8s.io csinodes.storage.k8s.io volumeattributesclasses.storage.k8s.io
  resourcequotas. persistentvolumes. serviceaccounts. persistentvolumeclaims. namespaces. pods. services.
  podtemplates. customresourcedefinitions.apiextensions.k8s.io`);

const servedSubresources = words(`
  status scale binding eviction resize ephemeralcontainers approval finalize token log exec attach portforward`);
const builtinScale: ScalePaths = {
  specReplicas: ["spec", "replicas"],
  statusReplicas: ["status", "replicas"],
  selector: ["spec", "selector"],
};

/** Every built-in resource whose objects can be stored, the preferred version of a group first. */
export const servedResources: readonly ServedResource[] = builtins()
  .filter((entry) => entry.verbs.includes("watch"))
  .map((entry) => {
    const id = `${entry.plural}.${entry.group}`;
    const version = apiVersion(entry);
    return {
      ...entry,
      subresources: entry.subresources.filter(({ name }) => servedSubresources.has(name)),
      apiVersion: version,
      head: headOf(entry.kind, version),
      hasStatus: entry.subresources.some((subresource) => subresource.name === "status"),
      hasGeneration: generations.has(id),
      unconditionalUpdate: !conditionalUpdates.has(id),
      createOnUpdate: createsOnUpdate.has(id),
      returnsDeleted: returningDeleted.has(id),
      custom: false,
      schema: undefined,
      printerColumns: undefined,
      scale: entry.subresources.some(({ name }) => name === "scale") ? builtinScale : undefined,
    };
  });

const byUrl = new Map(servedResources.map((each) => [`${each.apiVersion}/${each.plural}`, each]));

/** Each `apiVersion` that has built-in resources. */
export const servedVersions: ReadonlySet<string> = new Set(servedResources.map((each) => each.apiVersion));

/** A built-in resource; `apiVersion` as in an object, such as `apps/v1`. */
export function findServed(version: string, plural: string): ServedResource | undefined {
  return byUrl.get(`${version}/${plural}`);
}

export function headOf(kind: string, version: string): string {
  return `{"kind":"${kind}","apiVersion":"${version}",`;
}

function words(text: string): ReadonlySet<string> {
  return new Set(text.trim().split(/\s+/));
}
