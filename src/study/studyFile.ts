/**
 * @file Reads a study file: YAML → Study. Every complaint names the line in the file and what was expected there;
 * nothing is run before the whole file is right.
 */
import { readFileSync } from "node:fs";
import { type Document, isMap, isNode, LineCounter, parseDocument } from "yaml";
import type { z } from "zod";
import { OntogenyError, type Study, StudySchema } from "../core/index.ts";

export interface StudyFile {
  readonly path: string;
  readonly study: Study;
  /** "line 12" for a place in the file, e.g. ["observe", "onsets", 0]; for messages of later checks. */
  readonly where: (place: readonly PropertyKey[]) => string;
}

export function loadStudyFile(path: string): StudyFile {
  let text: string;
  try {
    text = readFileSync(path, "utf8");
  } catch (cause) {
    throw new OntogenyError("STUDY_NOT_FOUND", "Study file: expected a readable YAML file; check the path", {
      cause,
      path,
    });
  }
  return parseStudyFile(text, path);
}

export function parseStudyFile(text: string, path: string): StudyFile {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false });
  const [problem] = document.errors;
  if (problem !== undefined) {
    const { line, col } = lines.linePos(problem.pos[0]);
    throw new OntogenyError("STUDY_SYNTAX", `Study file is not YAML: line ${line}, column ${col}: ${problem.message}`, {
      path,
    });
  }
  const where = (place: readonly PropertyKey[]) => lineOf(document, lines, place);
  const parsed = StudySchema.safeParse(document.toJS());
  if (!parsed.success) {
    const issue = deepest(parsed.error.issues[0]);
    throw studyError({ path, where }, issue.path, explain(issue));
  }
  return { path, study: parsed.data, where };
}

/** The error of one wrong place in a study file. */
export function studyError(
  file: Pick<StudyFile, "path" | "where">,
  place: readonly PropertyKey[],
  problem: string,
): OntogenyError {
  const name = place.length === 0 ? "the file" : place.map(String).join(".");
  return new OntogenyError("STUDY_INVALID", `Study file, ${file.where(place)}, ${name}: ${problem}`, {
    path: file.path,
  });
}

type Issue = z.core.$ZodIssue;

/** Of a failed union, the complaint of the alternative that went furthest. */
function deepest(issue: Issue): Issue {
  if (issue.code !== "invalid_union" || issue.errors.length === 0) return issue;
  const inner = issue.errors.flat().sort((a, b) => b.path.length - a.path.length)[0];
  if (inner === undefined || inner.path.length === 0) return issue;
  return deepest({ ...inner, path: [...issue.path, ...inner.path] });
}

function explain(issue: Issue): string {
  if (issue.code === "unrecognized_keys")
    return `unknown key ${issue.keys.map((key) => `"${key}"`).join(", ")}; remove it or mend its spelling`;
  if (issue.code === "invalid_union") return `${issue.message}; see the README for the forms that are allowed`;
  return issue.message.replace(/^Invalid input: /, "").replace(/, received undefined$/, ", but it is missing");
}

function lineOf(document: Document, lines: LineCounter, place: readonly PropertyKey[]): string {
  for (let depth = place.length; depth >= 0; depth--) {
    const path = place.slice(0, depth);
    const parent = depth === 0 ? undefined : document.getIn(path.slice(0, -1), true);
    if (isMap(parent)) {
      const pair = parent.items.find(
        (item) => String(isNode(item.key) ? item.key.toJSON() : item.key) === String(path.at(-1)),
      );
      if (pair !== undefined && isNode(pair.key) && pair.key.range)
        return `line ${lines.linePos(pair.key.range[0]).line}`;
    }
    const node = depth === 0 ? document.contents : document.getIn(path, true);
    if (isNode(node) && node.range) return `line ${lines.linePos(node.range[0]).line}`;
  }
  return "line 1";
}
