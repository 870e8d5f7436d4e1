/**
 * @file The effect between two sets of recorded runs, for people: the arms, one line a measure with its interval, what the
 * numbers rest on, and what they do not say.
 */
import { formatEstimate, formatNumber } from "../core/index.ts";
import type { Named, RecordedEffect } from "../study/commands/recordedEffect.ts";
import { renderTable, shortNumber } from "./table.ts";

export function recordedEffectText(result: RecordedEffect): string {
  const { treated, control, design, ground, window, effects } = result;
  const { low, high, matchedSteps } = window;
  const range = low === high ? `step ${low}` : `steps ${low} to ${high}, ${matchedSteps} matched`;
  const bySize = [...effects].sort((a, b) => (a.adjustedP ?? 1) - (b.adjustedP ?? 1));
  const hasItems = effects.some(({ onTheseItems }) => onTheseItems !== undefined && design === "one run an arm");
  const table = renderTable(bySize, [
    { title: "MEASURE", text: ({ measure }) => measure },
    { title: "TREATED", text: (one) => shortNumber(one.treated), align: "right" },
    { title: "CONTROL", text: (one) => shortNumber(one.control), align: "right" },
    { title: "DIFFERENCE", text: ({ effect }) => formatEstimate(effect), align: "right" },
    ...(hasItems
      ? [
          {
            title: "ON THESE ITEMS",
            text: ({ onTheseItems }: (typeof bySize)[number]) =>
              onTheseItems === undefined ? "—" : formatEstimate(onTheseItems),
            align: "right" as const,
          },
        ]
      : []),
    { title: "P (CORRECTED)", text: ({ adjustedP }) => shortP(adjustedP), align: "right" },
    { title: "DETECTABLE", text: ({ minimalDetectable }) => shortNumber(minimalDetectable), align: "right" },
  ]);
  const detected = effects.filter(({ effect }) => effect.low > 0 || effect.high < 0);
  const methods = [...new Set(effects.map(({ effect }) => effect.method.replace(/ \(ρ [^)]*\)/, "")))];
  return [
    `Treated: ${arm(treated)}`,
    `Control: ${arm(control)}`,
    `${design} (${ground}); ${range} (${window.ground})`,
    "",
    table,
    "",
    detected.length === 0
      ? `No effect detected on ${effects.length === 1 ? "this measure" : `any of ${effects.length} measures`}; DETECTABLE is the size that would have been found four times in five.`
      : `An effect is detected on ${detected.length} of ${effects.length} ${effects.length === 1 ? "measure" : "measures"}, corrected for looking at all of them.`,
    ...methods
      .slice(0, 3)
      .map(
        (method) => `${shortNumber(100 * effects[0].effect.level)}% intervals: ${method}, n = ${effects[0].effect.n}`,
      ),
    ...result.refused.slice(0, 8).map(({ name, reason }) => `left out: ${name}: ${reason}`),
    ...(result.refused.length > 8 ? [`and ${result.refused.length - 8} more left out (--json lists them)`] : []),
    ...result.limits,
    ...result.incomparable.map(({ what }) => `NOT COMPARABLE, gone on despite it: ${what}`),
    ...result.despite.map(({ what }) => `AUDIT ERROR, gone on despite it: ${what}`),
    ...result.warnings.map(({ code, what }) => `warning ${code}: ${what}`),
  ].join("\n");
}

function arm(runs: readonly Named[]): string {
  const names = runs.slice(0, 4).map(({ name }) => name);
  return `${names.join(", ")}${runs.length > 4 ? ` and ${runs.length - 4} more` : ""} (${runs.length} ${runs.length === 1 ? "run" : "runs"})`;
}

function shortP(p: number | undefined): string {
  if (p === undefined) return "identical";
  return p < 0.001 ? "< .001" : formatNumber(p, 3);
}
