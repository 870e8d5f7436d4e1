/**
 * @file The error tree. Every failure that a user can meet is an OntogenyError with a stable code.
 *
 * Message form: `what: expected …, got …; what to do about it`, then the path on a line of its own.
 */

export class OntogenyError extends Error {
  /** Stable, upper-case, for programs. */
  readonly code: string;

  constructor(code: string, message: string, options?: { cause?: unknown; path?: string }) {
    super(
      options?.path === undefined ? message : `${message}\nFile: ${options.path}`,
      options?.cause === undefined ? undefined : { cause: options.cause },
    );
    this.name = new.target.name;
    this.code = code;
  }
}

/** An argument of a numeric routine lies outside what the routine is defined for. */
export class DomainError extends OntogenyError {
  constructor(what: string, expected: string, got: unknown) {
    super("OUT_OF_DOMAIN", `${what}: expected ${expected}, got ${String(got)}`);
  }
}

/** An estimator failed its own diagnostics, or the data cannot carry the claim: no number is given. */
export class RefusedError extends OntogenyError {
  constructor(what: string, reason: string) {
    super("REFUSED", `${what}: ${reason}`);
  }
}

export class ShapeError extends OntogenyError {
  constructor(what: string, expected: string, got: readonly number[]) {
    super("SHAPE_MISMATCH", `${what}: expected shape ${expected}, got [${got.join(", ")}]`);
  }
}

/** A branch that the types say cannot be reached was reached: a defect of ours. */
export class UnreachableError extends OntogenyError {
  constructor(value: never) {
    super("UNREACHABLE", `unexpected value ${JSON.stringify(value)}; this is a defect of Ontogeny, please report it`);
  }
}
