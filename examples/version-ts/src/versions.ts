import { Api, type PartialObject, Reflector, type Transport } from "@kubecast/kube";
import type { Deployment } from "@kubecast/kube/apps/v1";

/** All that is read of a Deployment. The rest is dropped as it is decoded, and takes no memory. */
const fields = ["spec.template.spec.containers.name", "spec.template.spec.containers.image"] as const;

export type SlimDeployment = PartialObject<Deployment, (typeof fields)[number]>;

/** The Deployments of all namespaces. */
export function deploymentReflector(client: Transport): Reflector<SlimDeployment> {
  return Reflector.new(Api.v1Deployment(client), { fields });
}

export interface Version {
  container: string;
  /** The Deployment's. */
  name: string;
  namespace: string;
  version: string;
}

/** Of each container, in the order of the Deployment. */
export function versionsOf({ metadata, spec }: SlimDeployment): Version[] {
  const { name = "", namespace = "" } = metadata;
  const containers = spec?.template.spec?.containers ?? [];
  return containers.map(({ name: container, image = "" }) => ({
    container,
    name,
    namespace,
    version: versionOf(image),
  }));
}

/**
 * The tag of an image `[registry[:port]/]path[:tag][@digest]`. Without one, the digest;
 * with neither, what is pulled then: `latest`.
 */
export function versionOf(image: string): string {
  const [name = "", digest] = image.split("@");
  // A colon before the last slash is the registry's port.
  const [, tag] = name.slice(name.lastIndexOf("/") + 1).split(":");
  return tag || digest || "latest";
}
