import { setTimeout as sleep } from "node:timers/promises";
import { type ApiAddress, PlainApi } from "./api.ts";
import { answerQuestions, now } from "./child.ts";
import { namespace, podName } from "./pods.ts";

/** Write `count` changes, `rate` a second, to `pods` Pods in turn; each breaks the Pod, or mends it if it is broken. */
export interface WriteQuestion {
  readonly api: ApiAddress;
  readonly pods: number;
  readonly count: number;
  readonly rate: number;
}

/** When each write was sent, and when it was answered, in milliseconds of `now()`. */
export interface Written {
  readonly sent: number[];
  readonly answered: number[];
}

/** Writes under way at once; a server too slow for the rate is not asked for more. */
const limit = 16;

answerQuestions(async ({ api: address, pods, count, rate }: WriteQuestion): Promise<Written> => {
  const api = new PlainApi(address);
  const written: Written = { sent: [], answered: [] };
  const underWay = new Map<number, Promise<void>>();
  const start = now();
  for (let index = 0; index < count; ) {
    const due = Math.min(count, Math.floor(((now() - start) * rate) / 1000) + 1);
    // Two writes under way to one Pod could overtake each other.
    while (index < due && underWay.size < limit && !underWay.has(index % pods)) {
      const pod = index % pods;
      underWay.set(
        pod,
        write(api, index++, pods, written).then(() => void underWay.delete(pod)),
      );
    }
    await (index < due ? Promise.race(underWay.values()) : sleep(1));
  }
  await Promise.all(underWay.values());
  return written;
});

async function write(api: PlainApi, index: number, pods: number, { sent, answered }: Written): Promise<void> {
  const reason = Math.floor(index / pods) % 2 === 0 ? "Broken" : "Fine";
  const status = { reason, message: `change ${index}` };
  sent[index] = now();
  await api.send("PATCH", `/api/v1/namespaces/${namespace}/pods/${podName(index % pods)}/status`, { status });
  answered[index] = now();
}
