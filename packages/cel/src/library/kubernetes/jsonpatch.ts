import { escaping } from "../cost.ts";
import { fn, type Library } from "../overload.ts";

/** Kubernetes' jsonpatch library: a key as a part of a JSON Patch's path (RFC 6901). */
export const jsonpatch: Library = {
  name: "kubernetes.jsonpatch",
  overloads: [
    fn(
      "jsonpatch.escapeKey",
      "(string) -> string",
      (key: string) => key.replace(/[~/]/g, (sign) => (sign === "~" ? "~0" : "~1")),
      escaping,
    ),
  ],
};
