import type { Resource } from "./resource.ts";

// The resources that have a constructor of their own in `RawApi` and `Api`. The rest is in the catalogue.

export const v1Namespace = resource("", "v1", "Namespace", "namespaces", false);
export const v1Node = resource("", "v1", "Node", "nodes", false);
export const v1PersistentVolume = resource("", "v1", "PersistentVolume", "persistentvolumes", false);
export const v1ConfigMap = resource("", "v1", "ConfigMap", "configmaps");
export const v1Event = resource("", "v1", "Event", "events");
export const v1PersistentVolumeClaim = resource("", "v1", "PersistentVolumeClaim", "persistentvolumeclaims");
export const v1Pod = resource("", "v1", "Pod", "pods");
export const v1ReplicationController = resource("", "v1", "ReplicationController", "replicationcontrollers");
export const v1ResourceQuota = resource("", "v1", "ResourceQuota", "resourcequotas");
export const v1Secret = resource("", "v1", "Secret", "secrets");
export const v1Service = resource("", "v1", "Service", "services");

export const v1DaemonSet = resource("apps", "v1", "DaemonSet", "daemonsets");
export const v1Deployment = resource("apps", "v1", "Deployment", "deployments");
export const v1ReplicaSet = resource("apps", "v1", "ReplicaSet", "replicasets");
export const v1StatefulSet = resource("apps", "v1", "StatefulSet", "statefulsets");

export const v1CronJob = resource("batch", "v1", "CronJob", "cronjobs");
export const v1Job = resource("batch", "v1", "Job", "jobs");

export const v1HorizontalPodAutoscaler = resource(
  "autoscaling",
  "v1",
  "HorizontalPodAutoscaler",
  "horizontalpodautoscalers",
);
export const v1Ingress = resource("networking.k8s.io", "v1", "Ingress", "ingresses");
export const v1NetworkPolicy = resource("networking.k8s.io", "v1", "NetworkPolicy", "networkpolicies");
export const v1VolumeAttachment = resource("storage.k8s.io", "v1", "VolumeAttachment", "volumeattachments", false);
export const v1SelfSubjectRulesReview = resource(
  "authorization.k8s.io",
  "v1",
  "SelfSubjectRulesReview",
  "selfsubjectrulesreviews",
  false,
);
export const v1ValidatingWebhookConfiguration = resource(
  "admissionregistration.k8s.io",
  "v1",
  "ValidatingWebhookConfiguration",
  "validatingwebhookconfigurations",
  false,
);
export const v1CustomResourceDefinition = resource(
  "apiextensions.k8s.io",
  "v1",
  "CustomResourceDefinition",
  "customresourcedefinitions",
  false,
);

function resource(group: string, version: string, kind: string, plural: string, namespaced = true): Resource {
  return { group, version, kind, plural, namespaced };
}
