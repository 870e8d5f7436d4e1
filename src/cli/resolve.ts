/**
 * @file Short ids: any beginning that only one run or study has. An ambiguous one is an error that lists the candidates.
 */
import { OntogenyError } from "../core/index.ts";

/** The one id that begins with `text`; an exact match wins. A run's leading "r" may be left out. */
export function resolveId(text: string, ids: readonly string[], what: "run" | "study"): string {
  if (ids.includes(text)) return text;
  const matches = ids.filter((id) => id.startsWith(text) || (what === "run" && id.startsWith(`r${text}`)));
  if (text !== "" && matches.length === 1) return matches[0];
  if (text === "" || matches.length === 0)
    throw new OntogenyError(
      what === "run" ? "RUN_NOT_FOUND" : "STUDY_NOT_FOUND",
      `${what === "run" ? "Run" : "Study"}: expected the beginning of an id, got "${text}", which none of ${ids.length} has; list them with \`ontogeny ls\``,
    );
  const shown = matches.slice(0, 5).join(", ");
  throw new OntogenyError(
    "ID_AMBIGUOUS",
    `"${text}": expected the beginning of one ${what} id, got ${matches.length} (${shown}${matches.length > 5 ? ", …" : ""}); give more letters`,
  );
}
