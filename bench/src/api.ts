import { Agent as HttpAgent, request as httpRequest, type IncomingMessage } from "node:http";
import { Agent as HttpsAgent, request as httpsRequest } from "node:https";
import { text } from "node:stream/consumers";

/** Where a Kubernetes API is, and how to be let in. */
export interface ApiAddress {
  readonly url: string;
  readonly token: string;
  /** The certificate that signs the server's, in PEM; absent for plain HTTP. */
  readonly ca?: string;
}

/** Kubernetes' API by hand, with no code of kubecast's. */
export class PlainApi {
  readonly #address: ApiAddress;
  readonly #agent: HttpAgent;

  constructor(address: ApiAddress) {
    this.#address = address;
    this.#agent = this.#secure ? new HttpsAgent({ keepAlive: true }) : new HttpAgent({ keepAlive: true });
  }

  get #secure(): boolean {
    return this.#address.url.startsWith("https:");
  }

  /** Resolves once the answer is there whole. Throws Error for anything but success. */
  async send(method: string, path: string, body?: object): Promise<string> {
    return text(await this.stream(method, path, body));
  }

  /** Resolves once the answer begins. Throws Error for anything but success. */
  async stream(method: string, path: string, body?: object): Promise<IncomingMessage> {
    const { url, token, ca } = this.#address;
    const type = method === "PATCH" ? "application/merge-patch+json" : "application/json";
    const response = await new Promise<IncomingMessage>((resolve, reject) => {
      const request = (this.#secure ? httpsRequest : httpRequest)(url + path, {
        method,
        agent: this.#agent,
        headers: { authorization: `Bearer ${token}`, ...(body !== undefined && { "content-type": type }) },
        ...(ca !== undefined && { ca }),
      });
      request.on("response", resolve).on("error", reject);
      request.end(body === undefined ? undefined : JSON.stringify(body));
    });
    const { statusCode = 0 } = response;
    if (statusCode >= 200 && statusCode < 300) return response;
    throw new Error(`${method} ${path}: ${statusCode} ${await text(response)}`);
  }
}
