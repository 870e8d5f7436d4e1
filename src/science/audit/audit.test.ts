import { expect, test } from "vitest";
import { FindingSchema, Rng } from "../../core/index.ts";
import { audit } from "./audit.ts";
import { cleanRuns, drawShape } from "./cleanRuns.fixture.ts";
import { changed, repeatedAt } from "./run.fixture.ts";

test("simulated clean runs of many shapes raise few errors and warnings", () => {
  let runs = 0;
  let alarmed = 0;
  for (let k = 0; k < 60; k++) {
    const rng = Rng.of("audit test", k);
    const clean = cleanRuns(drawShape(rng), rng);
    runs += clean.length;
    alarmed += new Set(
      audit(clean)
        .filter(({ severity }) => severity !== "note")
        .flatMap(({ where }) => where.runs),
    ).size;
  }
  // Three statistical checks at 1% each: more than this happens once in 1,000 times (normal bound on the binomial).
  expect(runs).toBeGreaterThan(100);
  expect(alarmed).toBeLessThanOrEqual(runs * 0.03 + 3.1 * Math.sqrt(runs * 0.03 * 0.97));
}, 60_000);

test("findings come worst first, are valid, and name runs that were given", () => {
  const rng = Rng.of("audit order", 1);
  const [a, b] = cleanRuns(
    {
      steps: Array.from({ length: 20 }, (_, i) => 100 * i),
      tasks: 8,
      checkpointNoise: 0.3,
      rho: 0,
      seeds: 2,
      statesErrors: true,
    },
    rng,
  );
  const broken = [
    changed(repeatedAt(a, 300, 1500), (series) => ({ ...series, values: series.values.with(18, Number.NaN) })),
    b,
  ];
  const found = audit(broken);
  expect(found.map(({ code }) => code)).toEqual(expect.arrayContaining(["checkpoint-repeated", "not-finite"]));
  const severities = found.map(({ severity }) => ["error", "warning", "note"].indexOf(severity));
  expect(severities).toEqual([...severities].sort((x, y) => x - y));
  for (const one of found) {
    expect(FindingSchema.safeParse(JSON.parse(JSON.stringify(one))).success).toBe(true);
    expect(one.where.runs.every((id) => [a.id, b.id].includes(id))).toBe(true);
  }
});

test("no run, an empty run and a run with one point have no findings", () => {
  expect(audit([])).toEqual([]);
  const [run] = cleanRuns(
    { steps: [5], tasks: 2, checkpointNoise: 0, rho: 0, seeds: 1, statesErrors: false },
    Rng.of(1),
  );
  expect(audit([run, { ...run, id: "empty", series: new Map() }])).toEqual([]);
});
