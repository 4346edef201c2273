import type { Transport } from "@kubecast/kube";

/** What watches have brought. */
export interface Received {
  /** Whole lines, each of which is an event. */
  events: number;
  bytes: number;
}

/** The same transport, which counts what comes by its streams. */
export function metered(transport: Transport, received: Received): Transport {
  return {
    request: (request, options) => transport.request(request, options),
    requestText: (request, options) => transport.requestText(request, options),
    async stream(request, options) {
      const response = await transport.stream(request, options);
      const { body } = response;
      const chunks = body[Symbol.asyncIterator]();
      body[Symbol.asyncIterator] = () => counted(chunks, received);
      return response;
    },
  };
}

async function* counted<R>(chunks: AsyncIterable<Buffer, R>, received: Received): AsyncGenerator<Buffer, void> {
  for await (const chunk of chunks) {
    received.bytes += chunk.length;
    for (let at = chunk.indexOf(10); at >= 0; at = chunk.indexOf(10, at + 1)) received.events++;
    yield chunk;
  }
}
