import type { Case } from "./cases.ts";

// What is left out, and why. Each test runs as far as it can: the first reason that holds
// ends it, and what comes before was compared.

/** Why its trees and types say nothing: cel-go was asked without what is always on here. */
export function differs({ file, error = "", ast }: Case): string | undefined {
  if (ast === undefined && /unsupported syntax:? '[.[]?[?`]/.test(error)) {
    return "cel-go read it without optional syntax and fields in backticks: no tree to compare with";
  }
  if (file === "checking" && /'_[<>]=?_' applied to '\((?:int|uint), double\)/.test(error)) {
    return "cel-go checked it without comparisons of different kinds of numbers, which Kubernetes has";
  }
  if (file === "checking" && error.includes("unexpected failed resolution")) {
    return "a struct that nothing is declared of is dyn, no mistake";
  }
  return undefined;
}

/** Why the types are not compared, nor the value. */
export function unchecked({ file, test }: Case): string | undefined {
  if (file === "proto2_ext") return "extensions of protobuf messages";
  if (file === "block_ext" && /cel\.(block|index|iterVar|accuVar)/.test(test.expr)) {
    return "cel.block, which optimizers write";
  }
  return undefined;
}

/** Why the value is not compared; the types were. */
export function unevaluated({ file, test }: Case): string | undefined {
  const text = JSON.stringify(test);
  if (/google\.protobuf\.Any/.test(text)) return "makes or reads a protobuf message: Any";
  // Reading fields is all that these do.
  if (file === "type_deductions") return undefined;
  if (/TestAllTypes\.NestedEnum|GlobalEnum/.test(text)) return "protobuf enums";
  if (/TestAllTypes|TestRequired|google\.protobuf\.(?:Empty|FieldMask)/.test(text)) {
    return "makes or reads a protobuf message";
  }
  return undefined;
}

/** Whether cel-go's own type or tree is another for a reason of its own. */
export function treeDiffers({ test, type }: Case): boolean {
  // It writes the optional twice, and finds the type of one of the two only.
  if (test.expr === "optional.none().optMap(y, y + 1).hasValue()") return true;
  // The specification's tests of these types say otherwise than it.
  const deduced = test.typedResult?.deducedType;
  return (
    deduced !== undefined &&
    (("wrapper" in (elementType(deduced) ?? {}) && type === "list(int)") || /^\[.*, null\]\[0\]$/.test(test.expr))
  );
}

function elementType(type: Readonly<Record<string, unknown>>): object | undefined {
  return (type.listType as { elemType?: object } | undefined)?.elemType;
}
