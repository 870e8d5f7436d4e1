import { expect, test } from "vitest";
import { linearScale } from "../svg/scale.ts";
import { confirmationStrip, meets, requirementText } from "./confirmationStrip.ts";
import { dotIntervals } from "./dotIntervals.ts";
import { factorScale } from "./factorScale.ts";
import { forecastPanel, quantileAt } from "./forecastPanel.ts";
import { forestRow } from "./forestRow.ts";
import { tellingFactors } from "./searchPlane.ts";

/** One element a line, so that a change of the drawing reads as a change of lines. */
function lines(text: string): string {
  return text.replaceAll("><", ">\n<");
}

test("draws a forest row as it always has", () => {
  const scale = linearScale({ domain: [-0.1, 0.4], range: [10, 250], count: 3 });
  const row = forestRow({
    id: "f",
    name: "window",
    effect: { value: 0.2, low: 0.1, high: 0.5, n: 12 },
    scale,
    shape: "circle",
    colour: 2,
  });
  expect(lines(row.text)).toMatchInlineSnapshot(`
    "<svg class="plot forest" viewBox="0 0 260 28" width="260" height="28" role="img" aria-labelledby="f-t f-d">
    <title id="f-t">Effect of window</title>
    <desc id="f-d">+0.20 [+0.10, +0.50], n = 12</desc>
    <line class="grid" x1="58" x2="58" y1="0" y2="28"/>
    <line class="grid" x1="154" x2="154" y1="0" y2="28"/>
    <line class="grid" x1="250" x2="250" y1="0" y2="28"/>
    <line class="zero" x1="58" x2="58" y1="0" y2="28"/>
    <line class="bar s2 f2" x1="106" x2="250" y1="14" y2="14"/>
    <line class="bar s2 f2" x1="106" x2="106" y1="10" y2="18"/>
    <path class="bar s2 f2 open" transform="translate(250,14)" d="M-4,-3L0,0L-4,3"/>
    <path class="f2 s2 dot" transform="translate(154,14)" d="M-4.6,0a4.6,4.6 0 1,0 9.2,0a4.6,4.6 0 1,0 -9.2,0Z"/>
    </svg>"
  `);
});

test("draws dots and intervals as it always has", () => {
  const figure = dotIntervals({
    id: "d",
    title: "Spread",
    axisTitle: "sd",
    rows: [
      { name: "all", estimate: { value: 2, low: 1, high: 3, n: 24 }, strong: true },
      { name: "order", estimate: { value: 0.5, low: 0.25, high: null, n: 12 } },
    ],
  });
  expect(lines(figure.text)).toMatchInlineSnapshot(`
    "<svg class="plot" viewBox="0 0 700 114" width="700" height="114" role="img" aria-labelledby="d-t d-d">
    <title id="d-t">Spread</title>
    <desc id="d-d">all: 2.0 [1.0, 3.0], n = 24. order: 0.500 [0.250, –], n = 12.</desc>
    <g class="axis">
    <line class="grid" x1="110" x2="110" y1="6" y2="74"/>
    <line class="grid" x1="233.33" x2="233.33" y1="6" y2="74"/>
    <line class="grid" x1="356.67" x2="356.67" y1="6" y2="74"/>
    <line class="grid" x1="480" x2="480" y1="6" y2="74"/>
    <line class="base" x1="110" x2="480" y1="74" y2="74"/>
    <line class="base" x1="110" x2="110" y1="74" y2="78"/>
    <text x="110" y="89" text-anchor="middle">0</text>
    <line class="base" x1="233.33" x2="233.33" y1="74" y2="78"/>
    <text x="233.33" y="89" text-anchor="middle">1</text>
    <line class="base" x1="356.67" x2="356.67" y1="74" y2="78"/>
    <text x="356.67" y="89" text-anchor="middle">2</text>
    <line class="base" x1="480" x2="480" y1="74" y2="78"/>
    <text x="480" y="89" text-anchor="middle">3</text>
    <text class="axis-title" x="480" y="104" text-anchor="end">sd</text>
    </g>
    <text class="name" x="98" y="29" text-anchor="end">all</text>
    <line class="s0 f0 bar" x1="233.33" x2="480" y1="25" y2="25"/>
    <line class="s0 f0 bar" x1="233.33" x2="233.33" y1="21" y2="29"/>
    <line class="s0 f0 bar" x1="480" x2="480" y1="21" y2="29"/>
    <path class="f0 dot" transform="translate(356.67,25)" d="M-4.05,-4.05h8.1v8.1h-8.1Z"/>
    <text x="502" y="29">
    <tspan class="strong">2.0</tspan> [1.0, 3.0] · n 24</text>
    <text class="strong" x="98" y="59" text-anchor="end">order</text>
    <line class="s1 f1 bar" x1="140.83" x2="171.67" y1="55" y2="55"/>
    <line class="s1 f1 bar" x1="140.83" x2="140.83" y1="51" y2="59"/>
    <line class="s1 f1 bar" x1="171.67" x2="171.67" y1="51" y2="59"/>
    <path class="f1 dot" transform="translate(171.67,55)" d="M-4.5,0a4.5,4.5 0 1,0 9,0a4.5,4.5 0 1,0 -9,0Z"/>
    <text x="502" y="59">
    <tspan class="strong">0.500</tspan> [0.250, –] · n 12</text>
    </svg>"
  `);
});

