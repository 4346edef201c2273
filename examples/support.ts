import { type ApiRequest, Client, loadConfig, type RequestOptions, type StreamedResponse } from "@kubecast/kube";

export interface Context {
  /** For the cluster that kubectl would talk to. */
  readonly client: Client;
  /** `NAMESPACE` of the environment, or `default`. */
  readonly namespace: string;
  /** Aborted by Ctrl-C. */
  readonly signal: AbortSignal;
  /** What stands behind the example's name. */
  readonly args: readonly string[];
}

/** Runs an example: to its end, or until Ctrl-C. Says in one line what has gone wrong. With `--trace`, shows each request. */
export async function example(run: (context: Context) => Promise<void>): Promise<void> {
  const stop = new AbortController();
  for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => stop.abort());
  const args = process.argv.slice(2).filter((arg) => arg !== "--trace");
  const namespace = process.env.NAMESPACE ?? "default";
  let client: Client | undefined;
  try {
    const config = await loadConfig();
    client = process.argv.includes("--trace") ? new TracingClient(config) : new Client(config);
    await run({ client, namespace, signal: stop.signal, args });
  } catch (error) {
    if (!stop.signal.aborted) {
      console.error(error instanceof Error ? error.message : error);
      process.exitCode = 1;
    }
  } finally {
    await client?.close();
  }
}

/** Tells each request on stderr; bodies may hold secrets, and stay out of it. */
class TracingClient extends Client {
  override requestText(request: ApiRequest, options?: RequestOptions): Promise<string> {
    console.error(`trace: ${request.method} ${request.path}`);
    return super.requestText(request, options);
  }

  override stream(request: ApiRequest, options?: RequestOptions): Promise<StreamedResponse> {
    console.error(`trace: ${request.method} ${request.path}`);
    return super.stream(request, options);
  }
}
