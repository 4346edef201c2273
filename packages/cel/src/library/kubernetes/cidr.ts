import { opaque, typeOf } from "../../types/type.ts";
import { Failure, TypeValue } from "../../values/value.ts";
import { fn, type Library, method } from "../overload.ts";
import { type Cidr, containsIp, masked, parseCidr, parseIp } from "./ip-value.ts";

const type = opaque("net.CIDR");

/** Kubernetes' cidr library. */
export const cidr: Library = {
  name: "kubernetes.net.cidr",
  overloads: [
    fn("cidr", "(string) -> net.CIDR", parseCidr),
    fn("isCIDR", "(string) -> bool", (text: string) => !(parseCidr(text) instanceof Failure)),
    fn("string", "(net.CIDR) -> string", String),
    method("containsIP", "(net.CIDR, net.IP) -> bool", containsIp),
    method("containsIP", "(net.CIDR, string) -> bool", (net: Cidr, text: string) => {
      const address = parseIp(text);
      return address instanceof Failure ? address : containsIp(net, address);
    }),
    method("containsCIDR", "(net.CIDR, net.CIDR) -> bool", containsCidr),
    method("containsCIDR", "(net.CIDR, string) -> bool", (net: Cidr, text: string) => {
      const other = parseCidr(text);
      return other instanceof Failure ? other : containsCidr(net, other);
    }),
    method("ip", "(net.CIDR) -> net.IP", ({ $ip }: Cidr) => $ip),
    method("masked", "(net.CIDR) -> net.CIDR", masked),
    method("prefixLength", "(net.CIDR) -> int", ({ $prefix }: Cidr) => $prefix),
  ],
  constants: new Map([["net.CIDR", { type: typeOf(type), value: new TypeValue(type) }]]),
};

function containsCidr(net: Cidr, other: Cidr): boolean {
  return net.$prefix <= other.$prefix && containsIp(net, other.$ip);
}
