import type { KubeObject } from "@kubecast/kube";
import type { ServedResource } from "../api/resources.ts";
import { parseFieldSelector } from "./field-selector.ts";
import { parseLabelSelector } from "./label-selector.ts";

/** Which objects a list, watch or deletecollection means. */
export interface Selection {
  readonly everything: boolean;
  matches(object: KubeObject): boolean;
}

export function parseSelection(resource: ServedResource, labels: string, fields: string): Selection {
  const byLabels = parseLabelSelector(labels);
  const byFields = parseFieldSelector(fields, resource);
  if (labels === "" && fields === "") return { everything: true, matches: () => true };
  return {
    everything: false,
    matches: (object) => byLabels(object.metadata.labels ?? {}) && byFields(object),
  };
}
