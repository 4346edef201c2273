import { type ChildProcess, fork } from "node:child_process";
import { fileURLToPath } from "node:url";

/** A part of a benchmark in a process of its own, so that what it costs is not counted to another. */
export interface Child {
  ask<Answer>(question: object): Promise<Answer>;
  stop(): void;
}

/** Starts a module of this folder, which calls `answerQuestions`. */
export function startChild(module: string): Child {
  const child = fork(fileURLToPath(new URL(module, import.meta.url)), { serialization: "advanced" });
  return {
    ask: (question) => exchange(child, module, question),
    stop: () => child.kill(),
  };
}

type Reply = { readonly answer: unknown } | { readonly error: string };

function exchange<Answer>(child: ChildProcess, module: string, question: object): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const ended = () => reject(new Error(`${module} ended without an answer`));
    child.once("exit", ended);
    child.once("message", (reply: Reply) => {
      child.off("exit", ended);
      if ("error" in reply) reject(new Error(`${module}: ${reply.error}`));
      else resolve(reply.answer as Answer);
    });
    child.send(question);
  });
}

/** Answers the parent's questions, one after the other, until it is gone. */
export function answerQuestions<Question>(answer: (question: Question) => unknown): void {
  process.on("message", async (question: Question) => {
    let reply: Reply;
    try {
      reply = { answer: await answer(question) };
    } catch (error) {
      reply = { error: error instanceof Error ? error.message : String(error) };
    }
    process.send?.(reply);
  });
  process.on("disconnect", () => process.exit());
}

/** Milliseconds on the machine's monotonic clock: the same in all processes, unlike `performance.now()`. */
export function now(): number {
  return Number(process.hrtime.bigint()) / 1e6;
}
