/**
 * @file A method that refuses costs its own number, not the study: the refusal is told and the rest goes on.
 */
import { RefusedError } from "../core/index.ts";

/** The result of `work`; undefined when it refused, after `tell` was given the reason. Other errors pass through. */
export function unlessRefused<T>(work: () => T, tell: (reason: string) => void = () => {}): T | undefined {
  try {
    return work();
  } catch (error) {
    if (!(error instanceof RefusedError)) throw error;
    tell(error.message);
    return undefined;
  }
}
