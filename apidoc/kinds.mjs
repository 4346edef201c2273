// The modules of Kubernetes' own kinds, `@kubecast/kube/<group>/<version>`, are one page of
// names: Kubernetes documents their fields, and 2000 generated types would bury the library.
import { readdirSync, readFileSync } from "node:fs";
import { Converter, DocumentReflection } from "typedoc";

const SOURCES = new URL("../packages/kube/src/types/", import.meta.url);
/** Where typedoc puts the page, seen from any other. */
const PAGE = "../documents/_kubecast_kube.Kinds.html";

/** @returns `[name of the module, its source]`. */
function modules() {
  return readdirSync(SOURCES, { recursive: true })
    .filter((file) => file.endsWith(".ts") && !file.includes(".test."))
    .map((file) => [file.slice(0, -".ts".length), readFileSync(new URL(file, SOURCES), "utf8")])
    .sort(([a], [b]) => (a < b ? -1 : 1));
}

function section([module, source]) {
  const names = (pattern) => Array.from(source.matchAll(pattern), ([, name]) => name);
  const kinds = new Set(names(/^export const (\w+): ResourceOf</gm));
  const parts = names(/^export (?:interface|type) (\w+)/gm).filter((name) => !kinds.has(name));
  const line = (label, list) =>
    list.length === 0
      ? ""
      : `${label}: ${list.map((name) => `<code id="${module}.${name}">${name}</code>`).join(", ")}\n\n`;
  return `## @kubecast/kube/${module}\n\n${line("Kinds", [...kinds])}${line("Parts", parts)}`;
}

const INTRODUCTION = `Each module has the types of one group and version, as Kubernetes 1.37 has them. A
kind is the TypeScript type of its objects and, as a value, the resource that \`Api.of\` takes; a part
is a type alone. What the fields mean: \`kubectl explain\`, or the
[Kubernetes API reference](https://kubernetes.io/docs/reference/kubernetes-api/).

`;

export function load(app) {
  app.converter.on(Converter.EVENT_RESOLVE_BEGIN, ({ project }) => {
    if (project.packageName !== "@kubecast/kube") return;
    const text = INTRODUCTION + modules().map(section).join("");
    const page = new DocumentReflection("Kinds", project, [{ kind: "text", text }], {});
    project.registerReflection(page, undefined, undefined);
    project.addChild(page);
  });
  app.converter.addUnknownSymbolResolver((_reference, _owner, _part, symbol) => {
    const [, module] = /^src\/types\/(.*)\.ts$/.exec(symbol?.packagePath ?? "") ?? [];
    if (module !== undefined) return `${PAGE}#${module}.${symbol.qualifiedName}`;
  });
}
