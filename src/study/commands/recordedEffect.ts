/**
 * @file The effect of an intervention that was recorded elsewhere: treated against control runs, matched by step.
 *
 * Refuses (REFUSED) what the audit calls an error and (NOT_COMPARABLE) arms that were measured differently, unless told to
 * go on, which the answer records. Several runs an arm: runs are the units, paired where their seeds match, otherwise
 * Welch and permutations. One run an arm: items and checkpoints tell the error, and the answer says that it cannot speak
 * for other seeds.
 */
import { DomainError, type Finding, OntogenyError, type RecordedRun, RefusedError } from "../../core/index.ts";
import { audit, comparability, type Incomparability, type RefusedMeasure } from "../../science/index.ts";
import { Workspace } from "../../store/index.ts";
import { listRuns, selectRuns } from "../recorded/listRuns.ts";
import { loadRuns } from "../recorded/loadRuns.ts";
import { requireSound } from "../recorded/soundness.ts";
import { type ArmEffect, effectsOf } from "./armEffects.ts";
import { matchRuns, type Window } from "./matchRuns.ts";

export interface RecordedEffectOptions {
  readonly home: string;
  /** Ids, names or patterns, at least one each. */
  readonly treated: readonly string[];
  readonly control: readonly string[];
  /** Names or patterns; absent: every measure that all runs have. */
  readonly measures?: readonly string[];
  /** First step that counts; "last": only the last that all runs have. Absent: see `matchRuns`. */
  readonly from?: number | "last";
  readonly to?: number;
  readonly level?: number;
  /** Go on where the audit finds errors or the arms are not comparable. */
  readonly despite?: boolean;
}

export interface RecordedEffect {
  readonly treated: readonly Named[];
  readonly control: readonly Named[];
  readonly design: "paired runs" | "independent runs" | "one run an arm";
  /** How runs were paired, or why not. */
  readonly ground: string;
  readonly window: Window;
  readonly effects: readonly ArmEffect[];
  readonly refused: readonly RefusedMeasure[];
  /** What the numbers do not say. */
  readonly limits: readonly string[];
  /** Share of the measures for which the files state how they were measured. */
  readonly statedShare: number;
  /** What differs between the arms, where it was told to go on. */
  readonly incomparable: readonly Incomparability[];
  readonly despite: readonly Finding[];
  readonly warnings: readonly Finding[];
}

export interface Named {
  readonly id: string;
  readonly name: string;
}

export async function recordedEffect(options: RecordedEffectOptions): Promise<RecordedEffect> {
  const { home } = options;
  const workspace = await Workspace.open(home);
  const all = listRuns(workspace);
  const [treated, control] = await Promise.all(
    [options.treated, options.control].map((selectors) => loadRuns(workspace, selectRuns(all, selectors))),
  );
  return effectOfRuns(treated, control, options);
}

/** The same on runs in hand. */
export function effectOfRuns(
  treated: readonly RecordedRun[],
  control: readonly RecordedRun[],
  { measures, from, to, level = 0.95, despite = false }: Omit<RecordedEffectOptions, "home" | "treated" | "control">,
): RecordedEffect {
  const both = treated.find(({ id }) => control.some((other) => other.id === id));
  if (both !== undefined)
    throw new OntogenyError(
      "ARMS_OVERLAP",
      `Effect: expected two sets of runs without a common one, got ${both.name} in both; narrow --treated and --control`,
    );
  if (treated.length === 0 || control.length === 0)
    throw new DomainError("Effect", "runs in both arms", `${treated.length} treated and ${control.length} control`);
  const { names, common, steps, window } = matchRuns(treated, control, { from, to, measures });
  const found = audit([...treated, ...control]);
  const touched = {
    runs: [...treated, ...control].map(({ id }) => id),
    measures: names,
    steps: [window.low, window.high] as const,
  };
  const { despite: overridden, warnings } = requireSound("Effect", found, touched, { despite });
  const inside = steps.filter((step) => step >= window.low && step <= window.high);
  const { differences: all, statedShare } = comparability({ treated, control, measures: common, steps: inside });
  const differences = all.filter(
    ({ measures: affected, chance }) => chance !== undefined || affected.some((name) => names.includes(name)),
  );
  const comparable = comparableNames(names, differences, { isChosen: measures !== undefined, despite });
  const { design, ground, effects, refused } = effectsOf({ treated, control, names: comparable, window, level });
  if (effects.length === 0) throw new RefusedError("Effect", refused[0]?.reason ?? "no measure is left");
  return {
    treated: treated.map(({ id, name }) => ({ id, name })),
    control: control.map(({ id, name }) => ({ id, name })),
    design,
    ground,
    window,
    effects,
    refused: [
      ...refused,
      ...names
        .filter((name) => !comparable.includes(name))
        .map((name) => ({
          name,
          reason: `not comparable: ${differences.find((one) => one.measures.includes(name))?.what ?? "see the others"}`,
        })),
    ],
    limits: limitsOf(design, effects, statedShare),
    statedShare,
    incomparable: differences,
    despite: overridden,
    warnings,
  };
}

/** Measures that may be compared; throws NOT_COMPARABLE where that is none, one that was asked for is not, or the evaluator itself differs. */
function comparableNames(
  names: readonly string[],
  differences: readonly Incomparability[],
  { isChosen, despite }: { readonly isChosen: boolean; readonly despite: boolean },
): readonly string[] {
  if (despite || differences.length === 0) return names;
  const affected = new Set(differences.flatMap(({ measures }) => measures));
  const left = names.filter((name) => !affected.has(name));
  // An inferred change of the evaluator may touch other measures where it cannot be seen.
  const ofEvaluator = differences.find(({ isOfEvaluator, chance }) => isOfEvaluator && chance !== undefined);
  if (left.length > 0 && !isChosen && ofEvaluator === undefined) return left;
  const { what, ground, chance } = ofEvaluator ?? differences[0];
  throw new OntogenyError(
    "NOT_COMPARABLE",
    `Effect: expected arms that were measured alike, got ${what} (${ground}${chance === undefined ? "" : `, chance ${chance.toExponential(0)}`}); a difference between them is not an effect of the intervention. Choose other runs, measures or steps, or go on with --despite, which is recorded`,
  );
}

function limitsOf(design: RecordedEffect["design"], effects: readonly ArmEffect[], statedShare: number): string[] {
  const drifting = effects.filter(
    ({ effectiveSteps, steps }) => effectiveSteps !== undefined && steps >= 8 && effectiveSteps < 2.5,
  );
  return [
    ...(design === "one run an arm"
      ? [
          "One run an arm: this cannot speak for other seeds; the two runs may differ as much for seed or hardware alone.",
        ]
      : []),
    ...(drifting.length > 0
      ? [
          `On ${drifting.length} of ${effects.length} measures the difference drifts along the window (its steps are worth fewer than 2.5 independent ones): ask about the end with --from last.`,
        ]
      : []),
    ...(statedShare < 1
      ? [
          `For ${Math.round(100 * (1 - statedShare))}% of the measures the files do not say how they were measured; comparability is then inferred from values only.`,
        ]
      : []),
  ];
}
