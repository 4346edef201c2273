import type { Token } from "./tokens.ts";

/** What is wrong with an expression, and where. */
export interface Fault {
  readonly message: string;
  readonly offset: number;
}

const replacements: Readonly<Record<string, string>> = {
  "=": "to compare, write == instead of =",
  "===": "to compare, write == instead of ===",
  "!==": "to compare, write != instead of !==",
  "&": "write && for a logical and",
  "|": "write || for a logical or",
  and: "write && instead of and",
  or: "write || instead of or",
  not: "write ! instead of not",
  is: "to compare, write == instead of is",
};

export const reserved: ReadonlySet<string> = new Set(
  "as break const continue else for function if import let loop package namespace return var void while".split(" "),
);

const closing: Readonly<Record<string, string>> = { "(": ")", "[": "]", "{": "}" };

/**
 * The first common mistake in an expression that does not parse: an open
 * string, a bracket without its pair, two values without an operator between
 * them, an operator without its operand, another language's operator.
 */
export function explain(tokens: readonly Token[]): Fault | undefined {
  const brackets: { token: Token; call: boolean; conditions: Token[] }[] = [];
  const conditions: Token[] = [];
  let previous: Token | undefined;
  // What must come next: a value, or what may follow one.
  let wanted = true;

  for (const token of tokens) {
    const { kind, text, offset } = token;
    const top = brackets.at(-1);
    const open = top?.conditions ?? conditions;
    const field = previous?.text === ".";
    if (kind === "open") return { message: "this string is not closed", offset };
    if (kind === "unknown") return { message: replacements[text] ?? `unexpected ${text}`, offset };
    if (kind === "end") {
      if (previous === undefined) return { message: "the expression is empty", offset: 0 };
      if (top !== undefined) return { message: `this ${top.token.text} is not closed`, offset: top.token.offset };
      if (wanted) return { message: `an operand is missing after ${previous.text}`, offset: previous.offset };
      return unfinished(open);
    }
    if (kind === "operand" || kind === "name") {
      if (field && kind === "operand") return { message: "a field's name is missing after .", offset };
      if (!wanted) {
        if (previous?.text === "not") return { message: replacements.not ?? "", offset: previous.offset };
        return { message: replacements[text] ?? `an operator is missing before ${text}`, offset };
      }
      if (!field && reserved.has(text)) return { message: `${text} is a reserved word`, offset };
      wanted = false;
    } else if (text === "(" || text === "[" || text === "{") {
      if (field) return { message: "a field's name is missing after .", offset };
      const call = !wanted;
      if (call && text !== "[" && previous?.kind !== "name") {
        return { message: `an operator is missing before ${text}`, offset };
      }
      brackets.push({ token, call, conditions: [] });
      wanted = true;
    } else if (text === ")" || text === "]" || text === "}") {
      if (top === undefined) return { message: `this ${text} closes nothing`, offset };
      const fits = closing[top.token.text];
      if (fits !== text) return { message: `${text} where ${top.token.text} is open: write ${fits} first`, offset };
      const empty = previous === top.token && (text === "}" || top.call === (text === ")"));
      const trailing = previous?.text === "," && text !== ")";
      if (wanted && !empty && !trailing) return { message: `an operand is missing before ${text}`, offset };
      const fault = unfinished(open);
      if (fault !== undefined) return fault;
      brackets.pop();
      wanted = false;
    } else if (wanted && !field && (text === "-" || text === "!" || text === ".")) {
      // A sign, a negation, or a name from the root.
    } else if (wanted) {
      return { message: field ? "a field's name is missing after ." : `an operand is missing before ${text}`, offset };
    } else if (text === "!") {
      return { message: "an operator is missing before !", offset };
    } else {
      if (text === "?") open.push(token);
      if (text === ":" && open.pop() === undefined && top?.token.text !== "{") {
        return { message: "this : has no ? before it", offset };
      }
      wanted = true;
    }
    previous = token;
  }
  return undefined;
}

function unfinished(conditions: readonly Token[]): Fault | undefined {
  const [condition] = conditions;
  return condition && { message: "this ? has no : after it", offset: condition.offset };
}
