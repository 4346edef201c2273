import { generateKeyPairSync, randomBytes, sign } from "node:crypto";
import { isIPv4 } from "node:net";

/** A new self-signed certificate and its key, both PEM, for `localhost`, the loopback addresses and `host`. */
export function selfSignedCertificate(host: string): Certificate {
  const names = ["localhost", "127.0.0.1", "::1"];
  return selfSigned("kubecast-apiserver", isIPv4(host) && !names.includes(host) ? [...names, host] : names);
}

export interface Certificate {
  readonly cert: string;
  readonly key: string;
}

/** For these hosts, each a name, an IPv4 address or `::1`. Its form is X.509 v3 (RFC 5280) in DER. */
export function selfSigned(commonName: string, hosts: readonly string[] = [commonName]): Certificate {
  const { publicKey, privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const ecdsaWithSha256 = sequence(objectId("2a8648ce3d040302"));
  const name = sequence(der(0x31, sequence(objectId("550403"), der(0x0c, Buffer.from(commonName)))));
  const day = 86_400_000;
  const validity = sequence(time(Date.now() - day), time(Date.now() + 365 * day));
  const subjectAltName = sequence(objectId("551d11"), der(0x04, sequence(...hosts.map(alternativeName))));
  const body = sequence(
    der(0xa0, der(0x02, Buffer.from([2]))),
    der(0x02, Buffer.concat([Buffer.from([1]), randomBytes(8)])),
    ecdsaWithSha256,
    name,
    validity,
    name,
    publicKey.export({ type: "spki", format: "der" }),
    der(0xa3, sequence(subjectAltName)),
  );
  const signature = der(0x03, Buffer.from([0]), sign("sha256", body, privateKey));
  const base64 = sequence(body, ecdsaWithSha256, signature)
    .toString("base64")
    .replace(/.{64}(?=.)/g, "$&\n");
  return {
    cert: `-----BEGIN CERTIFICATE-----\n${base64}\n-----END CERTIFICATE-----\n`,
    key: privateKey.export({ type: "pkcs8", format: "pem" }).toString(),
  };
}

function alternativeName(host: string): Buffer {
  if (host === "::1") return der(0x87, Buffer.alloc(15), Buffer.from([1]));
  return isIPv4(host) ? der(0x87, Buffer.from(host.split(".").map(Number))) : der(0x82, Buffer.from(host));
}

function objectId(hex: string): Buffer {
  return der(0x06, Buffer.from(hex, "hex"));
}

/** GeneralizedTime with whole seconds. */
function time(milliseconds: number): Buffer {
  return der(0x18, Buffer.from(`${new Date(milliseconds).toISOString().replace(/\D/g, "").slice(0, 14)}Z`));
}

function sequence(...parts: Buffer[]): Buffer {
  return der(0x30, ...parts);
}

function der(tag: number, ...parts: Buffer[]): Buffer {
  const content = Buffer.concat(parts);
  const { length } = content;
  // DER knows one way to write a length, the shortest.
  const long = length < 0x100 ? [0x81, length] : [0x82, length >> 8, length & 0xff];
  const header = length < 0x80 ? [tag, length] : [tag, ...long];
  return Buffer.concat([Buffer.from(header), content]);
}
