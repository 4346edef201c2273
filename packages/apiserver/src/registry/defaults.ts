import { type Fields, fieldsOf } from "../api/fields.ts";
import type { ServedResource } from "../api/resources.ts";
import { invalid, required } from "../api/status-error.ts";
import { completeDefinition } from "./definitions.ts";

/**
 * The few defaults and checks that watchers and rules see: what a real server
 * fills in for a new Pod, a Namespace's phase, a workload's replicas. The rest
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

function podWithDefaults(resource: ServedResource, pod: Fields, name: string): Fields {
  const spec = fieldsOf(pod.spec);
  const containers = Array.isArray(spec.containers) ? spec.containers.map(fieldsOf) : [];
  if (containers.length === 0) throw invalid(resource, name, [required("spec.containers")]);
  const nameless = containers.findIndex((container) => typeof container.name !== "string" || container.name === "");
  if (nameless >= 0) throw invalid(resource, name, [required(`spec.containers[${nameless}].name`)]);
  return {
    ...pod,
    spec: {
      restartPolicy: "Always",
      terminationGracePeriodSeconds: 30,
      dnsPolicy: "ClusterFirst",
      securityContext: {},
      schedulerName: "default-scheduler",
      enableServiceLinks: true,
      ...spec,
      ...(Array.isArray(spec.initContainers) && {
        initContainers: spec.initContainers.map((container) => containerWithDefaults(fieldsOf(container))),
      }),
      containers: containers.map(containerWithDefaults),
    },
    status: { phase: "Pending", qosClass: qosClass(containers) },
  };
}

export function containerWithDefaults(container: Fields): Fields {
  const image = String(container.image ?? "");
  const tag = /:([^:/]+)$/.exec(image)?.[1] ?? (image.includes("@") ? "digest" : "latest");
  return {
    resources: {},
    terminationMessagePath: "/dev/termination-log",
    terminationMessagePolicy: "File",
    imagePullPolicy: tag === "latest" ? "Always" : "IfNotPresent",
    ...container,
    ...(Array.isArray(container.ports) && {
      ports: container.ports.map((port) => ({ protocol: "TCP", ...fieldsOf(port) })),
    }),
  };
}

/** BestEffort without any request, Guaranteed when each container's limits are set and its requests equal them. */
export function qosClass(containers: readonly Fields[]): string {
  const resources = containers.map((container) => {
    const { limits, requests } = fieldsOf(container.resources);
    return { limits: fieldsOf(limits), requests: { ...fieldsOf(limits), ...fieldsOf(requests) } };
  });
  if (resources.every(({ requests }) => Object.keys(requests).length === 0)) return "BestEffort";
  const guaranteed = resources.every(({ limits, requests }) =>
    ["cpu", "memory"].every((name) => limits[name] !== undefined && limits[name] === requests[name]),
  );
  return guaranteed ? "Guaranteed" : "Burstable";
}
