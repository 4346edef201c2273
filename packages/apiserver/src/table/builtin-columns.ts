import type { KubeObject } from "@kubecast/kube";
import type { DaemonSet, Deployment, ReplicaSet, StatefulSet } from "@kubecast/kube/apps/v1";
import type { Job } from "@kubecast/kube/batch/v1";
import type { ConfigMap, Event, Namespace, Node, PodTemplateSpec, Secret, Service } from "@kubecast/kube/core/v1";
import { selectorText } from "../registry/scale.ts";
import { age, type Columns, column, humanDuration, orNone, wide } from "./columns.ts";
import { podColumns } from "./pod-columns.ts";

// What kubectl shows of a kind (k8s.io/kubernetes, pkg/printers/internalversion).

const named = (...names: string[]) => names.map((name) => column(name));
const counted = (...names: string[]) => names.map((name) => column(name, "integer"));
const templates = ["Containers", "Images"].map(wide);

function templateCells(template: PodTemplateSpec | undefined): string[] {
  const containers = template?.spec?.containers ?? [];
  return [containers.map(({ name }) => name).join(","), containers.map(({ image = "" }) => image).join(",")];
}

const deployments: Columns<Deployment> = {
  columns: [...named("Name", "Ready", "Up-to-date", "Available", "Age"), ...templates, wide("Selector")],
  cells: ({ metadata, spec, status = {} }, now) => [
    metadata.name,
    `${status.readyReplicas ?? 0}/${spec?.replicas ?? 0}`,
    status.updatedReplicas ?? 0,
    status.availableReplicas ?? 0,
    age(metadata.creationTimestamp, now),
    ...templateCells(spec?.template),
    selectorText(spec?.selector),
  ],
};

const replicaSets: Columns<ReplicaSet> = {
  columns: [column("Name"), ...counted("Desired", "Current", "Ready"), column("Age"), ...templates, wide("Selector")],
  cells: ({ metadata, spec, status }, now) => [
    metadata.name,
    spec?.replicas ?? 0,
    status?.replicas ?? 0,
    status?.readyReplicas ?? 0,
    age(metadata.creationTimestamp, now),
    ...templateCells(spec?.template),
    orNone(selectorText(spec?.selector)),
  ],
};

const statefulSets: Columns<StatefulSet> = {
  columns: [...named("Name", "Ready", "Age"), ...templates],
  cells: ({ metadata, spec, status }, now) => [
    metadata.name,
    `${status?.readyReplicas ?? 0}/${spec?.replicas ?? 0}`,
    age(metadata.creationTimestamp, now),
    ...templateCells(spec?.template),
  ],
};

const daemonSets: Columns<DaemonSet> = {
  columns: [
    column("Name"),
    ...counted("Desired", "Current", "Ready", "Up-to-date", "Available"),
    ...named("Node Selector", "Age"),
    ...templates,
    wide("Selector"),
  ],
  cells: ({ metadata, spec, status }, now) => [
    metadata.name,
    status?.desiredNumberScheduled ?? 0,
    status?.currentNumberScheduled ?? 0,
    status?.numberReady ?? 0,
    status?.updatedNumberScheduled ?? 0,
    status?.numberAvailable ?? 0,
    labelsText(spec?.template.spec?.nodeSelector),
    age(metadata.creationTimestamp, now),
    ...templateCells(spec?.template),
    orNone(selectorText(spec?.selector)),
  ],
};

const jobs: Columns<Job> = {
  columns: [...named("Name", "Status", "Completions", "Duration", "Age"), ...templates, wide("Selector")],
  cells: ({ metadata, spec, status = {} }, now) => [
    metadata.name,
    jobStatus({ metadata, status }),
    `${status.succeeded ?? 0}/${completions(spec?.completions, spec?.parallelism ?? 0)}`,
    status.startTime === undefined
      ? ""
      : humanDuration((status.completionTime ? Date.parse(status.completionTime) : now) - Date.parse(status.startTime)),
    age(metadata.creationTimestamp, now),
    ...templateCells(spec?.template),
    orNone(selectorText(spec?.selector)),
  ],
};

function completions(wanted: number | undefined, parallelism: number): string {
  if (typeof wanted === "number") return String(wanted);
  return parallelism > 1 ? `1 of ${parallelism}` : "1";
}

function jobStatus({ metadata, status }: Pick<Job, "metadata" | "status">): string {
  const is = (wanted: string) => status?.conditions?.some(({ type, status }) => type === wanted && status === "True");
  if (is("Complete")) return "Complete";
  if (is("Failed")) return "Failed";
  if (metadata.deletionTimestamp !== undefined) return "Terminating";
  return ["Suspended", "FailureTarget", "SuccessCriteriaMet"].find(is) ?? "Running";
}

const namespaces: Columns<Namespace> = {
  columns: named("Name", "Status", "Age"),
  cells: ({ metadata, status }, now) => [metadata.name, status?.phase ?? "", age(metadata.creationTimestamp, now)],
};

const configMaps: Columns<ConfigMap> = {
  columns: named("Name", "Data", "Age"),
  cells: ({ metadata, data = {}, binaryData = {} }, now) => [
    metadata.name,
    Object.keys(data).length + Object.keys(binaryData).length,
    age(metadata.creationTimestamp, now),
  ],
};

