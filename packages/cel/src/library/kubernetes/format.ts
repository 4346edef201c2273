import { opaque, type Type } from "../../types/type.ts";
import { none, Optional, Special, type Value } from "../../values/value.ts";
import { patternCost, validation } from "../cost.ts";
import { fn, type Library, method } from "../overload.ts";
import { isUrl } from "./url-value.ts";

const F = "kubernetes.NamedFormat";
const type = opaque(F);

/** What is wrong with a text; empty where nothing is. */
type Validate = (text: string) => readonly string[];

/** A way to write something, by name. */
class NamedFormat extends Special {
  readonly $name: string;
  readonly $validate: Validate;
  /** The characters of Kubernetes' pattern for it, or of what it takes for one: they count for the cost. */
  readonly $patternSize: number;

  constructor(name: string, validate: Validate, patternSize: number) {
    super();
    this.$name = name;
    this.$validate = validate;
    this.$patternSize = patternSize;
  }

  get $type(): Type {
    return type;
  }

  $equals(other: Value): boolean {
    return other instanceof NamedFormat && other.$name === this.$name;
  }

  override toString(): string {
    return this.$name;
  }
}

const label = "[a-z0-9](?:[-a-z0-9]*[a-z0-9])?";
const patterns = {
  label: new RegExp(`^${label}$`),
  subdomain: new RegExp(`^${label}(?:\\.${label})*$`),
  label1035: /^[a-z](?:[-a-z0-9]*[a-z0-9])?$/,
  name: /^(?:[A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]$/,
  uuid: /^[0-9a-f]{8}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{12}$/i,
  base64: /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=|[A-Za-z0-9+/]{4})$/,
  time: /^(\d\d):(\d\d):(\d\d)(?:.\d+)?(?:z|[+-]\d\d:\d\d)$/,
};

const ofName = "of letters, digits, -, _ and ., and begin and end with a letter or digit";

/** A text of at most so many bytes that matches. */
function matching(pattern: RegExp, most: number, otherwise: string): Validate {
  return (text) => [
    ...(Buffer.byteLength(text) > most ? [`must be no longer than ${most} bytes`] : []),
    ...(pattern.test(text) ? [] : [otherwise]),
  ];
}

const dns1123Label = matching(
  patterns.label,
  63,
  "must consist of lower case letters, digits and -, and begin and end with a letter or digit",
);
const dns1123Subdomain = matching(
  patterns.subdomain,
  253,
  "must consist of lower case letters, digits, - and ., and each part begin and end with a letter or digit",
);
const dns1035Label = matching(
  patterns.label1035,
  63,
  "must consist of lower case letters, digits and -, begin with a letter, and end with a letter or digit",
);

/** What is said of a name is said of a prefix to which something will be added: it may end in a hyphen. */
const prefix =
  (validate: Validate): Validate =>
  (text) =>
    validate(text.length > 1 && text.endsWith("-") ? `${text.slice(0, -2)}a` : text);

const is =
  (test: (text: string) => boolean, otherwise: string): Validate =>
  (text) =>
    test(text) ? [] : [otherwise];

function qualifiedName(text: string): string[] {
  const parts = text.split("/");
  if (parts.length > 2) return [`must be a name ${ofName}, after a DNS subdomain and / if any`];
  const mistakes: string[] = [];
  const [domain] = parts;
  if (parts.length === 2 && domain !== undefined) {
    if (domain === "") mistakes.push("the part before / must not be empty");
    else mistakes.push(...dns1123Subdomain(domain).map((mistake) => `the part before / ${mistake}`));
  }
  const name = parts.at(-1) ?? "";
  if (name === "") mistakes.push("the name must not be empty");
  if (name.length > 63) mistakes.push("the name must be no longer than 63 bytes");
  if (!patterns.name.test(name)) mistakes.push(`the name must consist ${ofName}`);
  return mistakes;
}

function isDate(text: string): boolean {
  const [, year = "", month = "", day = ""] = /^(\d{4})-(\d\d)-(\d\d)$/.exec(text) ?? [];
  const date = new Date(0);
  date.setUTCFullYear(Number(year), Number(month) - 1, Number(day));
  return year !== "" && date.getUTCMonth() === Number(month) - 1 && date.getUTCDate() === Number(day);
}

function isDateTime(text: string): boolean {
  const [date = "", time = ""] = text.toLowerCase().split("t");
  const [, hour = "", minute = "", second = ""] = patterns.time.exec(time) ?? [];
  return isDate(date) && hour !== "" && hour <= "23" && minute <= "59" && second <= "59";
}

const formats: ReadonlyMap<string, NamedFormat> = new Map(
  (
    [
      ["dns1123Label", "DNS1123Label", dns1123Label, 30],
      ["dns1123Subdomain", "DNS1123Subdomain", dns1123Subdomain, 60],
      ["dns1035Label", "DNS1035Label", dns1035Label, 30],
      ["qualifiedName", "QualifiedName", qualifiedName, 60],
      ["dns1123LabelPrefix", "DNS1123LabelPrefix", prefix(dns1123Label), 30],
      ["dns1123SubdomainPrefix", "DNS1123SubdomainPrefix", prefix(dns1123Subdomain), 60],
      ["dns1035LabelPrefix", "DNS1035LabelPrefix", prefix(dns1035Label), 30],
      [
        "labelValue",
        "LabelValue",
        matching(new RegExp(`^$|${patterns.name.source}`), 63, `must be empty or consist ${ofName}`),
        40,
      ],
      ["uri", "URI", is(isUrl, "must be an absolute URI or path"), 1103],
      ["uuid", "uuid", is((text) => patterns.uuid.test(text), "must be a UUID"), 70],
      ["byte", "byte", is((text) => patterns.base64.test(text), "must be base64"), 84],
      ["date", "date", is(isDate, "must be a date, such as 2026-01-31"), 71],
      ["datetime", "datetime", is(isDateTime, "must be a time, such as 2026-01-31T12:00:00Z"), 71],
    ] as const
  ).map(([name, title, validate, patternSize]) => [name, new NamedFormat(title, validate, patternSize)]),
);

/** Kubernetes' format library. Its messages are in our own words. */
export const format: Library = {
  name: "kubernetes.format",
  overloads: [
    fn("format.named", `(string) -> optional<${F}>`, (name: string) => {
      const found = formats.get(name);
      return found === undefined ? none : new Optional(found);
    }),
    ...Array.from(formats, ([name, named]) => fn(`format.${name}`, `() -> ${F}`, () => named)),
    method(
      "validate",
      `(${F}, string) -> optional<list<string>>`,
      ({ $validate }: NamedFormat, text: string) => {
        const mistakes = $validate(text);
        return mistakes.length === 0 ? none : new Optional(mistakes);
      },
      { ...validation, of: ({ $patternSize }: NamedFormat, text: string) => patternCost(text.length, $patternSize) },
    ),
  ],
};
