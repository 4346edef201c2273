import { opaque, typeOf } from "../../types/type.ts";
import { Failure, TypeValue, type Value } from "../../values/value.ts";
import { type CallCost, scanOnly, traversal } from "../cost.ts";
import { fn, type Library, method } from "../overload.ts";
import { type Cidr, containsIp, masked, parseCidr, parseIp } from "./ip-value.ts";

const type = opaque("net.CIDR");

/** Kubernetes' cidr library. */
export const cidr: Library = {
  name: "kubernetes.net.cidr",
  overloads: [
    fn("cidr", "(string) -> net.CIDR", parseCidr, scanOnly),
    fn("isCIDR", "(string) -> bool", (text: string) => !(parseCidr(text) instanceof Failure), scanOnly),
    fn("string", "(net.CIDR) -> string", String),
    method("containsIP", "(net.CIDR, net.IP) -> bool", containsIp, containing(1, 0)),
    method(
      "containsIP",
      "(net.CIDR, string) -> bool",
      (net: Cidr, text: string) => {
        const address = parseIp(text);
        return address instanceof Failure ? address : containsIp(net, address);
      },
      containing(1, 0),
    ),
    method("containsCIDR", "(net.CIDR, net.CIDR) -> bool", containsCidr, containing(2, 1)),
    method(
      "containsCIDR",
      "(net.CIDR, string) -> bool",
      (net: Cidr, text: string) => {
        const other = parseCidr(text);
        return other instanceof Failure ? other : containsCidr(net, other);
      },
      containing(2, 1),
    ),
    method("ip", "(net.CIDR) -> net.IP", ({ $ip }: Cidr) => $ip),
    method("masked", "(net.CIDR) -> net.CIDR", masked),
    method("prefixLength", "(net.CIDR) -> int", ({ $prefix }: Cidr) => $prefix),
  ],
  constants: new Map([["net.CIDR", { type: typeOf(type), value: new TypeValue(type) }]]),
};

/** The bytes of the prefix are compared, and masked before; an address that is given as a text is gone through. */
function containing(rounds: 1 | 2, more: number): CallCost {
  const cost = (bytes: number, text: number) =>
    traversal(bytes * 2) + (rounds === 2 ? traversal(bytes) : 0) + more + traversal(text);
  return {
    of: ({ $prefix }: Cidr, other: Value) => cost(Math.ceil($prefix / 8), typeof other === "string" ? other.length : 0),
    estimate: (_, other) => ({ min: more, max: cost(16, other === undefined ? 0 : other.size.max) }),
  };
}

function containsCidr(net: Cidr, other: Cidr): boolean {
  return net.$prefix <= other.$prefix && containsIp(net, other.$ip);
}
