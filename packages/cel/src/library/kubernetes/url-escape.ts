// Percent-encoding as Go has it, of bytes that are written one a character.

export type Place = "path" | "host" | "user" | "fragment";

/** What is written as it is, besides letters and digits. */
const plain: Readonly<Record<Place, RegExp>> = {
  path: /[A-Za-z0-9$&+,\-./:;=@_~]/,
  host: /[A-Za-z0-9!"$&'()*+,\-.:;<=>[\]_~]/,
  user: /[A-Za-z0-9$&+,\-.;=_~]/,
  fragment: /[A-Za-z0-9!$&()*+,\-./:;=?@_~]/,
};

export function areAll(bytes: string, place: Place): boolean {
  for (const byte of bytes) if (!plain[place].test(byte)) return false;
  return true;
}

export function percentEncoded(bytes: string, place: Place): string {
  return bytes.replace(/./gs, (byte) =>
    plain[place].test(byte) ? byte : `%${byte.charCodeAt(0).toString(16).toUpperCase().padStart(2, "0")}`,
  );
}

/** Kept as written where that is a way to write it, else unescaped and escaped anew. */
export function encodedAs(written: string, place: Place): string {
  if (areAll(written.replace(/[!$&'()*+,;=:@[\]%]/g, ""), place)) return written;
  return percentEncoded(percentDecoded(written) ?? "", place);
}

/** Undefined where a % is not followed by two hexadecimal digits. */
export function percentDecoded(bytes: string): string | undefined {
  if (/%(?![\da-fA-F]{2})/.test(bytes)) return undefined;
  return bytes.replace(/%(..)/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
}

/** In a host only what is no ASCII may be escaped, and ASCII must be what a host may have. */
export function decodedHost(bytes: string): string | undefined {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: ASCII is what is looked for
  const ascii = bytes.replace(/%[89a-fA-F][\da-fA-F]|%25/g, "").replace(/[^\x00-\x7f]/g, "");
  return areAll(ascii, "host") ? percentDecoded(bytes) : undefined;
}
