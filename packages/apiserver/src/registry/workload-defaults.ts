import { type Fields, fieldsOf, isFields } from "../api/fields.ts";
import { templateWithDefaults } from "./pod-defaults.ts";

/** What a real server fills in for a new workload (pkg/apis/apps/v1/defaults.go of k8s.io/kubernetes). */
const workloads: Readonly<Record<string, { spec: (given: Fields) => Fields; status: Fields }>> = {
  deployments: {
    spec: ({ strategy }) => ({
      replicas: 1,
      revisionHistoryLimit: 10,
      progressDeadlineSeconds: 600,
      strategy: rolling(strategy, { maxUnavailable: "25%", maxSurge: "25%" }),
    }),
    status: {},
  },
  replicasets: { spec: () => ({ replicas: 1 }), status: { replicas: 0 } },
  statefulsets: {
    spec: ({ updateStrategy, persistentVolumeClaimRetentionPolicy }) => ({
      replicas: 1,
      podManagementPolicy: "OrderedReady",
      revisionHistoryLimit: 10,
      updateStrategy: rolling(updateStrategy, { partition: 0, maxUnavailable: 1 }),
      persistentVolumeClaimRetentionPolicy: {
        whenDeleted: "Retain",
        whenScaled: "Retain",
        ...fieldsOf(persistentVolumeClaimRetentionPolicy),
      },
    }),
    status: { replicas: 0, availableReplicas: 0 },
  },
  daemonsets: {
    spec: ({ updateStrategy }) => ({
      revisionHistoryLimit: 10,
      updateStrategy: rolling(updateStrategy, { maxUnavailable: 1, maxSurge: 0 }),
    }),
    status: { currentNumberScheduled: 0, numberMisscheduled: 0, desiredNumberScheduled: 0, numberReady: 0 },
  },
};

export function workloadWithDefaults(plural: string, object: Fields): Fields {
  const defaults = workloads[plural];
  if (defaults === undefined) return object;
  const spec = fieldsOf(object.spec);
  return {
    ...object,
    spec: {
      ...spec,
      ...withoutGiven(defaults.spec(spec), spec),
      ...(isFields(spec.template) && { template: templateWithDefaults(spec.template) }),
    },
    status: defaults.status,
  };
}

/** What is not given; objects among the defaults have what is given in them already. */
function withoutGiven(defaults: Fields, given: Fields): Fields {
  const kept = Object.entries(defaults).filter(([name, value]) => isFields(value) || given[name] === undefined);
  return Object.fromEntries(kept);
}

function rolling(given: unknown, defaults: Fields): Fields {
  const { type = "RollingUpdate", rollingUpdate, ...rest } = fieldsOf(given);
  if (type !== "RollingUpdate") return { ...fieldsOf(given) };
  return { ...rest, type, rollingUpdate: { ...defaults, ...fieldsOf(rollingUpdate) } };
}
