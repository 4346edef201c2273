/** The version in package.json, here so that a bundle needs no file beside it; a test compares the two. */
export const version = "0.1.0";
