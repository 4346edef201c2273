import { ApiError, DecodeError } from "../client/errors.ts";
import type { Transport } from "../client/transport.ts";
import type { APIResourceList } from "../types/meta/v1.ts";
import { type Found, groupVersions, type Root, readAggregated, readResourceList } from "./documents.ts";

/** Everything in one document: v2 since Kubernetes 1.30, v2beta1 since 1.26. Older servers give a list of groups. */
const accept = ["v2", "v2beta1"]
  .map((version) => `application/json;g=apidiscovery.k8s.io;v=${version};as=APIGroupDiscoveryList`)
  .concat("application/json")
  .join(",");

/**
 * What the server has, the core group first, by two requests; from a server before
 * Kubernetes 1.26 by one more for each group and version.
 */
export async function askServer(client: Transport, signal: AbortSignal): Promise<Found> {
  const [core, groups] = await Promise.all([askBelow(client, "/api", signal), askBelow(client, "/apis", signal)]);
  return {
    resources: [...core.resources, ...groups.resources],
    unavailable: [...core.unavailable, ...groups.unavailable],
  };
}

const nothing: Found = { resources: [], unavailable: [] };

async function askBelow(client: Transport, path: "/api" | "/apis", signal: AbortSignal): Promise<Found> {
  const root = await orUndefined(client.request<Root>({ method: "GET", path, headers: { accept } }, { signal }), 404);
  if (root === undefined) return nothing; // a server need not have both
  switch (root.kind) {
    case "APIGroupDiscoveryList":
      return readAggregated(root);
    case "APIGroupList":
    case "APIVersions":
      return askEach(client, path, groupVersions(root), signal);
    default:
      throw new DecodeError(`the answer is no list of what the server has (GET ${path})`);
  }
}

async function askEach(
  client: Transport,
  path: string,
  versions: readonly string[],
  signal: AbortSignal,
): Promise<Found> {
  const lists = await Promise.all(
    versions.map((version) =>
      orUndefined(client.request<APIResourceList>({ method: "GET", path: `${path}/${version}` }, { signal })),
    ),
  );
  return {
    resources: lists.flatMap((list) => (list === undefined ? [] : readResourceList(list))),
    unavailable: versions.filter((_, index) => lists[index] === undefined),
  };
}

/** Undefined where the server answers with an error, or with this one. */
async function orUndefined<T>(answer: Promise<T>, code?: number): Promise<T | undefined> {
  try {
    return await answer;
  } catch (error) {
    if (error instanceof ApiError && (code === undefined || error.code === code)) return undefined;
    throw error;
  }
}
