import { DYN, formatType, type Type } from "../types/type.ts";

/**
 * What the type parameters of an expression have been found to stand for, and the rules of
 * assigning one type to another; those of cel-go, which the specification leaves to it.
 */
export class Substitution {
  readonly #types = new Map<string, Type>();
  /** What each parameter stood for before it was learnt anew, in order, to go back to where types do not fit. */
  #learnt: (readonly [name: string, before: Type | undefined])[] = [];
  #fresh = 0;

  /** A type that nothing is known of yet. */
  fresh(): Type {
    return { kind: "parameter", name: `_var${this.#fresh++}` };
  }

  /** The type with a fresh parameter for each that it has. @param renamed those of the same signature. */
  instantiate(type: Type, renamed: Map<string, Type>): Type {
    return map(type, (parameter) => {
      let fresh = renamed.get(parameter.name);
      if (fresh === undefined) {
        fresh = this.fresh();
        renamed.set(parameter.name, fresh);
      }
      return fresh;
    });
  }

  /** The type with its parameters replaced by what they stand for. @param rest what stands for those of which nothing is known. */
  resolve(type: Type, rest?: Type): Type {
    return map(type, (parameter) => {
      const found = this.#types.get(parameter.name);
      if (found !== undefined) return this.resolve(found, rest);
      return rest ?? parameter;
    });
  }

  /** Whether values of each type may stand where the one wanted stands; if so, learns what parameters stand for. */
  assignAll(types: readonly Type[], wanted: readonly Type[]): boolean {
    this.#learnt = [];
    if (types.every((type, index) => this.#assign(type, wanted[index] ?? DYN))) return true;
    for (const [name, before] of this.#learnt.reverse()) {
      if (before === undefined) this.#types.delete(name);
      else this.#types.set(name, before);
    }
    return false;
  }

  assign(type: Type, wanted: Type): boolean {
    return this.assignAll([type], [wanted]);
  }

  /** The type of things that are of one type or the other. */
  join(one: Type | undefined, other: Type): Type {
    if (one === undefined) return other;
    return this.assign(one, other) ? mostGeneral(one, other) : DYN;
  }

  #assign(one: Type, other: Type): boolean {
    if (other.kind === "parameter") {
      const { valid, known } = this.#substitute(one, other);
      if (valid) return true;
      if (known) return false;
    }
    if (one.kind === "parameter") return this.#substitute(other, one).valid;
    if (one.kind === "dyn" || other.kind === "dyn") {
      // Of the parts of something dynamic nothing is known, now or later.
      for (const part of [...parts(one), ...parts(other)]) this.#assign(DYN, part);
      return true;
    }
    if (one.kind === "null") return isNullable(other);
    if (other.kind === "null") return isNullable(one);
    if (one.kind === "wrapper" || other.kind === "wrapper") {
      const [a, b] = [one, other].map((type) => (type.kind === "wrapper" ? type.of : type));
      return a !== undefined && b !== undefined && this.#assign(a, b);
    }
    switch (one.kind) {
      case "list":
        return other.kind === "list" && this.#assign(one.element, other.element);
      case "map":
        return other.kind === "map" && this.#assign(one.key, other.key) && this.#assign(one.value, other.value);
      case "opaque":
        return (
          other.kind === "opaque" &&
          one.name === other.name &&
          one.parameters.length === other.parameters.length &&
          one.parameters.every((parameter, index) => this.#assign(parameter, other.parameters[index] ?? DYN))
        );
      case "struct":
        return other.kind === "struct" && one.name === other.name;
      default:
        return one.kind === other.kind;
    }
  }

  /** Whether the parameter may stand for the type. */
  #substitute(type: Type, parameter: Type & { kind: "parameter" }): { valid: boolean; known: boolean } {
    if (type.kind === "parameter" && type.name === parameter.name) return { valid: true, known: true };
    const found = this.#types.get(parameter.name);
    if (found === undefined) {
      const valid = !this.#occurs(parameter, type);
      if (valid) this.#learn(parameter.name, type);
      return { valid, known: false };
    }
    if (type.kind === found.kind && formatType(type) === formatType(found)) return { valid: true, known: true };
    if (!this.#assign(type, found)) return { valid: false, known: true };
    const general = mostGeneral(type, found);
    if (!this.#occurs(parameter, general)) this.#learn(parameter.name, general);
    return { valid: true, known: true };
  }

  #learn(name: string, type: Type): void {
    this.#learnt.push([name, this.#types.get(name)]);
    this.#types.set(name, type);
  }

  #occurs(parameter: Type & { kind: "parameter" }, type: Type): boolean {
    if (type.kind === "parameter") {
      if (type.name === parameter.name) return true;
      const found = this.#types.get(type.name);
      return found !== undefined && this.#occurs(parameter, found);
    }
    return parts(type).some((part) => this.#occurs(parameter, part));
  }
}

/** What null may stand for: besides wrappers all that is a message. */
function isNullable({ kind }: Type): boolean {
  return ["null", "wrapper", "opaque", "struct", "timestamp", "duration"].includes(kind);
}

function mostGeneral(one: Type, other: Type): Type {
  return isGeneral(one, other) ? one : other;
}

/** Whether the first is the second or less specific. */
function isGeneral(one: Type, other: Type): boolean {
  if (one.kind === "dyn" || one.kind === "parameter") return true;
  if (other.kind === "dyn" || other.kind === "parameter") return false;
  if (other.kind === "null") return isNullable(one);
  if (one.kind === "wrapper" && other.kind !== "wrapper") return isGeneral(one.of, other);
  if (one.kind !== other.kind) return false;
  if (one.kind === "type") return true;
  const of = parts(one);
  const others = parts(other);
  if (of.length === 0) return formatType(one) === formatType(other);
  return of.length === others.length && of.every((part, index) => isGeneral(part, others[index] ?? DYN));
}

function parts(type: Type): readonly Type[] {
  switch (type.kind) {
    case "list":
      return [type.element];
    case "map":
      return [type.key, type.value];
    case "type":
    case "wrapper":
      return [type.of];
    case "opaque":
      return type.parameters;
    default:
      return [];
  }
}

function map(type: Type, replace: (parameter: Type & { kind: "parameter" }) => Type): Type {
  switch (type.kind) {
    case "parameter":
      return replace(type);
    case "list":
      return { kind: "list", element: map(type.element, replace) };
    case "map":
      return { kind: "map", key: map(type.key, replace), value: map(type.value, replace) };
    case "type":
      return { kind: "type", of: map(type.of, replace) };
    case "wrapper":
      return { kind: "wrapper", of: map(type.of, replace) };
    case "opaque":
      return { ...type, parameters: type.parameters.map((part) => map(part, replace)) };
    default:
      return type;
  }
}
