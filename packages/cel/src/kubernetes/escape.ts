/** What the grammar keeps for itself. */
const reserved = new Set(
  "true false null in as break const continue else for function if import let loop package namespace return var void while".split(
    " ",
  ),
);
const escapes: Readonly<Record<string, string>> = { __: "underscores", ".": "dot", "-": "dash", "/": "slash" };

/**
 * A field's name as Kubernetes lets an expression write it: `foo-bar` is `foo__dash__bar`, `in` is `__in__`.
 * Undefined where it has other characters than letters, digits, `_`, `.`, `-` and `/`, or begins with a digit:
 * then only backticks will do.
 */
export function escapedField(name: string): string | undefined {
  if (!/^[A-Za-z_./-][\w./-]*$/.test(name)) return undefined;
  if (reserved.has(name)) return `__${name}__`;
  return name.replace(/__|[./-]/g, (part) => `__${escapes[part]}__`);
}
