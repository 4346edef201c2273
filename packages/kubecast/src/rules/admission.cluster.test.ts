import { compile, EvaluationError } from "@kubecast/cel";
import { type KubeApiserver, startKubeApiserver } from "@kubecast/testbed";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";

/** Of a policy's expressions the objects are dynamic when they are evaluated: a time is a string. */
const policies = [
  "object.metadata.name.startsWith('web')",
  "object.metadata.name.matches('^[a-z]+-[0-9]+$')",
  "object.metadata.labels.app == 'web'",
  "has(object.metadata.labels) && 'app' in object.metadata.labels",
  "object.metadata.?labels['app'].orValue('none') != 'none'",
  "object.metadata.labels.all(k, k.size() < 10)",
  "object.metadata.labels.all(k, v, k != v)",
  "object.metadata.labels.exists(k, object.metadata.labels[k] == 'web')",
  "has(object.metadata.annotations)",
  "object.metadata.annotations.size() > 0",
  "object.spec.containers.size() == 1",
  "object.spec.containers.all(c, c.image.contains(':'))",
  "object.spec.containers.all(c, c.image.split(':')[1] != 'latest')",
  "object.spec.containers.exists(c, c.name == 'app')",
  "object.spec.containers.exists_one(c, has(c.resources.limits))",
  "object.spec.containers.all(c, has(c.resources.limits) && has(c.resources.limits.memory))",
  "object.spec.containers.all(c, quantity(c.resources.limits.memory).isLessThan(quantity('1Gi')))",
  "object.spec.containers.map(c, quantity(c.resources.requests.cpu)).all(q, q.compareTo(quantity('500m')) <= 0)",
  "object.spec.containers.map(c, c.name) == ['app']",
  "object.spec.containers.map(c, c.name).join('/') == 'app/sidecar'",
  "object.spec.containers.filter(c, c.image.find('[0-9]+$') != '').size() == 2",
  "object.spec.containers.map(c, c.image.findAll('[0-9]+').size()).sum() > 2",
  "object.spec.containers[0].ports[0].containerPort == 8080",
  "object.spec.containers[0].ports[0].containerPort > 8000u",
  "object.spec.containers[0].livenessProbe.httpGet.port == 8080",
  "type(object.spec.containers[0].livenessProbe.httpGet.port) == string",
  "object.spec.restartPolicy in ['Always', 'OnFailure']",
  "object.spec.terminationGracePeriodSeconds / 7 == 4",
  "object.spec.terminationGracePeriodSeconds % 7 == 2",
  "object.spec.terminationGracePeriodSeconds * 9223372036854775807 > 0",
  "object.spec.priority < 0 || object.spec.terminationGracePeriodSeconds == 30",
  "object.spec.priority < 0 && object.spec.terminationGracePeriodSeconds == 30",
  "!object.spec.hostNetwork",
  "!has(object.spec.hostNetwork)",
  "has(object.spec.securityContext) && object.spec.securityContext == {}",
  "object.spec.nodeSelector.?disk.hasValue()",
  "object.spec.tolerations.all(t, t.key.startsWith('node.'))",
  "format.dns1123Label().validate(object.metadata.name) == optional.none()",
  "isURL(object.metadata.annotations.home) && url(object.metadata.annotations.home).getHost() == 'example.com'",
  "cidr('10.0.0.0/8').containsIP(object.metadata.annotations.address)",
  "ip(object.metadata.annotations.address).family() == 6",
  "semver(object.metadata.annotations.version).isLessThan(semver('2.0.0'))",
  "semver(object.metadata.annotations.version, true).major() == 2",
  "sets.contains(['app', 'sidecar', 'proxy'], object.spec.containers.map(c, c.name))",
  "object.spec.containers.map(c, c.name).isSorted()",
  "object.spec.containers.sortBy(c, c.image)[0].name == 'app'",
  "object.spec.containers.transformMap(i, c, i)[0] == 0",
  "object.metadata.annotations.transformList(k, v, k).indexOf('home') >= 0",
  "timestamp(object.metadata.annotations.until) > timestamp('2026-01-31T12:00:00Z')",
  "duration(object.metadata.annotations.lasts) > duration('1h')",
  "'%s in %s'.format([object.metadata.name, object.metadata.namespace]) == 'web-1 in default'",
];

const container = (name: string, port: number | string) => ({
  name,
  image: `example.com:5000/${name}:1.2`,
  ports: [{ containerPort: 8080, protocol: "TCP" }],
  livenessProbe: { httpGet: { path: "/", port } },
  resources: { limits: { memory: "512Mi" }, requests: { cpu: "0.25" } },
});

