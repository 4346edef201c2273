import { allLibraries, type Environment } from "../src/environment.ts";
import type { Library, Overload } from "../src/library/overload.ts";
import { fn, method } from "../src/library/overload.ts";
import {
  BOOL,
  BYTES,
  DOUBLE,
  DURATION,
  DYN,
  INT,
  listOf,
  mapOf,
  NULL,
  opaque,
  parameter,
  STRING,
  TIMESTAMP,
  type Type,
  UINT,
  wrapperOf,
} from "../src/types/type.ts";
import { Failure } from "../src/values/value.ts";
import type { Case, TypeMessage } from "./cases.ts";
import { messageType, testMessages, testStructs } from "./messages.ts";

const libraries = [...allLibraries, testMessages];

/** What cel-go's tests of its checker declare for all of them. */
const checkerVariables = { is: STRING, ii: INT, iu: UINT, iz: BOOL, ib: BYTES, id: DOUBLE, ix: NULL };
const noValue = () => new Failure("a function that is only declared");
const checkerFunctions: Library = {
  name: "checker",
  overloads: [fn("fg_s", "() -> string", noValue), method("fi_s_s", "(string) -> string", noValue)],
};
const checkerLibraries = [...libraries, checkerFunctions];

/** What a test's expression may name. */
export function environmentOf({ file, test }: Case): Environment {
  const { typeEnv = [], container } = test;
  const variables: Record<string, Type> = file === "checking" ? { ...checkerVariables } : {};
  const overloads: Overload[] = [];
  for (const { name, ident, function: declared } of typeEnv) {
    if (ident !== undefined) variables[name] = typeOf(ident.type);
    for (const { params = [], resultType, isInstanceFunction = false } of declared?.overloads ?? []) {
      const parameters = params.map(typeOf);
      overloads.push({ name, method: isInstanceFunction, parameters, result: typeOf(resultType), call: noValue });
    }
  }
  const shared = file === "checking" ? checkerLibraries : libraries;
  return {
    variables,
    container,
    structs: testStructs,
    libraries: overloads.length === 0 ? shared : [...shared, { name: "declared", overloads }],
  };
}

const primitives: Readonly<Record<string, Type>> = {
  BOOL,
  INT64: INT,
  UINT64: UINT,
  DOUBLE,
  STRING,
  BYTES,
};

/** A type in protobuf's JSON. */
export function typeOf(message: TypeMessage): Type {
  const [[kind, given] = []] = Object.entries(message);
  const parts = given as Readonly<Record<string, TypeMessage>>;
  switch (kind) {
    case "primitive":
      return primitives[given as string] ?? DYN;
    case "wrapper":
      return wrapperOf(primitives[given as string] ?? DYN);
    case "null":
      return NULL;
    case "dyn":
      return DYN;
    case "wellKnown":
      return { DURATION, TIMESTAMP }[given as string] ?? DYN;
    case "listType":
      return listOf(typeOf(parts.elemType ?? {}));
    case "mapType":
      return mapOf(typeOf(parts.keyType ?? {}), typeOf(parts.valueType ?? {}));
    case "abstractType": {
      const { name, parameterTypes = [] } = given as { name: string; parameterTypes?: TypeMessage[] };
      return opaque(name, ...parameterTypes.map(typeOf));
    }
    case "typeParam":
      return parameter(given as string);
    case "messageType":
      return messageType(given as string);
    default:
      throw new Error(`a type of the kind ${kind}`);
  }
}