const secrets: Columns<Secret> = {
  columns: named("Name", "Type", "Data", "Age"),
  cells: ({ metadata, type = "", data = {} }, now) => [
    metadata.name,
    type,
    Object.keys(data).length,
    age(metadata.creationTimestamp, now),
  ],
};

const nodes: Columns<Node> = {
  columns: [
    ...named("Name", "Status", "Roles", "Age", "Version"),
    ...["Internal-IP", "External-IP", "OS-Image", "Kernel-Version", "Container-Runtime"].map(wide),
  ],
  cells({ metadata, spec, status }, now) {
    const ready = status?.conditions?.findLast(({ type }) => type === "Ready")?.status;
    const words = [ready === undefined ? "Unknown" : ready === "True" ? "Ready" : "NotReady"];
    if (spec?.unschedulable) words.push("SchedulingDisabled");
    const info = status?.nodeInfo;
    const address = (wanted: string) => orNone(status?.addresses?.find(({ type }) => type === wanted)?.address);
    const architecture = info?.architecture ? ` (${info.architecture})` : "";
    return [
      metadata.name,
      words.join(","),
      orNone(roles(metadata.labels ?? {}).join(",")),
      age(metadata.creationTimestamp, now),
      info?.kubeletVersion ?? "",
      address("InternalIP"),
      address("ExternalIP"),
      info?.osImage || "<unknown>",
      `${info?.kernelVersion || "<unknown>"}${architecture}`,
      info?.containerRuntimeVersion || "<unknown>",
    ];
  },
};

function roles(labels: Readonly<Record<string, string>>): string[] {
  const prefix = "node-role.kubernetes.io/";
  const found = Object.entries(labels).map(([key, value]) =>
    key.startsWith(prefix) ? key.slice(prefix.length) : key === "kubernetes.io/role" ? value : "",
  );
  return [...new Set(found)].filter((role) => role !== "").sort();
}

const events: Columns<Event> = {
  columns: [
    ...named("Last Seen", "Type", "Reason", "Object"),
    ...["Subobject", "Source"].map(wide),
    column("Message"),
    ...["First Seen", "Count", "Name"].map(wide),
  ],
  cells(event, now) {
    const {
      metadata,
      involvedObject: { kind = "", name, fieldPath = "" },
      source,
      series,
    } = event;
    const first = age(event.firstTimestamp ?? event.eventTime, now);
    const last = event.lastTimestamp ? age(event.lastTimestamp, now) : first;
    const component = source?.component || event.reportingComponent || "";
    const instance = source?.host || event.reportingInstance;
    return [
      series === undefined ? last : age(series.lastObservedTime, now),
      event.type ?? "",
      event.reason ?? "",
      name ? `${kind.toLowerCase()}/${name}` : kind.toLowerCase(),
      fieldPath,
      instance ? `${component}, ${instance}` : component,
      (event.message ?? "").trim(),
      first,
      series?.count ?? (event.count || 1),
      metadata.name,
    ];
  },
};

const services: Columns<Service> = {
  columns: [...named("Name", "Type", "Cluster-IP", "External-IP", "Port(s)", "Age"), wide("Selector")],
  cells: (service, now) => [
    service.metadata.name,
    service.spec?.type ?? "",
    orNone(service.spec?.clusterIPs?.[0]),
    externalIp(service),
    orNone(
      service.spec?.ports
        ?.map(({ port, nodePort, protocol }) => `${port}${nodePort ? `:${nodePort}` : ""}/${protocol}`)
        .join(","),
    ),
    age(service.metadata.creationTimestamp, now),
    labelsText(service.spec?.selector),
  ],
};

function externalIp({ spec = {}, status }: Service): string {
  const own = spec.externalIPs ?? [];
  switch (spec.type) {
    case "ClusterIP":
    case "NodePort":
      return orNone(own.join(","));
    case "LoadBalancer": {
      const balanced = (status?.loadBalancer?.ingress ?? []).map(({ ip, hostname }) => ip || hostname || "");
      const all = [...[...new Set(balanced)].filter((each) => each !== "").sort(), ...own];
      return all.length === 0 ? "<pending>" : all.join(",");
    }
    case "ExternalName":
      return spec.externalName ?? "";
    default:
      return "<unknown>";
  }
}

function labelsText(labels: Readonly<Record<string, string>> | undefined): string {
  const pairs = Object.entries(labels ?? {}).map(([key, value]) => `${key}=${value}`);
  return orNone(pairs.sort().join(","));
}

const others: Columns<KubeObject> = {
  columns: named("Name", "Age"),
  cells: ({ metadata }, now) => [metadata.name, age(metadata.creationTimestamp, now)],
};

const byResource = new Map<string, unknown>(
  Object.entries({
    "pods.": podColumns,
    "nodes.": nodes,
    "namespaces.": namespaces,
    "configmaps.": configMaps,
    "secrets.": secrets,
    "events.": events,
    "services.": services,
    "deployments.apps": deployments,
    "replicasets.apps": replicaSets,
    "statefulsets.apps": statefulSets,
    "daemonsets.apps": daemonSets,
    "jobs.batch": jobs,
  }),
);

/** Of a built-in kind; those that are not known here show their names and ages. */
export function builtinColumns({ plural, group }: { plural: string; group: string }): Columns<KubeObject> {
  // The key says of which type the objects are.
  return (byResource.get(`${plural}.${group}`) as Columns<KubeObject> | undefined) ?? others;
}