test("draws a confirmation strip as it always has: dots stack, a miss is a cross", () => {
  const figure = confirmationStrip({
    id: "c",
    requirement: { measure: "acc", min: 0.5 },
    values: [0.4, 0.6, 0.6, 0.9, null],
  });
  expect(lines(figure.text)).toMatchInlineSnapshot(`
    "<svg class="plot" viewBox="0 0 334 110.2" width="334" height="110.2" role="img" aria-labelledby="c-t c-d">
    <title id="c-t">Confirmation: acc ≥ 0.5</title>
    <desc id="c-d">3 of 5 fresh seeds meet it; worst 0.4. 1 have no finite value.</desc>
    <text class="name" x="0" y="12">acc ≥ 0.5</text>
    <text class="small" x="0" y="27">3 of 5 seeds · 1 without a finite value</text>
    <rect class="good" x="82.43" width="239.57" y="36" height="36.2"/>
    <g class="axis">
    <line class="base" x1="10" x2="322" y1="72.2" y2="72.2"/>
    <line class="base" x1="26.71" x2="26.71" y1="72.2" y2="76.2"/>
    <text x="26.71" y="87.2" text-anchor="middle">0.4</text>
    <line class="base" x1="82.43" x2="82.43" y1="72.2" y2="76.2"/>
    <text x="82.43" y="87.2" text-anchor="middle">0.5</text>
    <line class="base" x1="138.14" x2="138.14" y1="72.2" y2="76.2"/>
    <text x="138.14" y="87.2" text-anchor="middle">0.6</text>
    <line class="base" x1="193.86" x2="193.86" y1="72.2" y2="76.2"/>
    <text x="193.86" y="87.2" text-anchor="middle">0.7</text>
    <line class="base" x1="249.57" x2="249.57" y1="72.2" y2="76.2"/>
    <text x="249.57" y="87.2" text-anchor="middle">0.8</text>
    <line class="base" x1="305.29" x2="305.29" y1="72.2" y2="76.2"/>
    <text x="305.29" y="87.2" text-anchor="middle">0.9</text>
    </g>
    <line class="bound" x1="82.43" x2="82.43" y1="36" y2="72.2"/>
    <path class="x s2" transform="translate(27,68.2)" d="M-3,-3L3,3M-3,3L3,-3"/>
    <circle class="f3" cx="140.4" cy="68.2" r="2.4"/>
    <circle class="f3" cx="140.4" cy="62.8" r="2.4"/>
    <circle class="f3" cx="307.8" cy="68.2" r="2.4"/>
    </svg>"
  `);
});

test("draws a censored outcome as an open arrow and an infinite interval end as an arrowhead", () => {
  const distribution = { probabilities: [0.05, 0.5, 0.95], quantiles: [300, 400, Number.POSITIVE_INFINITY] };
  const { text } = forecastPanel({
    id: "p",
    heading: "at step 100",
    subheading: "2 runs at risk",
    methodName: "m",
    baselineName: "b",
    axisTitle: "step",
    rows: [
      { run: "r1", outcome: null, method: distribution },
      { run: "r2", outcome: 450, method: distribution },
    ],
    domain: [0, 1000],
    scaleKind: "linear",
    censoredAt: 1000,
  });
  expect(text).toContain("not by step 1,000");
  expect(text.match(/M-7,0H4M0,-4L5,0L0,4/g)).toHaveLength(1);
  expect(text.match(/M-4,-3L0,0L-4,3/g)).toHaveLength(2);
  expect(text).toContain("1 of these outcomes lie inside its central 90% interval");
});

test("interpolates quantiles between the stated ones, holds the ends, and passes infinity on", () => {
  const distribution = { probabilities: [0.25, 0.5, 0.75], quantiles: [0, 10, Number.POSITIVE_INFINITY] };
  expect([0.05, 0.25, 0.375, 0.5, 0.7, 0.95].map((p) => quantileAt(distribution, p))).toEqual([
    0,
    0,
    5,
    10,
    Number.POSITIVE_INFINITY,
    Number.POSITIVE_INFINITY,
  ]);
});

test("says what a requirement wants, and a value that is not finite does not meet it", () => {
  const requirement = { measure: "ece", min: 0.01, max: 0.05, step: 1500 };
  expect(requirementText(requirement)).toBe("ece ≥ 0.01 and ≤ 0.05 at step 1,500");
  expect([0.01, 0.05, 0.051, Number.NaN, null].map((value) => meets(requirement, value))).toEqual([
    true,
    true,
    false,
    false,
    false,
  ]);
});

test("has a place for exact zero left of a log range, and none for a value of another kind", () => {
  const { place } = factorScale({ kind: "log", low: 0.001, high: 1, zeroShare: 0.3 });
  expect(place(0)).toBe(0);
  expect(place(0.001)).toBeCloseTo(0.12);
  expect(place(1)).toBeCloseTo(1);
  expect(place("cosine")).toBeUndefined();
});

test("picks the factors in which what passed differs, and says how", () => {
  const space = {
    "data.a": { kind: "linear", low: 0, high: 1 },
    "data.b": { kind: "linear", low: 0, high: 1 },
    "data.c": { kind: "linear", low: 0, high: 1 },
  } as const;
  const candidate = (a: number, b: number, c: number, pass: boolean) =>
    ({
      index: 0,
      origin: "random",
      set: { "data.a": a, "data.b": b, "data.c": c },
      run: "r",
      seeds: {},
      steps: 1,
      reason: "",
      values: [],
      pass,
    }) as const;
  const candidates = [candidate(0.5, 0.9, 0.7, true), candidate(0.5, 0.1, 0.2, false)];
  expect(tellingFactors(space, candidates)?.factors).toEqual(["data.b", "data.c"]);
  expect(tellingFactors(space, [])?.why).toBe("the first two factors of the space");
});
