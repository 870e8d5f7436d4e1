/**
 * @file What a study found: the content of results.json, and all that the report and the command line show.
 *
 * Every number that stands for more than one run is an Estimate; every run is named, so that a number can be traced to
 * files. NaN and ±∞ are written as strings (resultsFile.ts).
 */
import type {
  Distribution,
  Estimate,
  Event,
  Factors,
  Json,
  MeasureSpec,
  OnsetDefinition,
  Outcome,
  Requirement,
  Seeds,
  Space,
} from "../core/index.ts";
import type { MethodScore } from "../science/index.ts";

export interface StudyResults {
  readonly format: "ontogeny.results/1";
  readonly study: {
    readonly id: string;
    readonly name: string;
    readonly title: string;
    readonly question: string;
    readonly quick: boolean;
    readonly organism: { readonly name: string; readonly title: string; readonly description: string };
    readonly factors: Factors;
    readonly steps: number;
    readonly measures: readonly MeasureSpec[];
  };
  readonly observe: ObserveResults;
  readonly predict?: PredictResults;
  readonly intervene?: InterveneResults;
  readonly design?: DesignResults;
  readonly lineage: readonly LineageRow[];
  readonly ledger: { readonly head: string; readonly entries: number; readonly anchor: string };
  readonly cost: CostResults;
  /** One plain sentence a rung, each number with its interval and n. */
  readonly findings: readonly Finding[];
}

export interface Finding {
  readonly rung: "observe" | "predict" | "intervene" | "design";
  readonly text: string;
}

export interface RunRef {
  readonly run: string;
  readonly seeds: Seeds;
}

export interface ObserveResults {
  readonly runs: readonly RunRef[];
  readonly steps: readonly number[];
  /** measure → one row a run, in the order of `runs`, one value a step; null where not measured. */
  readonly values: Readonly<Record<string, readonly (readonly (number | null)[])[]>>;
  /** Mean over runs at the last step, with the sd over runs. */
  readonly finals: readonly {
    readonly measure: string;
    readonly mean: Estimate;
    readonly sd: number;
    readonly itemSe?: number;
    readonly itemN?: number;
  }[];
  readonly onsets: readonly {
    readonly definition: OnsetDefinition;
    readonly events: readonly Event[];
    readonly reached: number;
    /** Kaplan–Meier median; absent when half the runs never reach it. */
    readonly median?: Estimate;
  }[];
  readonly changePoints: readonly {
    readonly measure: string;
    readonly perRun: readonly (readonly Event[])[];
    readonly ofMean: readonly Event[];
  }[];
  readonly variance?: {
    readonly measure: string;
    readonly total: Estimate;
    /** sd carried by each seed component when only it is changed, and its share of the cohort's variance. */
    readonly components: readonly {
      readonly name: string;
      readonly sd: Estimate;
      readonly share: Estimate;
      readonly runs: readonly string[];
    }[];
  };
}

export interface MethodRef {
  readonly name: string;
  readonly role: "baseline" | "method";
  readonly description: string;
}

export interface PredictResults {
  readonly runs: readonly RunRef[];
  readonly cutoffs: readonly number[];
  /** Ledger sequence numbers: the frozen methods, then the first and last registered forecast. */
  readonly registered: {
    readonly frozenSeq: number;
    readonly firstSeq: number;
    readonly lastSeq: number;
    readonly count: number;
  };
  readonly targets: readonly PredictTarget[];
}

export interface PredictTarget {
  readonly outcome: Outcome;
  readonly label: string;
  /** "value": at the last step; "onset": a step, right-censored at the last step when null. */
  readonly kind: "value" | "onset";
  readonly methods: readonly MethodRef[];
  readonly outcomes: readonly { readonly run: string; readonly value: number | null }[];
  readonly forecasts: readonly {
    readonly run: string;
    readonly cutoff: number;
    readonly method: string;
    readonly distribution: Distribution;
    readonly seq: number;
  }[];
  readonly scores: readonly ForecastScore[];
  /** Leave-one-out over the finished cohort, never mixed with the registered forecasts. */
  readonly retrospective?: readonly ForecastScore[];
  /** Onset targets: runs still at risk at each cutoff, and the mean time left from the cutoff to the onset. */
  readonly atRisk?: readonly { readonly cutoff: number; readonly n: number; readonly lead?: Estimate }[];
}

/** Scores of one method at one cutoff, over the runs for which it was asked. */
export interface ForecastScore extends MethodScore {
  readonly cutoff: number;
}

export interface ArmPair {
  readonly seeds: Seeds;
  readonly treatedRun: string;
  readonly controlRun: string;
  readonly treated: number;
  readonly control: number;
}

