/**
 * @file Scores the registered forecasts of recorded runs whose outcome has been imported since, and writes the scores to
 * the ledger. A forecast that is scored already is not scored again; one without an outcome waits.
 */
import type { Distribution, LedgerEntry } from "../../core/index.ts";
import { centralInterval, crps, logScore } from "../../science/index.ts";
import { Workspace } from "../../store/index.ts";
import { listRuns } from "../recorded/listRuns.ts";
import { loadRuns } from "../recorded/loadRuns.ts";
import { RECORDED_FORECAST } from "./forecastRecorded.ts";

export interface ScoredForecast {
  readonly key: string;
  readonly run: string;
  readonly measure: string;
  readonly cutoff: number;
  readonly targetStep: number;
  readonly outcome: number;
  readonly registeredAt: string;
  readonly scores: readonly {
    readonly method: string;
    readonly role: string;
    readonly crps: number;
    readonly logScore: number;
    readonly isIn90: boolean;
  }[];
  /** Entry of the ledger's segment "cli". */
  readonly seq: number;
}

export interface ScoringAnswer {
  readonly scored: readonly ScoredForecast[];
  /** Registered, and the workspace has no outcome yet. */
  readonly waiting: number;
  readonly scoredBefore: number;
}

interface Registered {
  readonly run: { readonly id: string; readonly name: string };
  readonly measure: string;
  readonly cutoff: number;
  readonly targetStep: number;
  readonly forecasts: readonly {
    readonly method: string;
    readonly role: string;
    readonly distribution: Distribution;
  }[];
}

export async function scoreForecasts({ home }: { readonly home: string }): Promise<ScoringAnswer> {
  const workspace = await Workspace.open(home);
  const ledger = workspace.ledger("cli");
  const entries = ledger.find({ kind: "forecast" }).filter(({ key }) => key.startsWith(`${RECORDED_FORECAST}:`));
  const open = entries.filter(({ key }) => ledger.find({ key: `score:${key}` }).length === 0);
  const outcomes = await outcomesOf(workspace, open);
  const known = open.filter(({ key }) => Number.isFinite(outcomes.get(key)));
  const bodies = known.map(({ key, body, at }) => scoreOf(key, body as Registered, at, outcomes.get(key)!));
  const written = ledger.appendAll(bodies.map((body) => ({ kind: "score" as const, key: `score:${body.key}`, body })));
  ledger.close();
  return {
    scored: bodies.map((body, i) => ({ ...body, seq: written[i].seq })),
    waiting: open.length - known.length,
    scoredBefore: entries.length - open.length,
  };
}

/** Key of the forecast → outcome; NaN where there is none. */
async function outcomesOf(workspace: Workspace, entries: readonly LedgerEntry[]): Promise<Map<string, number>> {
  const listed = new Map(listRuns(workspace).map((run) => [run.id, run]));
  const outcomes = new Map<string, number>();
  for (const { key, body } of entries) {
    const { run, measure, targetStep } = body as Registered;
    const present = listed.get(run.id);
    if (present === undefined) continue;
    const [loaded] = await loadRuns(workspace, [present], { measures: [measure] });
    const series = loaded.series.get(measure);
    const at = series?.steps.indexOf(targetStep) ?? -1;
    outcomes.set(key, at < 0 ? Number.NaN : series!.values[at]);
  }
  return outcomes;
}

function scoreOf(
  key: string,
  { run, measure, cutoff, targetStep, forecasts }: Registered,
  registeredAt: string,
  outcome: number,
): Omit<ScoredForecast, "seq"> {
  return {
    key,
    run: run.name,
    measure,
    cutoff,
    targetStep,
    outcome,
    registeredAt,
    scores: forecasts.map(({ method, role, distribution }) => {
      const [low, high] = centralInterval(distribution, 0.9);
      return {
        method,
        role,
        crps: crps(distribution, outcome),
        logScore: logScore(distribution, outcome),
        isIn90: outcome >= low && outcome <= high,
      };
    }),
  };
}
