// One layer a line.

export * from "./api/index.ts";
export * from "./client/index.ts";
export * from "./config/index.ts";
export * from "./resource/index.ts";
export * from "./watch/index.ts";
export * from "./wire/index.ts";
