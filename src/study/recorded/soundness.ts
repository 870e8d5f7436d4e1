/**
 * @file What an audit's findings mean for an analysis that reads recorded runs: an error that touches it refuses, a
 * warning is carried into its answer, and going on despite errors is recorded there too.
 */
import { type Finding, findingsTouching, RefusedError, type Touched } from "../../core/index.ts";

export interface Soundness {
  /** Errors that were told to be gone over with `despite`. */
  readonly despite: readonly Finding[];
  readonly warnings: readonly Finding[];
}

/** Throws REFUSED where an error touches what is read, unless `despite`. `what` names the analysis, e.g. "Effect". */
export function requireSound(
  what: string,
  findings: readonly Finding[],
  touched: Touched,
  { despite = false }: { readonly despite?: boolean } = {},
): Soundness {
  const touching = findingsTouching(findings, touched);
  const errors = touching.filter(({ severity }) => severity === "error");
  if (errors.length > 0 && !despite)
    throw new RefusedError(
      what,
      `the audit finds ${errors.length === 1 ? "an error" : `${errors.length} errors`} in what it would read: ${errors[0].what}; choose other runs, measures or steps, or go on with --despite, which is recorded`,
    );
  return { despite: errors, warnings: touching.filter(({ severity }) => severity === "warning") };
}
