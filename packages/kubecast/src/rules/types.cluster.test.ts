import { CelError, compile, formatType } from "@kubecast/cel";
import { apiVersion, findResource, type Resource } from "@kubecast/kube";
import { type FieldType, kindType, structType } from "@kubecast/kube/fields";
import { type CelOracle, startCelOracle } from "@kubecast/testbed";
import { afterAll, describe, expect, test } from "vitest";
import { kubernetesStructs, objectType } from "./types.ts";

// Kubernetes checks the expressions of a ValidatingAdmissionPolicy against the types of the kinds that it
// is about: the same code answers here.

const oracle = await startCelOracle();
if (typeof oracle === "string") process.stderr.write(`${oracle}\n`);
afterAll(async () => {
  if (typeof oracle !== "string") await oracle[Symbol.asyncDispose]();
});

const kinds = [
  "pods",
  "nodes",
  "services",
  "secrets",
  "configmaps",
  "events",
  "persistentvolumeclaims",
  "namespaces",
  "deployments.apps",
  "jobs.batch",
  "horizontalpodautoscalers.autoscaling",
  "ingresses.networking.k8s.io",
  "certificatesigningrequests.certificates.k8s.io",
  "leases.coordination.k8s.io",
  "poddisruptionbudgets.policy",
];

/** Each field of each struct once, as the expression that reads it. */
function* fields(
  type: FieldType,
  path: string,
  seen: Set<string>,
): Generator<readonly [path: string, type: FieldType]> {
  yield [path, type];
  if (type.shape === "list") yield* fields(type.element, `${path}[0]`, seen);
  if (type.shape === "map") yield* fields(type.element, `${path}["key"]`, seen);
  if (type.shape !== "struct" || seen.has(type.struct)) return;
  seen.add(type.struct);
  for (const field of structType(type.struct)?.fields.values() ?? [])
    yield* fields(field.type, `${path}.${field.name}`, seen);
}

/** Structs have names of their own on each side. */
const shape = (type: string): string => type.replace(/\b(Typed[\w.@]*|\w+\/v\w+\.\w+)/g, "struct");

describe.skipIf(typeof oracle === "string")("the types of built-in kinds", () => {
  const typed = (name: string) => {
    const resource = findResource(name) as Resource;
    const question = {
      apiVersion: apiVersion(resource),
      kind: resource.kind,
      types: { object: "object" },
      variables: { object: {} },
    } as const;
    const environment = { variables: { object: objectType(resource) }, structs: kubernetesStructs };
    return {
      resource,
      theirs: (expression: string) => (oracle as CelOracle).ask({ ...question, expression }),
      ours: (expression: string) => formatType(compile(expression, environment).type),
    };
  };

  test.each(kinds)("%s have the fields and types that a policy is checked against", async (name) => {
    const { resource, ours, theirs } = typed(name);
    const struct = kindType(apiVersion(resource), resource.kind)?.name ?? "";
    for (const [path, type] of fields({ shape: "struct", struct }, "object", new Set())) {
      const { type: found = "", message = "" } = await theirs(path);
      const inner = "element" in type ? type.element.shape : type.shape;
      // Quantities are strings or numbers for its schemas, which hides them from expressions.
      if (inner === "quantity") expect(`${path}: ${message}`).toContain("undefined field");
      // A set of field names, of which nobody asks.
      else if (inner !== "object") expect(`${path}: ${shape(ours(path))}`).toBe(`${path}: ${shape(found || message)}`);
    }
  });

  test.each([
    "object.spec.nodeNam == ''",
    "object.spec.containers[0].imagee == ''",
    "object.spec.containers.all(c, c.nam == '')",
    "object.spec.containers.all(c, c.name)",
    "object.spec.priority == 'high'",
    "object.spec.priority + 1.0 > 2.0",
    "object.metadata.labels['a'] > 1",
    "object.metadata.labels[1] == ''",
    "object.metadata.creationTimestamp == '2026-01-31T12:00:00Z'",
    "object.metadata.creationTimestamp > 5",
    "timestamp(object.metadata.creationTimestamp) > timestamp('2026-01-31T12:00:00Z')",
    "object.metadata.creationTimestamp - object.status.startTime > duration('1m')",
    "object.metadata.creationTimestamp.getFullYear() > 2020",
    "object.metadata.name.size() > 5 && object.metadata.name + 1 == ''",
    "object.spec.hostNetwork == 'true'",
    "object.spec.hostNetwork ? object.spec.priority : object.spec.nodeName",
    "object.spec.containers[0].livenessProbe.httpGet.port == 80 || object.spec.containers[0].livenessProbe.httpGet.port == 'http'",
    "object.spec.containers[0].livenessProbe.httpGet.port.nonsense",
    "has(object.spec.nodeName) && object.spec.nodeName.startsWith('a')",
    "has(object.spec.nodename)",
    "object.status.containerStatuses.map(s, s.restartCount).sum() > 3",
    "object.status.containerStatuses.map(s, s.name).sum() > 3",
    "object.status.containerStatuses.exists(s, s.state.waiting.reason == 'CrashLoopBackOff')",
    "object.status.containerStatuses.exists(s, s.state.waiting.reason == 1)",
    "object.spec.tolerations.filter(t, t.tolerationSeconds > 5).size() == 0",
    "object.spec.tolerations.filter(t, t.tolerationSeconds > '5').size() == 0",
    "object.metadata.ownerReferences.all(o, o.controller)",
    "object.metadata.ownerReferences.all(o, o.controller == 1)",
    "object.metadata.?annotations['a'].orValue('') == ''",
    "object.metadata.?annotations['a'].orValue(1) == 1",
    "object.metadata.labels.all(k, v, k != v)",
    "object.metadata.labels.all(k, v, v > 1)",
    "object.spec.containers in object.spec.initContainers",
    "object.spec == object.status",
    "object.status.podIPs.all(i, isIP(i.ip))",
    "object.status.podIPs.all(i, isIP(i))",
    "object.spec.volumes.exists(v, has(v.hostPath) && v.hostPath.path == '/')",
    "object.spec.volumes.exists(v, v.hostPath == '/')",
    "object.spec.securityContext.runAsUser > 0",
    "object.spec.securityContext.runAsUser > 0u",
    "object.metadata.generation > 0.5",
    "object.metadata.finalizers.exists(f, f.contains('/'))",
    "object.metadata.finalizers.exists(f, f.contains(1))",
    "object.apiVersion + object.kind == 'v1Pod'",
    "object.spec.containers[0].ports[0].containerPort in [80, 443]",
    "object.spec.containers[0].ports[0].containerPort in ['80']",
    "object.spec.containers[0].args.join(' ') == ''",
    "object.spec.containers.join(' ') == ''",
    "objekt.spec == null",
    "object.metadata.deletionTimestamp == null",
    "object.spec.nodeName == null",
  ])("of %s the same is said for Pods", async (expression) => {
    const { ours, theirs } = typed("pods");
    const said = () => {
      try {
        return ours(expression);
      } catch (error) {
        if (error instanceof CelError) return "error";
        throw error;
      }
    };
    const { error, type } = await theirs(expression);
    expect(said()).toBe(error === "compile" ? "error" : type);
  });
});
