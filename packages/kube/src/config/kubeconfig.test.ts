import { resolve } from "node:path";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ConfigError } from "./errors.ts";
import { type Kubeconfig, mergeKubeconfigs, parseKubeconfig } from "./kubeconfig.ts";

const file = "/home/ann/.kube/config";

describe("parseKubeconfig", () => {
  it("reads clusters, users and contexts, and makes paths absolute beside the file", async () => {
    const config = await parseKubeconfig(
      `
apiVersion: v1
kind: Config
preferences: { colors: true }
current-context: dev
clusters:
- name: main
  cluster:
    server: https://10.0.0.1:6443
    certificate-authority: pki/ca.crt
    tls-server-name: api.internal
    proxy-url: socks5://localhost:1080
    extensions:
    - name: client.authentication.k8s.io/exec
      extension: { audience: main }
users:
- name: ann
  user:
    client-certificate: /etc/ann.crt
    client-key-data: a2V5
    client-key: ignored.key
    tokenFile: ../token
    as: bob
    as-groups: [ops]
    as-user-extra: { scopes: [view, edit] }
    exec:
      apiVersion: client.authentication.k8s.io/v1
      command: ./bin/login
      args: [get-token]
      env: [{ name: REGION, value: eu }]
contexts:
- name: dev
  context: { cluster: main, user: ann, namespace: shop }
`,
      { file },
    );
    expect(config.currentContext).toBe("dev");
    expect(config.clusters.get("main")).toMatchObject({
      server: "https://10.0.0.1:6443",
      ca: { file: "/home/ann/.kube/pki/ca.crt" },
      tlsServerName: "api.internal",
      proxyUrl: "socks5://localhost:1080",
      execConfig: { audience: "main" },
    });
    expect(config.users.get("ann")).toMatchObject({
      clientCertificate: { file: "/etc/ann.crt" },
      clientKey: { data: "a2V5" },
      tokenFile: "/home/ann/token",
      impersonate: { user: "bob", groups: ["ops"], extra: new Map([["scopes", ["view", "edit"]]]) },
      exec: { command: "/home/ann/.kube/bin/login", args: ["get-token"], env: [["REGION", "eu"]] },
    });
    expect(config.contexts.get("dev")).toMatchObject({ cluster: "main", user: "ann", namespace: "shop" });
  });

  it("leaves a plugin that is to be found in PATH as it is", async () => {
    const config = await parseKubeconfig("users: [{ name: a, user: { exec: { command: aws } } }]", { file });
    expect(config.users.get("a")?.exec?.command).toBe("aws");
  });

  it("makes paths absolute when the kubeconfig's own is not", async () => {
    const config = await parseKubeconfig("users: [{ name: a, user: { tokenFile: t } }]", { file: "some/config" });
    expect(config.users.get("a")?.tokenFile).toBe(resolve("some/t"));
  });

  it.each(["", "# nothing\n", "{}", "clusters: null\nusers: []\n"])("takes %j as an empty kubeconfig", async (text) => {
    const config = await parseKubeconfig(text);
    expect([config.clusters.size, config.users.size, config.contexts.size]).toEqual([0, 0, 0]);
    expect(config.currentContext).toBeUndefined();
  });

  it.each([
    ["clusters: 3", "1:11: clusters must be a list, not a number"],
    ["clusters: [a]", "1:12: clusters[0] must be a mapping, not a string"],
    ["clusters:\n- cluster: {}", "2:3: clusters[0].name is missing"],
    ["contexts:\n- name: 12", "2:9: contexts[0].name must be a string, not a number"],
    ["users:\n- name: a\n  user:\n    token: 1234", "4:12: users[0].user.token must be a string, not a number"],
    [
      "users: [{ name: a, user: { as-groups: [x, [] ] } }]",
      "1:43: users[0].user.as-groups[1] must be a string, not a list",
    ],
    [
      "clusters: [{ name: a, cluster: { insecure-skip-tls-verify: 'yes' } }]",
      "1:60: clusters[0].cluster.insecure-skip-tls-verify must be true or false, not a string",
    ],
    ["users:\n- name: a\n- name: a", '3:9: users[1].name is the second "a" in users'],
    ["kind: Secret", "1:7: kind must be Config: this is not a kubeconfig"],
    ["current-context: a\n  b: c", "1:18: not valid YAML: Nested mappings are not allowed"],
    ["a: 1\n---\nb: 2", "only one YAML document is allowed"],
  ])("says what is wrong with %j, and where", async (text, problem) => {
    const error = await parseKubeconfig(text, { file }).catch((error) => error);
    expect(error).toBeInstanceOf(ConfigError);
    expect(error.message).toContain(problem);
    expect(error.message).toContain(file);
  });

  it("says so when the text is no mapping", async () => {
    await expect(parseKubeconfig("- a", { file })).rejects.toThrow(`${file}: must hold a mapping, not a list`);
  });

  it("refuses aliases that would grow without bounds", async () => {
    const rows = Array.from({ length: 9 }, (_, i) => `a${i + 1}: &a${i + 1} [${Array(9).fill(`*a${i}`).join(", ")}]`);
    await expect(parseKubeconfig(["a0: &a0 [x]", ...rows].join("\n"), { file })).rejects.toThrow(
      `${file}: the YAML aliases cannot be resolved`,
    );
  });

  it.each([
    "users: [{ name: a, user: { token: !s3cret x } }]",
    "users: [{ name: a, user: { password: !<s3cret> x } }]",
    "users: [{ name: a, user: { token: *s3cret } }]",
    "users:\n- name: a\n  user:\n    token: |s3cret\n",
    'users: [{ name: a, user: { password: "\\s3cret" } }]',
    "users: [{ name: a, user: { password: [s3cret] } }]",
    "%s3cret\n---\na: 1",
    "users: [{ name: a, user: { token: a } }] s3cret",
  ])("never quotes a value: %j", async (text) => {
    const error = await parseKubeconfig(text, { file }).catch((error) => error);
    expect(error).toBeInstanceOf(ConfigError);
    expect(error.message).not.toBe("");
    expect(error.message).not.toContain("s3cret");
  });

  it("answers any JSON value with a kubeconfig or a ConfigError", async () => {
    const keys = fc.constantFrom(
      "clusters",
      "users",
      "contexts",
      "name",
      "user",
      "cluster",
      "exec",
      "env",
      "as-user-extra",
    );
    const { tree } = fc.letrec((tie) => ({
      tree: fc.oneof(
        { maxDepth: 6 },
        fc.constantFrom(null, true, 1, "", "x"),
        fc.array(tie("tree"), { maxLength: 3 }),
        fc.dictionary(keys, tie("tree"), { maxKeys: 4 }),
      ),
    }));
    await fc.assert(
      fc.asyncProperty(tree, async (value) => {
        try {
          expect((await parseKubeconfig(JSON.stringify(value))).clusters).toBeInstanceOf(Map);
        } catch (error) {
          expect(error).toBeInstanceOf(ConfigError);
        }
      }),
    );
  });
});

