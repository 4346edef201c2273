import { type Fields, fieldsOf, objectsOf } from "../api/fields.ts";
import { qosClass } from "../api/quantity.ts";
import type { ServedResource } from "../api/resources.ts";
import { invalid, required } from "../api/status-error.ts";

/** A new Pod; throws a 422 for one without containers or their names. */
export function podWithDefaults(resource: ServedResource, pod: Fields, name: string): Fields {
  const spec = fieldsOf(pod.spec);
  const containers = objectsOf(spec.containers);
  if (containers.length === 0) throw invalid(resource, name, [required("spec.containers")]);
  const nameless = containers.findIndex((container) => typeof container.name !== "string" || container.name === "");
  if (nameless >= 0) throw invalid(resource, name, [required(`spec.containers[${nameless}].name`)]);
  return {
    ...pod,
    spec: { enableServiceLinks: true, ...podSpecWithDefaults(spec) },
    status: { phase: "Pending", qosClass: qosClass(spec) },
  };
}

/** What a workload makes its Pods from. */
export function templateWithDefaults(template: Fields): Fields {
  return { ...template, spec: podSpecWithDefaults(fieldsOf(template.spec)) };
}

function podSpecWithDefaults(spec: Fields): Fields {
  const containers = ["initContainers", "containers"].flatMap((field) => {
    const list = spec[field];
    return Array.isArray(list) ? [[field, list.map((each) => containerWithDefaults(fieldsOf(each)))]] : [];
  });
  return {
    restartPolicy: "Always",
    terminationGracePeriodSeconds: 30,
    dnsPolicy: "ClusterFirst",
    securityContext: {},
    schedulerName: "default-scheduler",
    ...spec,
    ...Object.fromEntries(containers),
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
