/** @file Types of ./ensureChromium.mjs for the tests. */
type Found =
  | { readonly path: string; readonly missing?: undefined }
  | { readonly path?: undefined; readonly missing: string };

export const CHROMIUM_ARGUMENTS: string[];
export function findChromium(): Found;
export function ensureChromium(): Found;
