import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { float } from "../reference.suite.ts";
import { example } from "./example.fixture.ts";
import { normalRecord, randomIntegers, tanhSpecs } from "./models.fixture.ts";

const SIZES = { inputs: 6, hidden: 8, classes: 4 };
const EXAMPLES = 100;
const PARAMS = normalRecord(tanhSpecs(SIZES), 1, 0.6);
const DATA = {
  x: normalRecord({ x: float([EXAMPLES, SIZES.inputs], []) }, 2, 1).x,
  labels: randomIntegers([EXAMPLES], SIZES.classes, 3),
};

test("docs/engine-derivatives.md quotes an example that runs", async () => {
  const source = readFileSync(new URL("./example.fixture.ts", import.meta.url), "utf8");
  const body = source.split("  // example\n")[1].split("  // end of example\n")[0].replace(/^ {2}/gm, "");
  const page = readFileSync(new URL("../../../docs/engine-derivatives.md", import.meta.url), "utf8");
  expect(page).toContain(`\`\`\`ts\n${body}\`\`\``);
  const size = Object.values(PARAMS).reduce((total, { data }) => total + data.length, 0);
  const { point, largest, trace, sharper, tracked, adam, perExample, dispose } = await example(
    PARAMS,
    DATA,
    new Float64Array(size).fill(0.25),
  );
  expect(point.size).toBe(size);
  expect(largest[0].value).toBeGreaterThan(largest[1].value);
  expect(tracked.value).toBeCloseTo(largest[0].value, 3);
  expect(trace).toMatchObject({ level: 0.95, n: 20 });
  const columns = await point.apply(
    Array.from({ length: size }, (_, i) => Float64Array.from({ length: size }, (_, j) => (i === j ? 1 : 0))),
  );
  const exact = columns.reduce((total, column, i) => total + column[i], 0);
  for (const { low, high } of [trace, sharper]) {
    expect(low).toBeLessThan(exact);
    expect(high).toBeGreaterThan(exact);
  }
  // P = ¼ everywhere multiplies every eigenvalue by 4.
  expect(adam.largest[0].value / largest[0].value).toBeCloseTo(4, 2);
  expect(perExample.length).toBe(EXAMPLES);
  expect(Math.min(...perExample)).toBeGreaterThan(0);
  await dispose();
});
