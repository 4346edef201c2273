import { type CelEnv, type CelResult, celEnv, parse, plan } from "@bufbuild/cel";
import { strings } from "@bufbuild/cel/ext";
import { RE2JS } from "@bufbuild/re2";

let shared: CelEnv | undefined;

/** The functions that expressions can call: CEL's own and the strings extension. Made at the first use. */
export function engine(): CelEnv {
  shared ??= celEnv({ funcs: strings, re2: { compile: pattern } });
  return shared;
}

const patterns = new Map<string, RE2JS>();
const maxPatterns = 500;

// Compiling a pattern takes 30 µs and matching it 2 µs. Patterns can come from
// the data too, so they are not kept without bound.
function pattern(source: string): RE2JS {
  let compiled = patterns.get(source);
  if (compiled === undefined) {
    compiled = RE2JS.compile(source);
    if (patterns.size >= maxPatterns) patterns.clear();
    patterns.set(source, compiled);
  }
  return compiled;
}

const conversions = {
  timestamp: "timestamp(text)",
  duration: "duration(text)",
  matches: '"".matches(text)',
};
const plans = new Map<string, (variables: { text: string }) => CelResult>();

/** What a conversion makes of a text; for `matches`, a failure if it is no pattern. */
export function convert(name: keyof typeof conversions, text: string): CelResult {
  let run = plans.get(name);
  if (run === undefined) {
    run = plan(engine(), parse(conversions[name]));
    plans.set(name, run);
  }
  return run({ text });
}
