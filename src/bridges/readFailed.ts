/**
 * @file What a bridge says when the file system does not give it a file's bytes.
 */
import { OntogenyError } from "../core/index.ts";

export function readFailed(path: string, cause: unknown): OntogenyError {
  const why = cause instanceof Error ? cause.message : String(cause);
  return new OntogenyError("READ_FAILED", `Import: expected a file that can be read, got: ${why}`, { cause, path });
}
