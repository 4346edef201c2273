import { encoders } from "./library/encoders.ts";
import { cidr } from "./library/kubernetes/cidr.ts";
import { format } from "./library/kubernetes/format.ts";
import { ip } from "./library/kubernetes/ip.ts";
import { jsonpatch } from "./library/kubernetes/jsonpatch.ts";
import { quantity } from "./library/kubernetes/quantity.ts";
import { regex } from "./library/kubernetes/regex.ts";
import { semver } from "./library/kubernetes/semver.ts";
import { urls } from "./library/kubernetes/urls.ts";
import { lists } from "./library/lists.ts";
import { math } from "./library/math.ts";
import { wellKnownMessages } from "./library/messages.ts";
import { optionals } from "./library/optionals.ts";
import { type Constant, Functions, type Library, type Message } from "./library/overload.ts";
import { sets } from "./library/sets.ts";
import { standard } from "./library/standard.ts";
import { strings } from "./library/strings.ts";
import { parseType } from "./types/signature.ts";
import { noStructs, type Structs, type Type } from "./types/type.ts";
import type { Value } from "./values/value.ts";

/** What an expression may name. */
export interface Environment {
  /**
   * Variables and their types, as a `Type` or written: `int`, `list<string>`, `dyn`. A `timestamp`
   * is given as an RFC 3339 string or a Date, a `duration` as a string ("1.5s"), `bytes` as a
   * Uint8Array; everything else as the JSON value it is.
   */
  readonly variables: Readonly<Record<string, Type | string>>;
  /** The fields of the structs that the types of variables name; default: nothing is known of any. */
  readonly structs?: Structs | undefined;
  /**
   * Functions; default: all that there are.
   * @internal there is no public way yet to come by one.
   */
  readonly libraries?: readonly Library[] | undefined;
  /** Where names are looked up first, such as `google.protobuf`. */
  readonly container?: string | undefined;
  /** true: `has` takes a field that is null for an absent one, as Kubernetes' API does. Default false. */
  readonly nullIsAbsent?: boolean | undefined;
  /**
   * The most that an evaluation may cost, in Kubernetes' units: reading a variable or a field is 1, making
   * a list 10. One that costs more ends with an `EvaluationError` that is `overBudget`.
   * Default 1,000,000, as in Kubernetes: some 10 ms, and up to 200 ms of regular expressions.
   */
  readonly budget?: number | undefined;
}

export const defaultBudget = 1_000_000;

export const allLibraries: readonly Library[] = [
  standard,
  strings,
  math,
  lists,
  sets,
  encoders,
  optionals,
  wellKnownMessages,
  regex,
  urls,
  quantity,
  ip,
  cidr,
  format,
  semver,
  jsonpatch,
];

/** What a list of libraries brings together. */
export interface Libraries {
  readonly functions: Functions;
  /** Of constants, types among them. */
  readonly types: ReadonlyMap<string, Type>;
  readonly values: ReadonlyMap<string, Value>;
  readonly messages: ReadonlyMap<string, Message>;
}

const known = new WeakMap<readonly Library[], Libraries>();

/** Made once for the same list. */
export function librariesOf({ libraries = allLibraries }: Environment): Libraries {
  let joined = known.get(libraries);
  if (joined === undefined) {
    const constants = libraries.flatMap(({ constants = new Map<string, Constant>() }) => [...constants]);
    joined = {
      functions: new Functions(libraries),
      types: new Map(constants.map(([name, { type }]) => [name, type])),
      values: new Map(constants.map(([name, { value }]) => [name, value])),
      messages: new Map(libraries.flatMap(({ messages = new Map() }) => [...messages])),
    };
    known.set(libraries, joined);
  }
  return joined;
}

/** @throws {TypeError} the type is written in a way that names none. */
export function typeOfVariable(type: Type | string): Type {
  if (typeof type !== "string") return type;
  const parsed = parseType(type);
  // The types of libraries, such as `net.IP`, have a dot.
  const isWrong = parsed.kind === "parameter" || (parsed.kind === "opaque" && !/\.|^optional_type$/.test(parsed.name));
  if (isWrong) throw new TypeError(`there is no type ${JSON.stringify(type)}, such as int, list<string> or dyn`);
  return parsed;
}

export function structsOf({ structs = noStructs }: Environment): Structs {
  return structs;
}
