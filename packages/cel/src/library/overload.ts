import { parseSignature, type Signature } from "../types/signature.ts";
import type { Type } from "../types/type.ts";
import type { Value } from "../values/value.ts";
import type { CallCost } from "./cost.ts";

/** A function for arguments of certain types. */
export interface Overload extends Signature {
  readonly name: string;
  /** Called on a target, which is the first parameter. */
  readonly method: boolean;
  /**
   * Given as many values as there are parameters, each of its parameter's type; it is not
   * called with a `Failure`, and may return one.
   */
  readonly call: Implementation;
  /** What a call costs, where it is not 1. */
  readonly cost?: CallCost | undefined;
}

// biome-ignore lint/suspicious/noExplicitAny: each takes values of its own parameters' types
export type Implementation = (...values: any[]) => Value;

/** A name that stands for a value, such as that of a type. */
export interface Constant {
  readonly type: Type;
  readonly value: Value;
}

/** What can be written as `name{field: value}`. */
export interface Message {
  readonly type: Type;
  readonly fields: ReadonlyMap<string, Type>;
  /** Given values of the fields that are written. */
  readonly make: (fields: ReadonlyMap<string, Value>) => Value;
}

/** What an environment may have: functions, names and messages. */
export interface Library {
  readonly name: string;
  readonly overloads: readonly Overload[];
  readonly constants?: ReadonlyMap<string, Constant> | undefined;
  readonly messages?: ReadonlyMap<string, Message> | undefined;
}

/** `fn("size", "(string) -> int", (text) => ...)` */
export function fn(name: string, signature: string, call: Implementation, cost?: CallCost): Overload {
  return { name, method: false, ...parseSignature(signature), call, cost };
}

/** `method("trim", "(string) -> string", (text) => ...)` */
export function method(name: string, signature: string, call: Implementation, cost?: CallCost): Overload {
  return { name, method: true, ...parseSignature(signature), call, cost };
}

/** Both ways to call: `size(x)` and `x.size()`. */
export function both(name: string, signature: string, call: Implementation, cost?: CallCost): Overload[] {
  return [fn(name, signature, call, cost), method(name, signature, call, cost)];
}

/** All overloads of a number of libraries, by how they are called. */
export class Functions {
  readonly #byCall = new Map<string, Overload[]>();
  readonly #names = new Set<string>();
  #most = 0;

  constructor(libraries: readonly Library[]) {
    for (const { overloads } of libraries) {
      for (const overload of overloads) {
        const key = callKey(overload.name, overload.method, overload.parameters.length);
        const same = this.#byCall.get(key);
        if (same === undefined) this.#byCall.set(key, [overload]);
        else same.push(overload);
        this.#names.add(overload.name);
        this.#most = Math.max(this.#most, overload.parameters.length);
      }
    }
  }

  /** Those of this name that are called so; empty where there are none. @param count of arguments, target included. */
  find(name: string, method: boolean, count: number): readonly Overload[] {
    return this.#byCall.get(callKey(name, method, count)) ?? [];
  }

  /** With how many arguments, target included, it can be called so; in order, none where it cannot. */
  counts(name: string, method: boolean): number[] {
    const counts: number[] = [];
    for (let count = 0; count <= this.#most; count++) if (this.find(name, method, count).length > 0) counts.push(count);
    return counts;
  }

  has(name: string): boolean {
    return this.#names.has(name);
  }

  /** All names, operators included. */
  names(): Iterable<string> {
    return this.#names;
  }
}

function callKey(name: string, method: boolean, count: number): string {
  return `${method ? "." : ""}${name}/${count}`;
}
