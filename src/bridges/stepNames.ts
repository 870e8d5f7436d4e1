/**
 * @file Steps that are written into names of files, folders and revisions, and what is left of a name without them.
 *
 * Names are data, never paths to open. A step is a whole number after one of the words step, global_step, iter(ation),
 * update, checkpoint, ckpt, chkpt; "k" after it means thousand. Where a name holds several, the last one counts. A bare
 * number at the end of a name (`…-long_116000`) is weak evidence, used where nothing else is said; never after a word such
 * as seed, shot, run or version.
 */

const STEP =
  /(?<![a-z])(?:global[-_ ]?)?(?:step|iteration|iter|update|checkpoint|ckpt|chkpt)s?[-_= ]{0,2}(\d{1,15})(k?)(?![a-z0-9])/gi;
const STEP_AND_TOKENS = new RegExp(`${STEP.source}(?:[-_]tokens[-_]?\\d+[kmbt]?)?`, "gi");
const BARE = /[-_](\d{2,15})$/;
const DATE =
  /[-_.]?(?:\d{4}-\d{2}-\d{2}[T_ -]\d{2}[-:]\d{2}[-:]\d{2}(?:[.,]\d+)?Z?|\d{2}-\d{2}-\d{4}-\d{2}-\d{2}-\d{2}|20\d{6}[-_T]?\d{6})/g;
const RESULTS = /(?:^|[-_.])(?:lm[-_]?)?(?:eval(?:uation)?[-_]?)?results?(?=$|[-_.])/gi;

/** The step that a name states, or undefined. */
export function maybeStepInName(name: string): number | undefined {
  let step: number | undefined;
  for (const [, digits, thousand] of name.matchAll(STEP)) step = Number(digits) * (thousand === "" ? 1 : 1000);
  return step;
}

/** The last folder of a path that states a step (the file's own name does not count). */
export function maybeStepInFolders(relative: string): number | undefined {
  const folders = relative.split("/").slice(0, -1).reverse();
  for (const folder of folders) {
    const step = maybeStepInName(folder);
    if (step !== undefined) return step;
  }
  return undefined;
}

/** The bare number at the end of a file's name, weak evidence for a step. */
export function maybeBareNumber(fileName: string): number | undefined {
  const stem = withoutDates(withoutExtension(fileName));
  const found = maybeStepInName(stem) === undefined ? BARE.exec(stem) : null;
  return found === null || isNamedNumber(stem, found) ? undefined : Number(found[1]);
}

/** Without steps (and the tokens that follow them), with its separators tidied. */
export function withoutStep(name: string): string {
  return tidy(name.replace(STEP_AND_TOKENS, ""));
}

/**
 * What all files of one trajectory share: the path without steps, dates, the word "results" and the extension.
 * Empty where nothing else is left.
 */
export function trajectoryOf(relative: string): { readonly folder: string; readonly stem: string } {
  const parts = relative.split("/");
  const name = withoutDates(withoutExtension(parts.pop() ?? ""));
  const bare = BARE.exec(name);
  const numbered = maybeStepInName(name) === undefined && bare !== null && !isNamedNumber(name, bare);
  const stem = tidy(withoutStep(numbered ? name.slice(0, bare.index) : name).replace(RESULTS, ""));
  const folder = parts
    .map((part) => (maybeStepInName(part) === undefined ? part : withoutStep(part)))
    .filter((part) => part !== "")
    .join("/");
  return { folder, stem };
}

/** The date that a name states, as text that sorts by time; empty: none. */
export function dateInName(name: string): string {
  const [found = ""] = name.match(DATE) ?? [];
  const american = /(\d{2})-(\d{2})-(\d{4})-(\d{2}-\d{2}-\d{2})/.exec(found);
  const ordered = american === null ? found : [american[3], american[1], american[2], american[4]].join("");
  return ordered.replace(/\D/g, "");
}

function isNamedNumber(stem: string, found: RegExpExecArray): boolean {
  return NO_STEP_WORD.test(stem.slice(0, found.index));
}

const NO_STEP_WORD = /(?:seed|shots?|run|version|trial|exp|rank|gpu|node|lr|bs|batch|limit|part|shard)$/i;

function withoutDates(name: string): string {
  return name.replace(DATE, "");
}

function withoutExtension(name: string): string {
  return name.replace(/\.[a-z]+$/i, "");
}

function tidy(name: string): string {
  return name.replace(/([-_.= ])[-_.= ]+/g, "$1").replace(/^[-_.= ]+|[-_.= ]+$/g, "");
}
