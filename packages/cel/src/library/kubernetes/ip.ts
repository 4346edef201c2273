import { opaque, typeOf } from "../../types/type.ts";
import { Failure, TypeValue } from "../../values/value.ts";
import { scanOnly, scanTwice } from "../cost.ts";
import { fn, type Library, method } from "../overload.ts";
import { type Ip, parseIp } from "./ip-value.ts";

const type = opaque("net.IP");

/** Kubernetes' ip library. */
export const ip: Library = {
  name: "kubernetes.net.ip",
  overloads: [
    fn("ip", "(string) -> net.IP", parseIp, scanOnly),
    fn("isIP", "(string) -> bool", (text: string) => !(parseIp(text) instanceof Failure), scanOnly),
    fn(
      "ip.isCanonical",
      "(string) -> bool",
      (text: string) => {
        const address = parseIp(text);
        return address instanceof Failure ? address : String(address) === text;
      },
      scanTwice,
    ),
    fn("string", "(net.IP) -> string", String),
    method("family", "(net.IP) -> int", ({ $width }: Ip) => ($width === 32 ? 4 : 6)),
    method("isUnspecified", "(net.IP) -> bool", isUnspecified),
    method("isLoopback", "(net.IP) -> bool", isLoopback),
    method("isLinkLocalMulticast", "(net.IP) -> bool", ({ $width, $bits }: Ip) =>
      // 224.0.0.x, and ff_2::
      $width === 32 ? $bits >> 8n === 0xe00000n : (($bits >> 112n) & 0xff0fn) === 0xff02n,
    ),
    method("isLinkLocalUnicast", "(net.IP) -> bool", isLinkLocalUnicast),
    method("isGlobalUnicast", "(net.IP) -> bool", (address: Ip) => {
      const isBroadcast = address.$width === 32 && address.$bits === 0xffffffffn;
      return !(
        isBroadcast ||
        isUnspecified(address) ||
        isLoopback(address) ||
        isMulticast(address) ||
        isLinkLocalUnicast(address)
      );
    }),
  ],
  constants: new Map([["net.IP", { type: typeOf(type), value: new TypeValue(type) }]]),
};

function isUnspecified({ $bits }: Ip): boolean {
  return $bits === 0n;
}

/** 127.x.x.x, and ::1 */
function isLoopback({ $width, $bits }: Ip): boolean {
  return $width === 32 ? $bits >> 24n === 127n : $bits === 1n;
}

/** 169.254.x.x, and fe80::/10 */
function isLinkLocalUnicast({ $width, $bits }: Ip): boolean {
  return $width === 32 ? $bits >> 16n === 0xa9fen : $bits >> 118n === 0x3fan;
}

/** 224.0.0.0/4, and ff00::/8 */
function isMulticast({ $width, $bits }: Ip): boolean {
  return $width === 32 ? $bits >> 28n === 0xen : $bits >> 120n === 0xffn;
}
