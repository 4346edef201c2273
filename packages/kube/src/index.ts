// One layer a line; each imports only from those before it.
export * from "./resource/index.ts";
export * from "./wire/index.ts";
export * from "./config/index.ts";
export * from "./client/index.ts";
export * from "./watch/index.ts";
