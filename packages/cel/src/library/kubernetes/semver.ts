import { opaque, type Type } from "../../types/type.ts";
import { Failure, int, Special, type Value } from "../../values/value.ts";
import { scanOnly } from "../cost.ts";
import { fn, type Library, method } from "../overload.ts";

const S = "kubernetes.Semver";
const type = opaque(S);
type Part = "major" | "minor" | "patch";
type Numbers = readonly [bigint, bigint, bigint];

/** A version as https://semver.org has it. */
export class Semver extends Special {
  readonly $numbers: Numbers;
  /** What is behind the hyphen: a number comes before a word. */
  readonly $prerelease: readonly (bigint | string)[];
  /** What is behind the plus sign; it counts for nothing. */
  readonly $build: string;

  constructor(numbers: Numbers, prerelease: readonly (bigint | string)[], build: string) {
    super();
    this.$numbers = numbers;
    this.$prerelease = prerelease;
    this.$build = build;
  }

  get $type(): Type {
    return type;
  }

  $equals(other: Value): boolean {
    return other instanceof Semver && compareVersions(this, other) === 0;
  }

  override toString(): string {
    const prerelease = this.$prerelease.length === 0 ? "" : `-${this.$prerelease.join(".")}`;
    return `${this.$numbers.join(".")}${prerelease}${this.$build && `+${this.$build}`}`;
  }
}

/** Kubernetes' semver library. */
export const semver: Library = {
  name: "kubernetes.semver",
  overloads: [
    fn("semver", `(string) -> ${S}`, (text: string) => parseVersion(text) ?? noVersion(text), scanOnly),
    fn(
      "semver",
      `(string, bool) -> ${S}`,
      (text: string, normalize: boolean) => parse(text, normalize) ?? noVersion(text),
      scanOnly,
    ),
    fn("isSemver", "(string) -> bool", (text: string) => parseVersion(text) !== undefined, scanOnly),
    fn(
      "isSemver",
      "(string, bool) -> bool",
      (text: string, normalize: boolean) => parse(text, normalize) !== undefined,
      scanOnly,
    ),
    ...(["major", "minor", "patch"] satisfies Part[]).map((name, index) =>
      method(name, `(${S}) -> int`, ({ $numbers }: Semver) => int(BigInt.asIntN(64, $numbers[index] ?? 0n))),
    ),
    method("isGreaterThan", `(${S}, ${S}) -> bool`, (a: Semver, b: Semver) => compareVersions(a, b) > 0),
    method("isLessThan", `(${S}, ${S}) -> bool`, (a: Semver, b: Semver) => compareVersions(a, b) < 0),
    method("compareTo", `(${S}, ${S}) -> int`, compareVersions),
  ],
};

const noVersion = (text: string): Failure => new Failure(`${JSON.stringify(text)} is no semantic version`);

function parse(text: string, normalize: boolean): Semver | undefined {
  return parseVersion(normalize ? normalized(text) : text);
}

const number = "(0|[1-9]\\d{0,19})";
const names = "[0-9A-Za-z-]+(?:\\.[0-9A-Za-z-]+)*";
const pattern = new RegExp(`^${number}\\.${number}\\.${number}(?:-(${names}))?(?:\\+(${names}))?$`);
const maxNumber = 2n ** 64n - 1n;

/** Undefined where the text is none. */
export function parseVersion(text: string): Semver | undefined {
  const match = pattern.exec(text);
  if (match === null) return undefined;
  const [, major = "0", minor = "0", patch = "0", names, build = ""] = match;
  const prerelease = names?.split(".") ?? [];
  if (prerelease.some((name) => /^(0\d+|\d{21,})$/.test(name))) return undefined;
  const numbers: Numbers = [BigInt(major), BigInt(minor), BigInt(patch)];
  const parts = prerelease.map((name) => (/^\d+$/.test(name) ? BigInt(name) : name));
  if ([...numbers, ...parts].some((part) => typeof part === "bigint" && part > maxNumber)) return undefined;
  return new Semver(numbers, parts, build);
}

/** Without a `v` before it and zeros before its numbers, and with the numbers that it leaves out. */
function normalized(text: string): string {
  const [major = "", minor, ...rest] = text.replace(/^v/, "").split(".");
  const parts = [major, minor, rest.length === 0 ? undefined : rest.join(".")].filter((part) => part !== undefined);
  if (parts.length < 3 && /[+-]/.test(parts.at(-1) ?? "")) return "";
  const trimmed = parts.map((part) => (part.length > 1 ? part.replace(/^0+(?=\d)/, "").replace(/^(?!\d)/, "0") : part));
  return [...trimmed, "0", "0"].slice(0, 3).join(".");
}

/** -1, 0 or 1 as the first comes before the second. */
export function compareVersions(a: Semver, b: Semver): number {
  const numbers = compareParts(a.$numbers, b.$numbers);
  if (numbers !== 0) return numbers;
  // A release comes after what leads up to it.
  if (a.$prerelease.length === 0 || b.$prerelease.length === 0) {
    return Math.sign(b.$prerelease.length - a.$prerelease.length);
  }
  return compareParts(a.$prerelease, b.$prerelease);
}

function compareParts(a: readonly (bigint | string)[], b: readonly (bigint | string)[]): number {
  for (const [index, one] of a.entries()) {
    const other = b[index];
    if (other === undefined) return 1;
    if (one === other) continue;
    if (typeof one !== typeof other) return typeof one === "bigint" ? -1 : 1;
    return one < other ? -1 : 1;
  }
  return a.length < b.length ? -1 : 0;
}
