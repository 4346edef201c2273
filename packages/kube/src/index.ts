/**
 * Configuration, requests, typed access to the objects of a kind, and watches that heal
 * themselves. What few programs need is an import of its own.
 *
 * @module @kubecast/kube
 */

// One layer a line.
export * from "./api/index.ts";
export * from "./client/index.ts";
export * from "./config/index.ts";
export * from "./resource/index.ts";
export * from "./watch/index.ts";
export * from "./wire/index.ts";
