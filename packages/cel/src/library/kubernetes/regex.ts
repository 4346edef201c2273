import { Failure } from "../../values/value.ts";
import { patternFind, patternFindAll } from "../cost.ts";
import { type Library, method } from "../overload.ts";
import { patternOf } from "../texts.ts";

/** Kubernetes' regex library: the parts of a text that match an RE2 pattern. */
export const regex: Library = {
  name: "kubernetes.regex",
  overloads: [
    method(
      "find",
      "(string, string) -> string",
      (text: string, source: string) => {
        const found = matches(text, source, 1);
        return found instanceof Failure ? found : (found[0] ?? "");
      },
      patternFind,
    ),
    method(
      "findAll",
      "(string, string) -> list<string>",
      (text: string, source: string) => matches(text, source, Number.POSITIVE_INFINITY),
      patternFindAll,
    ),
    method(
      "findAll",
      "(string, string, int) -> list<string>",
      (text: string, source: string, limit: number | bigint) =>
        matches(text, source, limit < 0 ? Number.POSITIVE_INFINITY : Number(limit)),
      patternFindAll,
    ),
  ],
};

/** As Go finds them: a match of nothing does not count right behind another match. */
function matches(text: string, source: string, limit: number): string[] | Failure {
  const pattern = patternOf(source);
  if (pattern instanceof Failure) return pattern;
  const matcher = pattern.matcher(text);
  const found: string[] = [];
  let previousEnd = -1;
  for (let from = 0; found.length < limit && from <= text.length && matcher.find(from); ) {
    const start = matcher.start();
    const end = matcher.end();
    const isEmpty = start === end;
    if (!isEmpty || start !== previousEnd) found.push(text.slice(start, end));
    previousEnd = end;
    from = end === from ? from + widthAt(text, from) : end;
  }
  return found;
}

/** Of the character there, in UTF-16 units; 1 at the end. */
function widthAt(text: string, index: number): number {
  return (text.codePointAt(index) ?? 0) > 0xffff ? 2 : 1;
}
