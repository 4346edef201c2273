import { opaque, type Type } from "../../types/type.ts";
import { Failure, Special, type Value } from "../../values/value.ts";

const ipType = opaque("net.IP");
const cidrType = opaque("net.CIDR");

/** Bits of an address. */
export type Width = 32 | 128;

/** An IPv4 or IPv6 address, as a number. */
export class Ip extends Special {
  readonly $width: Width;
  readonly $bits: bigint;

  constructor(width: Width, bits: bigint) {
    super();
    this.$width = width;
    this.$bits = bits;
  }

  get $type(): Type {
    return ipType;
  }

  $equals(other: Value): boolean {
    return other instanceof Ip && other.$width === this.$width && other.$bits === this.$bits;
  }

  /** In its canonical form: RFC 5952 for IPv6. */
  override toString(): string {
    return this.$width === 32 ? formatV4(this.$bits) : formatV6(this.$bits);
  }
}

/** A network: an address and how many of its bits are the network's. Bits of the host may be set. */
export class Cidr extends Special {
  readonly $ip: Ip;
  readonly $prefix: number;

  constructor(ip: Ip, prefix: number) {
    super();
    this.$ip = ip;
    this.$prefix = prefix;
  }

  get $type(): Type {
    return cidrType;
  }

  $equals(other: Value): boolean {
    return other instanceof Cidr && other.$prefix === this.$prefix && this.$ip.$equals(other.$ip);
  }

  override toString(): string {
    return `${this.$ip}/${this.$prefix}`;
  }
}

/** Without a zone, leading zeros in IPv4 or IPv4 in IPv6 (`::ffff:1.2.3.4`), as Kubernetes has it. */
export function parseIp(text: string): Ip | Failure {
  const quoted = JSON.stringify(text);
  if (text.includes(":")) {
    if (text.includes("%")) return new Failure(`${quoted} has a zone: that is no address here`);
    const bits = parseV6(text);
    if (bits === undefined) return new Failure(`${quoted} is no IP address`);
    if (bits >> 32n === 0xffffn) return new Failure(`${quoted} is an IPv4 address written as an IPv6 one`);
    return new Ip(128, bits);
  }
  const bits = parseV4(text);
  return bits === undefined ? new Failure(`${quoted} is no IP address`) : new Ip(32, bits);
}

/** `192.168.0.0/16` */
export function parseCidr(text: string): Cidr | Failure {
  const slash = text.lastIndexOf("/");
  const written = text.slice(slash + 1);
  if (slash < 0 || !/^(0|[1-9]\d{0,2})$/.test(written)) {
    return new Failure(`${JSON.stringify(text)} is no CIDR, such as "10.0.0.0/8"`);
  }
  const ip = parseIp(text.slice(0, slash));
  if (ip instanceof Failure) return ip;
  const prefix = Number(written);
  if (prefix > ip.$width) return new Failure(`${JSON.stringify(text)}: a prefix has at most ${ip.$width} bits`);
  return new Cidr(ip, prefix);
}

export function masked({ $ip, $prefix }: Cidr): Cidr {
  return new Cidr(new Ip($ip.$width, network($ip, $prefix) << BigInt($ip.$width - $prefix)), $prefix);
}

export function containsIp({ $ip, $prefix }: Cidr, ip: Ip): boolean {
  return $ip.$width === ip.$width && network($ip, $prefix) === network(ip, $prefix);
}

/** The first bits of an address. */
function network({ $width, $bits }: Ip, prefix: number): bigint {
  return $bits >> BigInt($width - prefix);
}

function parseV4(text: string): bigint | undefined {
  const parts = text.split(".");
  if (parts.length !== 4) return undefined;
  let bits = 0n;
  for (const part of parts) {
    if (!/^(0|[1-9]\d{0,2})$/.test(part) || Number(part) > 255) return undefined;
    bits = (bits << 8n) | BigInt(part);
  }
  return bits;
}

/** The bits of an IPv6 address; undefined where the text is none. */
export function parseV6(text: string): bigint | undefined {
  const halves = text.split("::");
  if (halves.length > 2) return undefined;
  const [before = "", after] = halves;
  const head = groups(before, after === undefined);
  const tail = groups(after ?? "", true);
  if (head === undefined || tail === undefined) return undefined;
  const missing = 8 - head.length - tail.length;
  if (after === undefined ? missing !== 0 : missing < 1) return undefined;
  const all = [...head, ...Array.from({ length: missing }, () => 0n), ...tail];
  return all.reduce((bits, group) => (bits << 16n) | group, 0n);
}

/** The 16-bit groups of a part of an address; IPv4 at the end is two of them. */
function groups(text: string, isEnd: boolean): bigint[] | undefined {
  if (text === "") return [];
  const found: bigint[] = [];
  const parts = text.split(":");
  for (const [index, part] of parts.entries()) {
    if (isEnd && index === parts.length - 1 && part.includes(".")) {
      const bits = parseV4(part);
      if (bits === undefined) return undefined;
      found.push(bits >> 16n, bits & 0xffffn);
    } else if (/^[\da-fA-F]{1,4}$/.test(part)) {
      found.push(BigInt(`0x${part}`));
    } else {
      return undefined;
    }
  }
  return found;
}

function formatV4(bits: bigint): string {
  return [24n, 16n, 8n, 0n].map((shift) => (bits >> shift) & 0xffn).join(".");
}

/** The longest run of two or more zero groups is `::`, the first of several. */
function formatV6(bits: bigint): string {
  const all = Array.from({ length: 8 }, (_, index) => (bits >> BigInt(112 - index * 16)) & 0xffffn);
  let from = -1;
  let length = 1;
  for (let index = 0; index < 8; index++) {
    let end = index;
    while (end < 8 && all[end] === 0n) end++;
    if (end - index > length) [from, length] = [index, end - index];
  }
  const hex = (some: readonly bigint[]) => some.map((group) => group.toString(16)).join(":");
  return from < 0 ? hex(all) : `${hex(all.slice(0, from))}::${hex(all.slice(from + length))}`;
}
