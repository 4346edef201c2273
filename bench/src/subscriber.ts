import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { answerQuestions, now } from "./child.ts";

/** First the port, to subscribe to all of its Redis; then, each time, how many messages to wait for. */
export type SubscriberQuestion = { readonly port: number } | { readonly count: number };

/** A message as it came, and when, in milliseconds of `now()`. */
export interface Received {
  readonly message: string;
  readonly at: number;
}

let received: Received[] = [];

answerQuestions(async (question: SubscriberQuestion): Promise<Received[]> => {
  if ("port" in question) await subscribe(question.port);
  else await messages(question.count);
  const answer = received;
  received = [];
  return answer;
});

/** Waits until so many have come, or none has for ten seconds. */
async function messages(count: number): Promise<void> {
  for (let before = -1; received.length < count && received.length > before; ) {
    before = received.length;
    for (let waited = 0; waited < 100 && received.length < count; waited++) await sleep(100);
  }
}

/** RESP2 by hand: a push of PSUBSCRIBE is an array of four bulk strings, of which the last is the message. */
async function subscribe(port: number): Promise<void> {
  const socket: Socket = connect(port, "127.0.0.1");
  socket.setNoDelay(true);
  socket.write("*2\r\n$10\r\nPSUBSCRIBE\r\n$1\r\n*\r\n");
  const [confirmation] = (await once(socket, "data")) as [Buffer];
  if (!confirmation.toString().includes("psubscribe")) throw new Error(`Redis: ${confirmation}`);
  let rest: Buffer = Buffer.alloc(0);
  socket.on("data", (chunk: Buffer) => {
    const at = now();
    let bytes: Buffer = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
    for (let push = cut(bytes); push !== undefined; push = cut(bytes)) {
      received.push({ message: push.message, at });
      bytes = bytes.subarray(push.end);
    }
    rest = bytes;
  });
}

function cut(bytes: Buffer): { message: string; end: number } | undefined {
  let at = bytes.indexOf("\r\n") + 2;
  if (at < 2) return undefined;
  let message = "";
  for (let part = 0; part < 4; part++) {
    const line = bytes.indexOf("\r\n", at);
    if (line < 0) return undefined;
    const end = line + 2 + Number(bytes.toString("latin1", at + 1, line));
    if (bytes.length < end + 2) return undefined;
    if (part === 3) message = bytes.toString("utf8", line + 2, end);
    at = end + 2;
  }
  return { message, end: at };
}
