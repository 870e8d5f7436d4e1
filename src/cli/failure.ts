/**
 * @file How a failure looks: one line `error CODE: message` on stderr, then where it happened; a stack trace only with
 * --debug. Exit code 1, 2 for a wrong command line, 130 for work that was stopped by Ctrl-C, which is no error.
 */
import { OntogenyError } from "../core/index.ts";

/** A command line that cannot be understood. */
export class UsageError extends OntogenyError {
  constructor(message: string) {
    super("USAGE", message);
  }
}

export function failureText(error: unknown, { debug = false }: { debug?: boolean } = {}): string {
  if (!(error instanceof OntogenyError)) {
    const stack = error instanceof Error ? (error.stack ?? error.message) : String(error);
    if (debug) return `error UNEXPECTED: ${stack}`;
    return `error UNEXPECTED: ${stack.split("\n")[0]}; this is a defect of Ontogeny: run again with --debug and report what it prints`;
  }
  const text = isStop(error) ? error.message : `error ${error.code}: ${error.message}`;
  if (!debug) return text;
  const cause = error.cause === undefined ? "" : `\nCaused by: ${stackOf(error.cause)}`;
  return `${text}\n${error.stack ?? ""}${cause}`;
}

export function exitCodeOf(error: unknown): number {
  if (isStop(error)) return 130;
  return error instanceof UsageError ? 2 : 1;
}

function isStop(error: unknown): boolean {
  return error instanceof OntogenyError && error.code === "STOPPED";
}

function stackOf(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}
