import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type Estimate, Rng } from "../../core/index.ts";
import type { StudyResults } from "../results.ts";
import { flagshipFixture } from "./fixtures/flagship.fixture.ts";
import { grokkingFixture } from "./fixtures/grokking.fixture.ts";
import { formatCount, formatValueAndInterval } from "./format.ts";
import { escapeText } from "./html.ts";
import { renderReport } from "./index.ts";

const BAD_COORDINATE =
  / (d|[xy][12]?|cx|cy|r|width|height|transform|viewBox)="[^"]*(NaN|Infinity|undefined|null)[^"]*"/;

const flagship = flagshipFixture();
const grokking = grokkingFixture();
const reports = { flagship: renderReport(flagship), grokking: renderReport(grokking) };

describe.each(Object.entries(reports))("the report of %s", (_, text) => {
  test("needs no network and no script", () => {
    expect(text.match(/https?:|\/\/[a-z]|<script|<link|@import|url\(|<img|<iframe/i)?.[0]).toBeUndefined();
  });

  test("gives every figure a title and a description", () => {
    const figures = text.match(/<svg[\s\S]*?<\/svg>/g)!;
    expect(figures.length).toBeGreaterThan(15);
    for (const figure of figures) {
      expect(figure).toMatch(/<title[^>]*>[^<]+<\/title><desc[^>]*>[^<]+<\/desc>/);
      expect(figure).toMatch(/role="img" aria-labelledby="[\w-]+ [\w-]+"|aria-hidden="true"/);
    }
  });

  test("names everything once, and every reference finds its target", () => {
    const ids = [...text.matchAll(/ id="([^"]*)"/g)].map(([, id]) => id);
    expect(new Set(ids).size).toBe(ids.length);
    const wanted = [...text.matchAll(/(?:aria-labelledby="|href="#)([^"]*)"/g)].flatMap(([, list]) => list.split(" "));
    for (const id of wanted) expect(ids).toContain(id);
  });

  test("closes what it opens", () => {
    for (const tag of [
      "div",
      "section",
      "figure",
      "table",
      "tr",
      "td",
      "th",
      "details",
      "summary",
      "svg",
      "g",
      "text",
      "p",
      "span",
      "dl",
      "li",
    ])
      expect(text.match(new RegExp(`<${tag}[ >]`, "g"))?.length ?? 0, tag).toBe(
        text.match(new RegExp(`</${tag}>`, "g"))?.length ?? 0,
      );
  });

  test("puts no NaN, undefined or object into a drawing or into words", () => {
    expect(text.match(BAD_COORDINATE)?.[0]).toBeUndefined();
    expect(text.match(/\bundefined\b|\[object/)?.[0]).toBeUndefined();
  });
});

test("is the same text for the same results", () => {
  expect(renderReport(flagshipFixture())).toBe(reports.flagship);
});

test("shows every estimate of the four rungs with its interval, n and method", () => {
  const { observe, predict, intervene, design, cost } = flagship;
  const parts = { observe, predict, intervene, design, cost };
  const estimates = Object.values(parts).flatMap((part) => estimatesIn(part));
  expect(estimates.length).toBeGreaterThan(300);
  for (const { path, estimate } of estimates) {
    if (path.includes("skill") && estimate.value === 0 && estimate.low === 0) continue; // a baseline against itself
    const kind = /median|stepsToFirst/.test(path) ? "step" : path.endsWith(".effect") ? "signed" : "plain";
    const { value, interval } = formatValueAndInterval(estimate, kind);
    if (path.endsWith(".confirmation.reliability") || path.includes("measuringShare")) continue; // shown as a bound, as percent
    for (const part of [value, interval, escapeText(estimate.method)])
      expect(reports.flagship.includes(part), `${path} shows ${part}`).toBe(true);
  }
  const cells = reports.flagship.match(/<span class="est" title="[^"]*">/g)!;
  for (const cell of cells) expect(cell).toMatch(/n = [\d,]+; \d+(\.\d+)?%; \S/);
});

test("every table of estimates has a column n and a line of methods", () => {
  for (const block of reports.flagship.match(
    /<div class="table-block">[\s\S]*?<\/table>[\s\S]*?<\/div>(<p class="methods">)?/g,
  )!) {
    if (!block.includes('class="est" title')) continue;
    expect(block).toContain("<i>n</i>");
    expect(block).toContain('<p class="methods">');
  }
});

test("shows the confirmation as successes, bound, method and n", () => {
  for (const text of ["75 of 76", "≥ 0.939", "one-sided Clopper–Pearson lower bound", "n = 76"])
    expect(reports.flagship.includes(text), text).toBe(true);
});

test("keeps the retrospective scores in a box of their own", () => {
  const boxes = reports.flagship.match(/<details class="retro">[\s\S]*?<\/table>/g)!;
  expect(boxes).toHaveLength(2);
  for (const box of boxes) expect(box).toContain("not forecasts");
  expect(reports.flagship.replace(/<details class="retro">[\s\S]*?<\/table>/g, "")).not.toContain(
    "Retrospective scores",
  );
});

test("says so when it is a quick run, and only then", () => {
  expect(reports.grokking).toContain("Quick run: fewer seeds; not the full study");
  expect(reports.flagship).not.toContain("Quick run");
});

test("says so when no design met the requirements", () => {
  expect(reports.grokking).toContain("No procedure met the requirements");
  expect(reports.grokking).not.toContain("Confirmation on fresh seeds");
});

test("leaves out the rungs that a study does not have", () => {
  const { predict: _p, intervene: _i, design: _d, ...observed } = flagship;
  const text = renderReport({ ...observed, lineage: [], findings: [] });
  expect(text).toContain('id="observe"');
  expect(text.match(/id="(predict|intervene|design)"|href="#(predict|intervene|design)"/)?.[0]).toBeUndefined();
});

test("shows hostile names as text", () => {
  const hostile = `"><img src=x onerror=alert(1)><script>`;
  const text = renderReport(
    JSON.parse(
      JSON.stringify(flagship).replaceAll(/"(r[0-9a-f]{24}|cue\.reliance|pilot|data\.maskShare)"/g, (_, name) =>
        JSON.stringify(hostile + name),
      ),
    ),
  );
  expect(text.match(/<img|<script/)?.[0]).toBeUndefined();
  expect(text).toContain(escapeText(hostile));
});

test("survives its own JSON, where NaN has become null", () => {
  const read = JSON.parse(JSON.stringify(grokking)) as StudyResults;
  expect(() => renderReport(read)).not.toThrow();
});

test("draws whatever numbers come, missing, NaN or infinite, without inventing coordinates", () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 0, max: 1e9 }),
      fc.constantFrom(null, Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 0, -1),
      (salt, value) => {
        const { study, ...rest } = salt % 2 === 0 ? grokking : flagship;
        const text = renderReport({ ...(spoil(rest, salt, value) as Omit<StudyResults, "study">), study });
        expect(text.match(BAD_COORDINATE)?.[0]).toBeUndefined();
      },
    ),
    { seed: 7, numRuns: 60 },
  );
});

test("stays small enough to send: under 900 kB for four hundred runs", () => {
  expect(reports.flagship.length).toBeLessThan(900_000);
  expect(formatCount(flagship.lineage.length)).toBe("404");
});

function isEstimate(value: object): value is Estimate {
  return ["value", "low", "high", "level", "method", "n"].every((name) => name in value);
}

function estimatesIn(value: unknown, path = ""): { path: string; estimate: Estimate }[] {
  if (typeof value !== "object" || value === null) return [];
  if (isEstimate(value)) return [{ path, estimate: value }];
  return Object.entries(value).flatMap(([name, item]) => estimatesIn(item, `${path}.${name}`));
}

/** Replaces about one measured number in seven; what the study file says (validated before) is left. */
function spoil(value: unknown, salt: number, by: number | null): unknown {
  const rng = Rng.of(salt, "spoil");
  const visit = (item: unknown, name: string): unknown => {
    if (["space", "definition", "seq", "index", "seeds"].includes(name)) return item;
    if (typeof item === "number") return rng.uniform() < 1 / 7 ? by : item;
    if (Array.isArray(item)) return item.map((child) => visit(child, name));
    if (typeof item === "object" && item !== null)
      return Object.fromEntries(Object.entries(item).map(([key, child]) => [key, visit(child, key)]));
    return item;
  };
  return visit(value, "");
}
