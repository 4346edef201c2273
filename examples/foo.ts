import { readFileSync } from "node:fs";
import { setTimeout } from "node:timers/promises";
import { Api, ApiError, type Client, type Object as KubernetesObject, RawApi } from "@kubecast/kube";
import type { CustomResourceDefinition } from "@kubecast/kube/apiextensions/v1";
import { parse } from "yaml";

export interface FooSpec {
  name: string;
  info: string;
  replicas?: number;
}

export interface FooStatus {
  isBad?: boolean;
  replicas?: number;
}

export type Foo = KubernetesObject<FooSpec, FooStatus>;

/** The requests for Foos, of all namespaces until it is told which. */
export const foos = RawApi.customResource("foos", { kind: "Foo" }).group("clux.dev").version("v1");

/** A Foo to be created. */
export function foo(name: string, spec: FooSpec): Foo {
  return { apiVersion: "clux.dev/v1", kind: "Foo", metadata: { name }, spec };
}

/** Defines Foos anew: those that there were are gone. Resolves once the server knows them. */
export async function defineFoos(client: Client, signal: AbortSignal): Promise<void> {
  const definitions = Api.v1CustomResourceDefinition(client);
  const definition: CustomResourceDefinition = parse(readFileSync(new URL("foo.yaml", import.meta.url), "utf8"));
  const { name = "" } = definition.metadata;
  if (await exists(definitions.delete(name))) {
    while (await exists(definitions.get(name))) await setTimeout(100, undefined, { signal });
  }
  await definitions.create(definition);
  while (!(await exists(client.request(foos.list())))) await setTimeout(100, undefined, { signal });
}

async function exists(answer: Promise<unknown>): Promise<boolean> {
  try {
    await answer;
    return true;
  } catch (error) {
    if (error instanceof ApiError && error.isNotFound) return false;
    throw error;
  }
}
