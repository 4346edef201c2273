import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { json } from "node:stream/consumers";

interface User {
  name: string;
  groups: string[];
}

/** Answers an API server's token reviews, so that users can be added while it runs. */
export interface TokenReviewer {
  readonly url: string;
  /** A new token of this user. */
  issue(user: User): string;
  /** Makes a token worthless from its next review on. */
  revoke(token: string): void;
  stop(): Promise<void>;
}

export async function startTokenReviewer(): Promise<TokenReviewer> {
  const users = new Map<string, User>();
  const server = createServer(async (request, response) => {
    const review = (await json(request)) as { apiVersion: string; kind: string; spec: { token: string } };
    const user = users.get(review.spec.token);
    const status = user
      ? { authenticated: true, user: { username: user.name, uid: user.name, groups: user.groups } }
      : { authenticated: false };
    response.setHeader("content-type", "application/json");
    response.end(JSON.stringify({ apiVersion: review.apiVersion, kind: review.kind, status }));
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    issue(user) {
      const token = randomBytes(16).toString("hex");
      users.set(token, user);
      return token;
    },
    revoke: (token) => void users.delete(token),
    async stop() {
      server.close();
      server.closeAllConnections();
      await once(server, "close");
    },
  };
}
