import { expect } from "vitest";
import { Program } from "./program.test.support.ts";

/** What must never be said. Every password and token in the tests of bad input has it in it. */
export const secret = "s3cr3t";

const logLine = /^\{"level":"info".*\}$/;
const placed = /^\S+:\d+:\d+: \S/;

export interface Failing {
  readonly code: 1 | 2;
  readonly env?: NodeJS.ProcessEnv;
}

/**
 * Runs kubecast, which must fail as users can bear it: with this exit code, and
 * with one sentence on stderr, be it the last of its log, followed by nothing but the places of mistakes in
 * files. Answers the sentence and those lines.
 */
export async function failing(args: readonly string[], { code, env = {} }: Failing) {
  // No kubeconfig of the developer's own.
  const program = new Program(args, { HOME: "/nonexistent", ...env });
  const ended = await program.ended();
  const { stdout, stderr } = program;
  const about = `kubecast ${args.join(" ")}\nsaid:\n${stderr}`;
  expect(ended, about).toBe(code);
  expect(stdout, about).toBe("");
  expect(stdout + stderr).not.toContain(secret);
  const [sentence = "", ...places] = stderr.split("\n").filter((line) => line !== "" && !logLine.test(line));
  const said = sentence.startsWith('{"level":"fatal"') ? `kubecast: ${JSON.parse(sentence).msg}` : sentence;
  expect(said, about).toMatch(/^kubecast: \S/);
  expect(stderr, about).not.toMatch(/^\s+at |undefined|\[object/m);
  for (const place of places) expect(place, about).toMatch(placed);
  return { sentence: said.slice("kubecast: ".length), places };
}
