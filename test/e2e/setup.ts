/**
 * @file Runs once before the end-to-end tests: they drive `dist/`, so it must be what `src/` says.
 */
import { ensure } from "../../scripts/ensure.mjs";

export default function setup(): void {
  ensure();
}
