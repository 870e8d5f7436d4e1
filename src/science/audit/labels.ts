/**
 * @file Folders and files whose names say something else than what is in them: examples in the prompt, size of the model,
 * seed, and words that elsewhere in the same tree name variants ("deduped", "intervention").
 *
 * Only what both the name and the contents state is compared. Sizes within 25% of each other are a note: parameters are
 * counted with and without embeddings.
 */
import type { Finding, FindingCode, RecordedRun } from "../../core/index.ts";
import { finding, listed } from "./check.ts";

const NUMBERS = ["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten"];
const SHOTS = new RegExp(`(?:^|[^a-z0-9])(\\d+|${NUMBERS.join("|")})[-_ ]?shots?(?:$|[^a-z])`, "gi");
const SIZES = /(?:^|[^a-z0-9.])(\d+(?:\.\d+)?)([mb])(?:$|[^a-z0-9])/gi;
const UNITS: Readonly<Record<string, number>> = { m: 1e6, b: 1e9 };
/** Parameters in the embeddings of a small model: two tables of 50,000 × 1,024. */
const EMBEDDINGS_AT_MOST = 1.1e8;
/** Agreement with the other runs that makes a word a label: at least this many of them, and all but one in ten. */
const WITNESSES = 4;

export function labels(runs: readonly RecordedRun[]): Finding[] {
  return [...runs.flatMap((run) => [...shots(run), ...sizes(run, runs), ...seeds(run)]), ...variantWords(runs)];
}

function shots(run: RecordedRun): Finding[] {
  const named = [...new Set(pathOf(run).flatMap((path) => [...path.matchAll(SHOTS)].map(([, word]) => countOf(word))))];
  const stated = [...new Set(run.contexts.map(({ shots: count }) => count).filter((count) => count !== undefined))];
  if (named.length !== 1 || stated.length === 0 || stated.includes(named[0])) return [];
  return [
    mislabelled(run, "error", `its name says ${named[0]} examples in the prompt, its contents say ${listed(stated)}`, {
      named: named[0],
      stated,
    }),
  ];
}

function countOf(word: string): number {
  const at = NUMBERS.indexOf(word.toLowerCase());
  return at >= 0 ? at : Number(word);
}

function sizes(run: RecordedRun, runs: readonly RecordedRun[]): Finding[] {
  const named = sizesIn(pathOf(run));
  const stated = sizesIn(modelsOf(run));
  if (named.length === 0 || stated.length === 0) return [];
  const pairs = named.flatMap((a) => stated.map((b) => ({ a, b, ratio: Math.max(a, b) / Math.min(a, b) })));
  const { a, b, ratio } = pairs.reduce((best, pair) => (pair.ratio < best.ratio ? pair : best));
  if (ratio < 1.001) return [];
  const text = (values: readonly number[]) =>
    listed(values.map((value) => (value >= 1e9 ? `${value / 1e9}B` : `${value / 1e6}M`)));
  const what = `its name says ${text(named)} parameters, the evaluated model says ${text(stated)}`;
  // Runs of one name that all state the same other size were renamed; one among them that states its name was not.
  const alike = runs
    .filter((other) => other !== run && sizesIn([other.name]).includes(a))
    .map((other) => sizesIn(modelsOf(other)));
  const isRenamed = alike.some((sizes) => sizes.includes(b)) && !alike.some((sizes) => sizes.includes(a));
  const isElsewhere = runs.some((other) => other !== run && sizesIn([other.name]).includes(b));
  const isCounting = ratio <= 1.25 || (b < a && a - b <= EMBEDDINGS_AT_MOST && (isRenamed || !isElsewhere));
  return [
    isCounting
      ? mislabelled(run, "note", `${what} (parameters are counted with and without embeddings)`, {
          named,
          stated,
          ratio,
        })
      : mislabelled(run, "error", what, { named, stated, ratio, anotherRunHasThatName: isElsewhere }),
  ];
}

function sizesIn(texts: readonly string[]): number[] {
  return [
    ...new Set(
      texts.flatMap((text) =>
        [...text.matchAll(SIZES)].map(([, digits, unit]) => Number(digits) * UNITS[unit.toLowerCase()]),
      ),
    ),
  ];
}

function seeds(run: RecordedRun): Finding[] {
  const named = [
    ...new Set(
      [run.name].flatMap((path) =>
        [...path.matchAll(/(?:^|[^a-z])seed[-_=]?(\d+)/gi)].map(([, digits]) => Number(digits)),
      ),
    ),
  ];
  const stated = Object.entries(run.configuration)
    .filter(([key, value]) => /(^|[._-])seed$/i.test(key) && typeof value === "number")
    .map(([, value]) => value as number);
  if (named.length !== 1 || stated.length === 0 || stated.includes(named[0])) return [];
  return [
    mislabelled(
      run,
      "warning",
      `its name says seed ${named[0]}, its configuration says ${listed([...new Set(stated)])}`,
      { named: named[0], stated },
    ),
  ];
}

/** Words that occur in some models' names and not in others, and go with the same word in the run's name in nearly all runs. */
function variantWords(runs: readonly RecordedRun[]): Finding[] {
  const known = runs
    .filter((run) => modelsOf(run).length > 0)
    .map((run) => ({ run, path: wordsOf(pathOf(run)), model: wordsOf(modelsOf(run)) }));
  const words = new Set(known.flatMap(({ model }) => [...model]).filter((word) => /^[a-z]{4,}$/.test(word)));
  const found: Finding[] = [];
  for (const word of words) {
    const holding = known.filter(({ model }) => model.has(word)).length;
    if (holding === 0 || holding === known.length) continue;
    const odd = known.filter(({ path, model }) => path.has(word) !== model.has(word));
    const right = known.length - odd.length;
    const isLabel = known.filter(({ path, model }) => path.has(word) && model.has(word)).length >= 2;
    if (!isLabel || right < WITNESSES || odd.length > known.length / 10) continue;
    for (const { run, path } of odd)
      found.push(
        mislabelled(
          run,
          "warning",
          `its name ${path.has(word) ? "has" : "lacks"} "${word}" and the evaluated model ${path.has(word) ? "lacks" : "has"} it, while the two agree in ${right} other runs`,
          { word, runsThatAgree: right },
        ),
      );
  }
  return found;
}

function pathOf(run: RecordedRun): string[] {
  return [run.name, ...run.files.slice(0, 50)];
}

function modelsOf(run: RecordedRun): string[] {
  return [...new Set(run.contexts.map(({ model }) => model).filter((model) => model !== undefined))];
}

function wordsOf(texts: readonly string[]): Set<string> {
  return new Set(texts.flatMap((text) => text.toLowerCase().split(/[^a-z0-9.]+/)));
}

function mislabelled(
  run: RecordedRun,
  severity: Finding["severity"],
  what: string,
  evidence: Finding["evidence"],
): Finding {
  const code: FindingCode = "run-mislabelled";
  return finding(code, `${run.name}: ${what}`, {
    severity,
    where: { runs: [run.id] },
    evidence,
    confidence: { ground: "certain that name and contents disagree; which of them is right is not" },
    spoils:
      severity === "note"
        ? []
        : [
            "comparisons that choose this run by its name",
            "cohorts and scale fits that it would enter under the wrong label",
          ],
  });
}
