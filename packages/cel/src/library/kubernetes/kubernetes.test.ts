import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { compile } from "../../compile.ts";
import { error, examples } from "./examples.test.helper.ts";
import { Cidr, containsIp, Ip, masked, parseCidr, parseIp } from "./ip-value.ts";
import {
  addQuantities,
  compareQuantities,
  formatQuantity,
  negated,
  parseQuantity,
  type Quantity,
} from "./quantity-value.ts";
import { compareVersions, parseVersion, type Semver } from "./semver.ts";
import { parseUrl } from "./url-value.ts";

const evaluate = (expression: string): unknown => {
  try {
    return compile(expression, { variables: {} }).evaluate({});
  } catch {
    return error;
  }
};

for (const [library, table] of Object.entries(examples)) {
  describe(library, () => {
    it.each(table)("%s", (expression, expected) => {
      expect(evaluate(expression)).toEqual(expected);
    });
  });
}

const digits = fc.stringMatching(/^-?\d{1,20}(\.\d{1,12})?$/);
const suffix = fc.constantFrom("", "m", "u", "n", "k", "M", "G", "Ki", "Mi", "Gi", "e3", "e-2", "E");
const quantities = fc.tuple(digits, suffix).map((parts) => parseQuantity(parts.join("")) as Quantity);

describe("quantities", () => {
  it("have one order", () => {
    fc.assert(
      fc.property(quantities, quantities, quantities, (a, b, c) => {
        expect(compareQuantities(a, b)).toBe(-compareQuantities(b, a) + 0);
        if (compareQuantities(a, b) <= 0 && compareQuantities(b, c) <= 0) {
          expect(compareQuantities(a, c)).toBeLessThanOrEqual(0);
        }
        expect(a.$equals(b)).toBe(compareQuantities(a, b) === 0);
      }),
    );
  });

  it("lose nothing when they are added or written", () => {
    fc.assert(
      fc.property(quantities, quantities, (a, b) => {
        const sum = addQuantities(a, b);
        expect(sum.$equals(addQuantities(b, a))).toBe(true);
        expect(addQuantities(sum, negated(b)).$equals(a)).toBe(true);
        expect(compareQuantities(sum, a)).toBe(compareQuantities(b, parseQuantity("0") as Quantity));
        expect(parseQuantity(formatQuantity(a))?.$equals(a)).toBe(true);
      }),
    );
  });

  it("of a million digits, or of any text, take no time", () => {
    expect(parseQuantity("1".repeat(1_000_000))).toBeUndefined();
    expect(parseQuantity(`${"0".repeat(1_000_000)}x`)).toBeUndefined();
    expect(parseQuantity("1e999999999")).toBeUndefined();
    expect(String(parseQuantity("1e-999999999"))).toBe("1e-9");
    fc.assert(fc.property(fc.string(), (text) => void parseQuantity(text)));
  });
});

const addresses = fc.oneof(
  fc.bigInt({ min: 0n, max: 2n ** 32n - 1n }).map((bits) => new Ip(32, bits)),
  fc
    .bigInt({ min: 0n, max: 2n ** 128n - 1n })
    .filter((bits) => bits >> 32n !== 0xffffn)
    .map((bits) => new Ip(128, bits)),
);
const networks = fc
  .tuple(addresses, fc.nat(128))
  .map(([address, prefix]) => new Cidr(address, Math.min(prefix, address.$width)));

describe("addresses and networks", () => {
  it("are read as they are written", () => {
    fc.assert(
      fc.property(networks, (network) => {
        expect(network.$equals(parseCidr(String(network)))).toBe(true);
        expect(network.$ip.$equals(parseIp(String(network.$ip)))).toBe(true);
      }),
    );
  });

  it("a network contains its addresses, from the first to the last, and no neighbour", () => {
    fc.assert(
      fc.property(networks, (network) => {
        const { $ip: first } = masked(network);
        const size = 2n ** BigInt(first.$width - network.$prefix);
        const at = (bits: bigint) => new Ip(first.$width, bits);
        expect(containsIp(network, network.$ip)).toBe(true);
        expect(containsIp(network, first)).toBe(true);
        expect(containsIp(network, at(first.$bits + size - 1n))).toBe(true);
        if (first.$bits > 0n) expect(containsIp(network, at(first.$bits - 1n))).toBe(false);
        if (first.$bits + size < 2n ** BigInt(first.$width)) {
          expect(containsIp(network, at(first.$bits + size))).toBe(false);
        }
      }),
    );
  });

  it("any text is one or is none", () => {
    fc.assert(fc.property(fc.stringMatching(/^[\da-f:.%/]{0,40}$/), (text) => void parseCidr(text)));
  });
});

const number = fc.nat(20);
const versions = fc
  .tuple(number, number, number, fc.array(fc.constantFrom("rc", "alpha", "1", "10", "x-y"), { maxLength: 3 }))
  .map(([major, minor, patch, names]) => {
    const prerelease = names.length === 0 ? "" : `-${names.join(".")}`;
    return parseVersion(`${major}.${minor}.${patch}${prerelease}`) as Semver;
  });

describe("versions", () => {
  it("have one order", () => {
    fc.assert(
      fc.property(versions, versions, versions, (a, b, c) => {
        expect(compareVersions(a, b)).toBe(-compareVersions(b, a) + 0);
        if (compareVersions(a, b) <= 0 && compareVersions(b, c) <= 0) {
          expect(compareVersions(a, c)).toBeLessThanOrEqual(0);
        }
        expect(a.$equals(parseVersion(String(a)) as Semver)).toBe(true);
      }),
    );
  });
});

describe("URLs", () => {
  it("any text is one or is none, and one is read as it is written", () => {
    const texts = fc.oneof(fc.webUrl({ withQueryParameters: true, withFragments: true }), fc.string());
    fc.assert(
      fc.property(texts, (text) => {
        const url = parseUrl(text);
        if (url !== undefined) expect(String(parseUrl(String(url)))).toBe(String(url));
      }),
    );
  });
});
