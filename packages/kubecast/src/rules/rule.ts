import type { Program } from "@kubecast/cel";
import type { Resource } from "@kubecast/kube";
import type { RuleTerms } from "../conditions/conditions.ts";

/** Which objects a rule looks at; pushed to the API server, so that others never arrive. */
export interface Selection {
  /** All namespaces when empty. */
  readonly namespaces: readonly string[];
  /** Label selector as the API takes it, `""` for all. */
  readonly labels: string;
  /** Field selector as the API takes it, `""` for all. */
  readonly fields: string;
}

/** A checked rule. `RuleTerms.resource` is the plural that messages carry. */
export interface Rule extends RuleTerms {
  readonly target: Resource;
  readonly select: Selection;
  /** Lists whose elements have a condition each; none: the object has one. */
  readonly each: readonly Program[];
  readonly when: Program;
  readonly summary: Program;
  readonly details: Readonly<Record<string, Program>>;
  readonly labels: Readonly<Record<string, Program>>;
  /** It may read what must not leave the process, so that objects are redacted before it sees them. */
  readonly confidential: boolean;
}
