import { type Fields, fieldsOf } from "../api/fields.ts";
import type { ServedResource } from "../api/resources.ts";
import { completeDefinition } from "./definitions.ts";
import { podWithDefaults } from "./pod-defaults.ts";
import { workloadWithDefaults } from "./workload-defaults.ts";

/**
 * The few defaults and checks that watchers and rules see: what a real server
 * fills in for a new Pod or workload, a Namespace's phase. The rest
 * of an object is taken as it comes.
 */
export function withDefaults(resource: ServedResource, object: Fields, name: string): Fields {
  switch (`${resource.plural}.${resource.group}`) {
    case "pods.":
      return podWithDefaults(resource, object, name);
    case "namespaces.":
      return { ...object, spec: { finalizers: ["kubernetes"] }, status: { phase: "Active" } };
    case "persistentvolumes.":
    case "persistentvolumeclaims.":
      return { ...object, status: { phase: "Pending" } };
    case "deployments.apps":
    case "replicasets.apps":
    case "statefulsets.apps":
    case "daemonsets.apps":
      return workloadWithDefaults(resource.plural, object);
    case "replicationcontrollers.":
      return { ...object, spec: { replicas: 1, ...fieldsOf(object.spec) } };
    case "poddisruptionbudgets.policy":
      return { ...object, status: { disruptionsAllowed: 0, currentHealthy: 0, desiredHealthy: 0, expectedPods: 0 } };
    case "customresourcedefinitions.apiextensions.k8s.io":
      return completeDefinition(resource, object, name);
    default:
      return object;
  }
}
