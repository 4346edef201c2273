/**
 * What `read` makes of the command line. A mistake in it, which both `parseArgs` and `whole`
 * tell by a TypeError, is a sentence, and ends the program with 2.
 */
export function flags<T>(program: string, read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    process.stderr.write(`${program}: ${error.message}\n`);
    process.exit(2);
  }
}

/** @throws {TypeError} the flag's text is no whole number of at least so much. */
export function whole(flag: string, text: string, least: number): number {
  const value = Number(text);
  if (text.trim() !== "" && Number.isSafeInteger(value) && value >= least) return value;
  throw new TypeError(`--${flag} must be a whole number of at least ${least}, not ${text}`);
}
