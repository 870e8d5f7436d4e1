export * from "./bridge.ts";
export { BRIDGES } from "./registry.ts";
