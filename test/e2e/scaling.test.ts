/**
 * @file `ontogeny scaling` and `ontogeny schedule` as a user meets them: from files to a law, and what bad options say.
 */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { cli, cliJson, temporaryFolder } from "./cli.ts";

test("a table of models gives a law, a forecast and scale transfer", async () => {
  const rows = [1e7, 3e7, 1e8, 3e8, 1e9].flatMap((size) =>
    [5, 20, 80].map(
      (each) => `${size},${6 * size * size * each},${1.8 + 400 / size ** 0.34 + 2000 / (size * each) ** 0.37}`,
    ),
  );
  const table = join(temporaryFolder(), "models.csv");
  writeFileSync(table, `params,flop,loss\n${rows.join("\n")}\n`);
  const args = [
    "scaling",
    "--table",
    table,
    "--measure",
    "loss",
    "--size",
    "params",
    "--compute",
    "flop",
    "--draws",
    "100",
  ];
  const text = await cli(...args, "--predict", "7e9,1.4e11");
  expect(text.stdout).toMatch(/loss: 15 points of 15 runs, sizes 10M to 1B/);
  expect(text.stdout).toMatch(/L = E \+ A\/N\^α \+ B\/D\^β/);
  expect(text.stdout).toMatch(/7B +140B/);
  expect(text.stdout).toMatch(/Scale transfer, fitted on 10M, 30M, 100M, judged on 1B/);
  const { fit } = await cliJson(...args);
  expect(fit.estimates[0].estimate.value).toBeCloseTo(1.8, 2);
  const wrong = await cli(...args.slice(0, 7), "--ratio", "0.5");
  expect(wrong.code).toBe(2);
});

test("imported curves with their rates give a law of the schedule, and the rest of a run is forecast", async () => {
  const home = temporaryFolder();
  const folder = join(temporaryFolder(), "sweep");
  mkdirSync(folder);
  const curve = (name: string, rateAt: (step: number) => number) => {
    let [sum, momentum, area, before] = [0, 0, 0, 3e-4];
    const lines = ["step,lr,loss"];
    for (let step = 1; step <= 1500; step++) {
      const rate = rateAt(step);
      sum += rate;
      momentum = 0.99 * momentum + before - rate;
      area += momentum;
      before = rate;
      if (step % 25 === 0)
        lines.push(`${step},${rate},${2.5 + 0.4 / Math.sqrt(sum) - 3 * area + 0.002 * Math.sin(step)}`);
    }
    writeFileSync(join(folder, `${name}.csv`), lines.join("\n"));
  };
  curve("constant", () => 3e-4);
  curve("cosine", (step) => 1.5e-4 * (1 + Math.cos((Math.PI * step) / 1500)));
  curve("late", (step) => (step < 1000 ? 3e-4 : 3e-4 * (1 - (step - 1000) / 600)));
  await cli("import", folder, "--home", home);
  const common = ["schedule", "--home", home, "--law", "annealing", "--warmup", "0"];
  const rest = await cliJson(...common, "--rest-of", "late", "--at", "900");
  expect(rest.outcome.errors.meanAbsolute).toBeLessThan(rest.outcome.lastValue.meanAbsolute / 2);
  const words = await cli(...common, "--schedule", "linear:peak=3e-4,final=0,updates=3000");
  expect(words.stdout).toMatch(/WHOLE CURVE/);
  expect(words.stdout).toMatch(/3000 +0 +\d/);
  const wrong = await cli(...common, "--schedule", "zigzag:peak=1");
  expect(wrong.stderr).toMatch(/error SCHEDULE_INVALID: Schedule: expected constant, cosine, linear or exponential/);
});