export interface Contrast {
  readonly name: string;
  /** Window start, or dose. */
  readonly x: number;
  readonly pairs: readonly ArmPair[];
  /** Treated − control, simultaneous over the family when `adjustedP` is given. */
  readonly effect: Estimate;
  readonly adjustedP?: number;
  /** Correlation of the two arms over seeds: what pairing gains. */
  readonly correlation?: number;
  readonly forecasts: readonly { readonly method: string; readonly distribution: Distribution; readonly seq: number }[];
}

export interface ContrastFamily {
  readonly kind: "window" | "dose";
  readonly title: string;
  readonly xLabel: string;
  /** Windows: how many steps each lasts, so that figures can draw them at their length. */
  readonly windowSteps?: number;
  readonly contrasts: readonly Contrast[];
  /** For example the step at which the window works best, or the trend over doses. */
  readonly summaries: readonly { readonly label: string; readonly estimate: Estimate; readonly p?: number }[];
  readonly notes: readonly string[];
}

export interface InterveneResults {
  readonly outcome: Outcome;
  readonly label: string;
  readonly step: number;
  readonly seeds: number;
  readonly pilotSeeds: number;
  readonly families: readonly ContrastFamily[];
  readonly nulls: {
    readonly exact: { readonly compared: number; readonly identical: number; readonly runs: readonly string[] };
    readonly active?: Contrast;
    readonly perturbed?: { readonly effect: Estimate; readonly noiseSd: Estimate; readonly pairs: readonly ArmPair[] };
  };
  readonly forecastMethods: readonly MethodRef[];
  readonly forecastScores: readonly {
    readonly method: string;
    readonly role: "baseline" | "method";
    readonly crps: Estimate;
    readonly coverage: Estimate;
    readonly skill: Readonly<Record<string, Estimate>>;
  }[];
}

export interface CandidateRow {
  readonly index: number;
  readonly origin: "random" | "surrogate" | "replicate";
  readonly set: Readonly<Record<string, Json>>;
  readonly run: string;
  readonly seeds: Seeds;
  /** Steps trained. */
  readonly steps: number;
  readonly stoppedAt?: number;
  readonly reason: string;
  /** requirement index → value at its step; null when stopped before. */
  readonly values: readonly (number | null)[];
  readonly pass: boolean;
  /** Chance of meeting every requirement that the surrogate gave it before it ran. */
  readonly expectedPass?: number;
}

export interface DesignResults {
  readonly goal: string;
  readonly requirements: readonly Requirement[];
  readonly reliability: number;
  readonly level: number;
  readonly space: Space;
  readonly candidates: readonly CandidateRow[];
  /** Absent when nothing met the requirements within the budget; then `best` is shown. */
  readonly chosen?: {
    readonly set: Readonly<Record<string, Json>>;
    readonly hash: string;
    readonly why: string;
    readonly procedure: string;
  };
  readonly best: {
    readonly set: Readonly<Record<string, Json>>;
    readonly values: readonly (number | null)[];
    readonly passes: number;
    readonly n: number;
  };
  readonly plan?: {
    readonly n: number;
    readonly failures: number;
    readonly powerAt: readonly { readonly rate: number; readonly power: number }[];
    readonly seq: number;
  };
  readonly confirmation?: {
    readonly runs: readonly (RunRef & { readonly values: readonly number[]; readonly pass: boolean })[];
    readonly successes: number;
    /** One-sided Clopper–Pearson lower bound on the success rate. */
    readonly reliability: Estimate;
    readonly verdict: "confirmed" | "not confirmed";
    readonly requirements: readonly { readonly mean: Estimate; readonly worst: number }[];
    readonly seq: number;
  };
  readonly cost: {
    readonly searchSteps: number;
    readonly confirmSteps: number;
    /** Random candidates of this search that passed, and the steps that random search needs for a first success. */
    readonly random: { readonly passed: number; readonly n: number; readonly stepsToFirst?: Estimate };
  };
}

export interface LineageRow {
  readonly run: string;
  readonly role:
    | "cohort"
    | "variance"
    | "forecast"
    | "control"
    | "window"
    | "dose"
    | "null"
    | "pilot"
    | "candidate"
    | "replicate"
    | "confirmation";
  readonly label: string;
  readonly parent?: string;
  readonly forkStep?: number;
  /** The last step that it came to. */
  readonly step: number;
  readonly seeds: Seeds;
  /** Training broke there, and how. */
  readonly failure?: string;
}

export interface CostResults {
  readonly wallSecs: number;
  readonly runs: number;
  /** Optimizer steps that were computed, and those that branches shared with their parents. */
  readonly stepsTrained: number;
  readonly stepsShared: number;
  readonly msPerStep: Estimate;
  /** Time spent measuring as a share of the time spent training. */
  readonly measuringShare: Estimate;
  readonly workers: number;
  readonly peakMemoryBytes: number;
  readonly numerics: readonly string[];
  readonly versions: Readonly<Record<string, string>>;
  readonly recovered: { readonly attempts: number; readonly tornLines: number; readonly supersededLines: number };
}
