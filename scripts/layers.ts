import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative, sep } from "node:path";
import { parseSync } from "oxc-parser";

/**
 * What each workspace package may import of the others. Tests may use any.
 * (That an import is among a package's dependencies at all is Knip's matter.)
 */
const packages: Record<string, string[]> = {
  "packages/cel": [],
  "packages/kube": [],
  "packages/apiserver": ["@kubecast/kube"],
  "packages/kubecast": ["@kubecast/apiserver", "@kubecast/cel", "@kubecast/kube"],
  testbed: ["kubecast"],
  examples: ["@kubecast/kube"],
};

/** A package's folders, each of which imports only from those before it. */
const layers: Record<string, string[]> = {
  "packages/cel": ["syntax", "types", "values", "library", "kubernetes", "check", "analysis", "evaluate"],
  "packages/kube": [
    "resource",
    "types",
    "wire",
    "config",
    "client",
    "watch",
    "api",
    "discovery",
    "runtime",
    "crd",
    "opentelemetry",
  ],
  "packages/kubecast": [
    "settings",
    "conditions",
    "rules",
    "redis",
    "pipeline",
    "server",
    "embedded", // what is not needed in production
    "cli",
  ],
};

/** Folders that compute and do nothing else, so that they are tested without a network, files or a clock. */
const pure = [
  "packages/kube/src/types",
  "packages/kube/src/resource",
  "packages/kube/src/wire",
  "packages/kube/src/crd",
  "packages/kubecast/src/conditions",
];
const io =
  /^(node:)?(fs|net|tls|http|https|http2|dns|dgram|child_process|worker_threads|timers|readline|repl)(\/.*)?$|^(undici|@redis\/client|pino|prom-client)$/;

const isTest = (path: string) => /\.test\./.test(path);

/** Every import under `root` that the design does not allow, as `file:line: why`. */
export function violations(root: string): string[] {
  const found: string[] = [];
  for (const home of Object.keys(packages)) {
    // The examples are no package; the projects among them have a src of their own.
    const folder = home === "examples" ? "" : "src";
    const source = join(root, home, folder);
    if (!existsSync(source)) continue;
    for (const name of readdirSync(source, { recursive: true, encoding: "utf8" }).sort()) {
      if (!/\.(ts|mjs)$/.test(name) || isTest(name)) continue;
      const path = join(source, name);
      const text = readFileSync(path, "utf8");
      for (const { specifier, offset } of imports(path, text)) {
        const why = objection(home, join(folder, name), specifier);
        const line = text.slice(0, offset).split("\n").length;
        if (why) found.push(`${relative(root, path)}:${line}: ${why}`);
      }
    }
  }
  return found;
}

interface Import {
  specifier: string;
  offset: number;
}

function imports(path: string, text: string): Import[] {
  const { module, errors } = parseSync(path, text);
  if (errors[0]) throw new Error(`${path}: ${errors[0].message}`);
  const requests = [
    ...module.staticImports.map((statement) => statement.moduleRequest),
    ...module.staticExports.flatMap((statement) => statement.entries.map((entry) => entry.moduleRequest ?? [])).flat(),
    ...module.dynamicImports.map((expression) => expression.moduleRequest),
  ];
  return requests.map(({ start, end }) => ({ specifier: text.slice(start + 1, end - 1), offset: start }));
}

/** Why `file` (from its package's folder) may not import `specifier`, or undefined when it may. */
export function objection(home: string, file: string, specifier: string): string | undefined {
  if (pure.includes(join(home, folderOf(file))) && io.test(specifier))
    return `${folderOf(file)} does no IO, and may not import ${specifier}`;
  if (!specifier.startsWith(".")) {
    const own = specifier === "kubecast" || specifier.startsWith("kubecast/") || specifier.startsWith("@kubecast/");
    const allowed = packages[home]?.some((name) => specifier === name || specifier.startsWith(`${name}/`));
    return own && !allowed ? `${home} may not import ${specifier}` : undefined;
  }
  const target = join(dirname(file), specifier);
  if (isTest(target)) return `${specifier} is for tests only`;
  if (
    target.startsWith("..") ||
    (home.startsWith("packages") && !target.startsWith(`src${sep}`) && !target.endsWith(".json"))
  )
    return `${specifier} is outside the package's src`;
  const order = layers[home];
  const [from, to] = [folderOf(file), folderOf(target)].map((folder) => folder.split(sep)[1] ?? "") as [string, string];
  // A package's entry, src/index.ts, stands above its layers.
  if (!order || from === "" || from === to) return undefined;
  if (!order.includes(from)) return `${home}/src/${from} has no place in the layers (${order.join(", ")})`;
  if (to === "") return `${from} may not import the package's own entry (${specifier})`;
  return order.indexOf(to) < order.indexOf(from) && order.includes(to)
    ? undefined
    : `${from} may not import ${to}, a later layer (${specifier})`;
}

/** The first folder under src, as `src/watch`; `src` for the files in src itself. */
function folderOf(file: string): string {
  return file.split(sep).slice(0, -1).slice(0, 2).join(sep);
}