describe("mergeKubeconfigs", () => {
  const name = fc.constantFrom("a", "b", "c", "d");
  const entry = (value: string) => fc.uniqueArray(name).map((names) => names.map((name) => ({ name, value })));
  const configs = fc.array(fc.option(name, { nil: undefined })).chain((currents) =>
    fc.tuple(
      ...currents.map((current, index) =>
        fc.tuple(entry(`c${index}`), entry(`u${index}`), entry(`n${index}`)).map(([clusters, users, contexts]) => {
          const text = {
            ...(current === undefined ? {} : { "current-context": current }),
            clusters: clusters.map(({ name, value }) => ({ name, cluster: { server: value } })),
            users: users.map(({ name, value }) => ({ name, user: { username: value } })),
            contexts: contexts.map(({ name, value }) => ({ name, context: { namespace: value } })),
          };
          return parseKubeconfig(JSON.stringify(text), { file: `/${index}` });
        }),
      ),
    ),
  );

  const first = <T>(configs: Kubeconfig[], of: (config: Kubeconfig) => T | undefined): T | undefined =>
    configs.map(of).find((value) => value !== undefined);

  it("lets the first win, for each entry as a whole and for current-context", async () => {
    await fc.assert(
      fc.asyncProperty(configs, async (parsing) => {
        const configs = await Promise.all(parsing);
        const merged = mergeKubeconfigs(configs);
        expect(merged.currentContext).toBe(first(configs, (config) => config.currentContext));
        for (const name of ["a", "b", "c", "d"]) {
          for (const kind of ["clusters", "users", "contexts"] as const) {
            expect(merged[kind].get(name)).toBe(first(configs, (config) => config[kind].get(name)));
          }
        }
      }),
    );
  });

  it("keeps the fields of one entry together", async () => {
    const merged = mergeKubeconfigs([
      await parseKubeconfig("users: [{ name: ann, user: { username: ann } }]", { file: "/1" }),
      await parseKubeconfig("users: [{ name: ann, user: { token: t } }]", { file: "/2" }),
    ]);
    expect(merged.users.get("ann")).toMatchObject({ username: "ann", token: undefined, origin: "/1" });
  });
});
