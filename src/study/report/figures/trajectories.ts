/**
 * @file One panel of the small multiples: a measure over steps, a thin line a seed, mean and band, events on the axis.
 *
 * Runs that have a missing or non-finite value somewhere are drawn where they have values; the panel says how many.
 */
import type { MeasureSpec } from "../../../core/index.ts";
import { formatCount, formatMaybe, formatShort, isFiniteNumber, type MaybeNumber } from "../format.ts";
import { type Html, svg } from "../html.ts";
import { meanBand } from "../meanBand.ts";
import { axisBottom, axisLeft } from "../svg/axis.ts";
import { frame, plotArea } from "../svg/frame.ts";
import { band, interval, mark, polyline } from "../svg/marks.ts";
import { finiteExtent, linearScale, logScale, type Scale, stepScale } from "../svg/scale.ts";

export interface AxisEvent {
  readonly kind: "onset" | "change-point";
  readonly step: MaybeNumber;
  readonly low: MaybeNumber;
  readonly high: MaybeNumber;
  /** Onsets: the threshold, drawn as a dotted line. */
  readonly threshold?: number;
  readonly direction?: "above" | "below";
}

export interface TrajectoryPanelOptions {
  readonly id: string;
  readonly spec: Pick<MeasureSpec, "name" | "unit" | "range" | "family" | "chance">;
  readonly steps: readonly number[];
  /** One row a run, one value a step. */
  readonly rows: readonly (readonly MaybeNumber[])[];
  readonly events?: readonly AxisEvent[];
}

const WIDTH = 334;
const HEIGHT = 216;

export function trajectoryPanel({ id, spec, steps, rows, events = [] }: TrajectoryPanelOptions): Html {
  const area = plotArea(WIDTH, HEIGHT, { top: 42, right: 46, bottom: 40, left: 36 });
  const x = stepScale({ steps, range: [area.left, area.right], minGap: 36 });
  const points = meanBand(rows, { steps: steps.length });
  const thresholds = events.flatMap(({ threshold, direction }) =>
    isFiniteNumber(threshold) ? [{ value: threshold, sign: direction === "below" ? "≤" : "≥" }] : [],
  );
  const y = valueScale(
    spec,
    rows.flat(),
    thresholds.map(({ value }) => value),
    [area.bottom, area.top],
  );
  const last = points.findLast(({ mean }) => mean !== null);
  const lastMean = last?.mean ?? null;
  const gaps = rows.filter((row) => steps.some((_, i) => !isFiniteNumber(row[i]))).length;
  const onsets = events.filter(({ kind }) => kind === "onset");
  const labels = dodge([
    ...(isFiniteNumber(lastMean)
      ? [{ at: y.scale(lastMean), text: meanText(lastMean), classes: "strong", ref: "" }]
      : []),
    ...thresholds.map(({ value, sign }) => ({
      at: y.scale(value),
      text: `${sign} ${formatShort(value)}`,
      classes: "small t2",
      ref: "s2",
    })),
    ...(isFiniteNumber(spec.chance) && inside(y.scale, spec.chance)
      ? [{ at: y.scale(spec.chance), text: "chance", classes: "small", ref: "sf" }]
      : []),
  ]);
  const desc = `${spec.unit} over steps ${formatCount(steps[0])} to ${formatCount(steps.at(-1))} for ${rows.length} seeds. Mean at the end ${formatMaybe(lastMean)}.${onsets
    .map(
      (onset) =>
        ` Median onset at step ${formatCount(onset.step)} (${formatCount(onset.low)} to ${formatCount(onset.high)}).`,
    )
    .join("")}`;
  const lines = rows.map((row) =>
    polyline(
      steps.map((step, i) => [x(step), placeOf(y, row[i])] as const),
      "thin s1",
    ),
  );
  const meanLine = polyline(
    points.map(({ mean }, i) => [x(steps[i]), placeOf(y, mean)] as const),
    "line s0",
  );
  const bandShape = band(
    points.map(({ low, high }, i) => [x(steps[i]), placeOf(y, low), placeOf(y, high)] as const),
    "f0 area",
  );
  return frame(
    { id, title: `${spec.name} over training steps`, desc, width: WIDTH, height: HEIGHT },
    svg`<text class="name" x="0" y="12">${spec.name}</text><text class="small" x="0" y="26">${spec.unit}${y.log && ", log scale"}</text>${axisLeft(y.scale, area)}${axisBottom(x, area)}${labels.map(
      ({ at, y: labelY, text, classes, ref }) =>
        svg`${ref !== "" && svg`<line class="ref ${ref}" x1="${area.left}" x2="${area.right}" y1="${at}" y2="${at}"/>`}<text class="${classes}" x="${area.right + 5}" y="${labelY + 4}">${text}</text>`,
    )}${lines}${bandShape}${meanLine}${events.map((event) => eventMark(event, x, area.bottom))}${gaps > 0 && svg`<text class="small t2" x="${area.right}" y="26" text-anchor="end">${`${gaps} of ${rows.length}`} runs have gaps or NaN</text>`}`,
  );
}

function eventMark(event: AxisEvent, x: Scale, baseline: number): Html {
  const classes = event.kind === "onset" ? "f2 s2" : "f5 s5";
  const shape = event.kind === "onset" ? "triangle" : "diamond";
  const at = event.kind === "onset" ? baseline - 12 : baseline;
  return svg`${interval({ estimate: { value: event.step, low: event.low, high: event.high }, scale: x, at, classes: `${classes} thick soft`, along: "x" })}${
    isFiniteNumber(event.step) && mark(shape, x(event.step), at, 4.5, `${classes.split(" ")[0]} dot`)
  }`;
}

/** Linear, or logarithmic for a loss that falls by more than a factor of 20. */
function valueScale(
  spec: TrajectoryPanelOptions["spec"],
  values: readonly MaybeNumber[],
  include: readonly number[],
  range: readonly [number, number],
): { scale: Scale; log: boolean } {
  const [low, high] = finiteExtent(values, include);
  if (spec.family === "loss" && low > 0 && high / low > 20)
    return { scale: logScale({ domain: [low, high], range, minGap: 22 }), log: true };
  return { scale: linearScale({ domain: [low, high], range, count: 4, nice: true }), log: false };
}

function placeOf({ scale, log }: { scale: Scale; log: boolean }, value: MaybeNumber): number | null {
  if (!isFiniteNumber(value) || (log && value <= 0)) return null;
  return scale(Math.min(scale.domain[1], Math.max(scale.domain[0], value)));
}

function inside(scale: Scale, value: number): boolean {
  return value >= scale.domain[0] && value <= scale.domain[1];
}

/** Three significant digits, at most three decimals: the table has the rest. */
function meanText(mean: number): string {
  const digits = mean === 0 ? 3 : 2 - Math.floor(Math.log10(Math.abs(mean)));
  return formatMaybe(mean, Math.min(3, Math.max(0, digits)));
}

/** Labels at the right edge, moved apart downwards or upwards where they would touch; the first keeps its place. */
function dodge<Label extends { at: number }>(labels: readonly Label[]): (Label & { y: number })[] {
  const placed: (Label & { y: number })[] = [];
  for (const label of labels) {
    let y = label.at;
    for (const other of placed) if (Math.abs(other.y - y) < 12) y = other.y + (label.at < other.at ? -12 : 12);
    placed.push({ ...label, y });
  }
  return placed;
}
