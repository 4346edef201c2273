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

const blocks = "cel.block, which optimizers write";

/** Why it is not even read. */
export function unread({ file, test }: Case): string | undefined {
  // A macro's variable that is no name.
  return file === "block_ext" && test.expr.includes("cel.iterVar") ? blocks : undefined;
}

/** Why the types are not compared, nor the value. */
export function unchecked({ file, test }: Case): string | undefined {
  if (file === "proto2_ext") return "extensions of protobuf messages";
  if (file === "block_ext" && test.expr.includes("cel.block")) return blocks;
  return undefined;
}

/** A field of a message that is written beside it, which a struct of JSON has as well. */
const ofItsOwn =
  /^(?:cel\.expr\.conformance\.proto[23]\.)?TestAllTypes\s*\{[^{}]*(?:\{[^{}]*\})?[^{}]*\}\.\w+(?: [=!]= .*)?$/;

/** Why the value is not compared; the types were. */
export function unevaluated({ file, name, test }: Case): string | undefined {
  const text = JSON.stringify(test);
  // Reading fields is all that these do.
  if (file === "type_deductions") return undefined;
  if (/google\.protobuf\.Any|single_any/.test(text)) return "packs or unpacks a protobuf Any";
  if (/TestAllTypes\.NestedEnum|GlobalEnum/.test(text)) return "protobuf enums";
  if (!/TestAllTypes|TestRequired|google\.protobuf\.(?:Empty|FieldMask)/.test(text)) return undefined;
  if (/\/to_json/.test(name)) return "a protobuf message put into a google.protobuf.Value";
  if (test.evalError !== undefined) return "what a protobuf message refuses";
  if (/\bhas\(|\.\?/.test(test.expr)) return "whether a field of a protobuf message is set";
  if (/float/.test(test.expr)) return "32-bit floats of protobuf messages";
  if (ofItsOwn.test(test.expr) && test.value?.objectValue === undefined && !name.endsWith("scalar_with_default")) {
    return undefined;
  }
  return "protobuf messages as values, and what their fields are where they are not set";
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
