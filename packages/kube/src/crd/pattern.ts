const unknownToRe2: readonly [RegExp, string][] = [
  [/^\(\?<?[=!]/, "a lookahead or lookbehind"],
  [/^\\(?:[1-9]|k<)/, "a back-reference"],
  [/^\\c/, "a control character by its letter"],
  [/^\[\^?\]/, "an empty class"],
  [/^\{(?:\d+,)?(?!1000\})\d{4,}/, "a repetition of more than 1000"],
];

/**
 * The regular expression as RE2, the language of the API server, has it; or what
 * there is in it that RE2 does not know.
 */
export function re2({ source, flags }: RegExp): { pattern: string } | { unknown: string } {
  const unknownFlag = /[vy]/.exec(flags);
  if (unknownFlag !== null) return { unknown: `the flag ${unknownFlag[0]}` };
  let pattern = "";
  let inClass = false;
  for (let i = 0; i < source.length; ) {
    const rest = source.slice(i);
    const found = unknownToRe2.find(([form]) => form.test(rest) && (!inClass || rest.startsWith("\\")));
    if (found !== undefined) return { unknown: found[1] };
    const unicode = /^\\u(?:\{([\da-f]+)\}|([\da-f]{4}))/i.exec(rest);
    const token = unicode?.[0] ?? (rest.startsWith("\\") ? rest.slice(0, 2) : rest.slice(0, 1));
    if (token === "[") inClass = true;
    if (token === "]") inClass = false;
    // RE2 takes a slash as it is.
    pattern += unicode ? `\\x{${unicode[1] ?? unicode[2]}}` : token === "\\/" ? "/" : token;
    i += token.length;
  }
  const kept = [...flags].filter((flag) => "ims".includes(flag)).join("");
  return { pattern: kept === "" ? pattern : `(?${kept})${pattern}` };
}