const pods: readonly { metadata: Readonly<Record<string, unknown>>; spec: Readonly<Record<string, unknown>> }[] = [
  {
    metadata: {
      name: "web-1",
      labels: { app: "web", tier: "front" },
      annotations: {
        home: "https://example.com/",
        address: "10.1.2.3",
        version: "1.20.3",
        until: "2026-02-01T00:00:00Z",
        lasts: "90m",
      },
    },
    spec: {
      containers: [container("app", 8080), container("sidecar", "http")],
      nodeSelector: { disk: "ssd" },
      tolerations: [{ key: "node.kubernetes.io/not-ready", operator: "Exists" }],
    },
  },
  {
    metadata: {
      name: "Web".toLowerCase(),
      labels: { app: "app" },
      annotations: { home: "../x", address: "fd00::1", version: "v2", until: "tomorrow", lasts: "1 hour" },
    },
    spec: {
      hostNetwork: true,
      containers: [{ name: "app", image: "app" }],
      tolerations: [{ operator: "Exists" }],
      restartPolicy: "Never",
      terminationGracePeriodSeconds: 0,
    },
  },
  { metadata: { name: "bare" }, spec: { containers: [{ name: "b", image: "b:latest" }] } },
];

const mistakes = [
  "object.metadata.name +",
  "objekt.metadata.name == ''",
  "object.metadata.name.startWith('a')",
  "1 + 'a' == ''",
  "[1, 2].all(x, x)",
  "'a'",
  "size(1) > 0",
  "has(object)",
  "'a'.matches('(')",
  "duration('1 hour') > duration('1s')",
  "timestamp('yesterday') > timestamp('2026-01-31T12:00:00Z')",
  "quantity('1').plus(1) == quantity('2')",
  "{'a': 1}.b.c",
  "true ? 1 : 'a'",
];

const group = "/apis/admissionregistration.k8s.io/v1";
const caseLabel = "kubecast.test/case";

function policy(index: number, expression: string): object {
  return {
    apiVersion: "admissionregistration.k8s.io/v1",
    kind: "ValidatingAdmissionPolicy",
    metadata: { name: `case-${index}` },
    spec: {
      failurePolicy: "Fail",
      matchConstraints: {
        objectSelector: { matchLabels: { [caseLabel]: String(index) } },
        resourceRules: [{ apiGroups: [""], apiVersions: ["v1"], operations: ["CREATE"], resources: ["pods"] }],
      },
      validations: [{ expression }],
    },
  };
}

function binding(index: number): object {
  return {
    apiVersion: "admissionregistration.k8s.io/v1",
    kind: "ValidatingAdmissionPolicyBinding",
    metadata: { name: `case-${index}` },
    spec: { policyName: `case-${index}`, validationActions: ["Deny"] },
  };
}

const environment = { variables: { object: "dyn" } };

function holds(expression: string, object: unknown): boolean {
  try {
    return compile(expression, environment).evaluate({ object }) === true;
  } catch (error) {
    if (error instanceof EvaluationError) return false;
    throw error;
  }
}

let server: KubeApiserver;
beforeAll(async () => {
  server = await startKubeApiserver();
});
afterAll(() => server?.stop());

describe("a ValidatingAdmissionPolicy", () => {
  test("admits the Pods for which its expression holds here", { timeout: 240_000 }, async () => {
    await server.request("POST", "/api/v1/namespaces/default/serviceaccounts", { metadata: { name: "default" } });
    // The last denies all, which tells when the policies are in force.
    const all = [...policies, "false"];
    for (const [index, expression] of all.entries()) {
      const made = await server.request("POST", `${group}/validatingadmissionpolicies`, policy(index, expression));
      expect((made.body as { message?: string }).message).toBeUndefined();
      await server.request("POST", `${group}/validatingadmissionpolicybindings`, binding(index));
    }
    const create = async (index: number, { metadata, spec }: (typeof pods)[number]) => {
      const labels = { ...(metadata.labels as object), [caseLabel]: String(index) };
      const pod = { apiVersion: "v1", kind: "Pod", metadata: { ...metadata, labels }, spec };
      return server.request("POST", "/api/v1/namespaces/default/pods?dryRun=All", pod);
    };
    for (const pod of pods) {
      await vi.waitFor(async () => expect((await create(policies.length, pod)).status).toBe(422), 30_000);
      // What is evaluated is the Pod with its defaults.
      const plain = await server.request("POST", "/api/v1/namespaces/default/pods?dryRun=All", { ...pod, kind: "Pod" });
      expect((plain.body as { message?: string }).message).toBeUndefined();
      const differing: string[] = [];
      for (const [index, expression] of policies.entries()) {
        const { status, body } = await create(index, pod);
        const object = structuredClone(plain.body) as { metadata: { labels?: Record<string, string> } };
        object.metadata.labels = { ...object.metadata.labels, [caseLabel]: String(index) };
        const here = holds(expression, object);
        if ((status === 201) === here) continue;
        differing.push(`${expression}: ${here} here, and there ${status} ${(body as { message?: string }).message}`);
      }
      expect(differing).toEqual([]);
    }
  });

  test.each(mistakes)("%s is refused, as it is here", async (expression) => {
    const { status } = await server.request(
      "POST",
      `${group}/validatingadmissionpolicies?dryRun=All`,
      policy(0, expression),
    );
    const isBool = () => {
      if (compile(expression, environment).type.kind !== "bool") throw new Error("no bool");
    };
    expect(status).toBe(422);
    expect(isBool).toThrow();
  });
});
