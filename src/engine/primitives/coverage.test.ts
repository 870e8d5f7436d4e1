/**
 * Every primitive of jax-js against jax-js's own CPU device, at random shapes, and the table in docs/engine-coverage.md
 * that says what was seen where it was written. Another processor sums in another order: there the table stands unless an
 * error is eight times as large, and every error is held to its primitive's tolerance in any case. Write it anew with `rm docs/engine-coverage.md && npx vitest run -u src/engine/primitives`.
 */
import { existsSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import fc from "fast-check";
import { beforeAll, describe, expect, test } from "vitest";
import { Rng } from "../../core/index.ts";
import { initEngine } from "../program.ts";
import type { Draw } from "./cases.fixture.ts";
import { CASES, toleranceOf } from "./cases.fixture.ts";
import type { Form, Outcome } from "./check.fixture.ts";
import { check, contains, differenceError, FORMS } from "./check.fixture.ts";

const TABLE = new URL("../../../docs/engine-coverage.md", import.meta.url);
/** Of the slope along a direction: float32 rounding of each term, 2⁻²⁴, times what the gradient is computed with. */
const DIFFERENCE_TOLERANCE = 2e-5;

/** The primitives, as the package's own types list them. */
function listedPrimitives(): string[] {
  const types = join(dirname(createRequire(import.meta.url).resolve("@jax-js/jax")), "index.d.ts");
  const block = /enum Primitive \{([\s\S]*?)\n\}/.exec(readFileSync(types, "utf8"));
  return [...(block?.[1] ?? "").matchAll(/^\s*\w+ = "(\w+)"/gm)].map(([, name]) => name).sort();
}

const draws = fc.record({
  shape: fc.array(fc.integer({ min: 1, max: 4 }), { minLength: 1, maxLength: 3 }),
  variant: fc.nat(11),
});
/** Fixed, so that a failure repeats. */
const RUNS = { seed: 20260608, numRuns: 5 } as const;

const seen = new Map<string, Record<Form, Outcome>>();

beforeAll(() => initEngine());

test("there is a case for every primitive that jax-js lists, and for no other", () => {
  expect(listedPrimitives().length).toBeGreaterThan(50);
  expect(Object.keys(CASES).sort()).toEqual(listedPrimitives());
});

describe("value, gradient and mapped form agree with jax-js; gradients with central differences", () => {
  test.each(Object.keys(CASES))("%s", async (primitive) => {
    const own = CASES[primitive];
    const worst = new Map<Form, Outcome>();
    await fc.assert(
      fc.asyncProperty(draws, async (drawn) => {
        const draw = (): Draw => ({ ...drawn, rng: Rng.of(primitive, String(drawn.shape), drawn.variant) });
        expect(primitive === "jit" || contains(primitive, own, draw())).toBe(true);
        for (const form of FORMS) {
          const outcome = await check(primitive, own, draw(), form);
          const before = worst.get(form);
          expect(outcome.status).toBe(before?.status ?? outcome.status);
          if ((outcome.error ?? 0) >= (before?.error ?? 0)) worst.set(form, outcome);
          expect(outcome.error ?? 0, form).toBeLessThanOrEqual(toleranceOf(primitive));
        }
        if (worst.get("gradient")?.error === undefined || own.isNoDerivative) return;
        expect(await differenceError(primitive, own, draw()), "difference").toBeLessThanOrEqual(
          Math.max(DIFFERENCE_TOLERANCE, toleranceOf(primitive)),
        );
      }),
      RUNS,
    );
    seen.set(primitive, Object.fromEntries(worst) as Record<Form, Outcome>);
  });
});

test("the table in the documentation says what was seen", async () => {
  expect(seen.size).toBe(Object.keys(CASES).length);
  await expect(render()).toMatchFileSnapshot(TABLE.pathname);
});

function render(): string {
  const written = existsSync(TABLE) ? readFileSync(TABLE, "utf8") : "";
  const rows = [...seen].map(([primitive, outcomes]) => {
    const error = Math.max(...FORMS.map((form) => outcomes[form].error ?? 0));
    return [`\`${primitive}\``, ...FORMS.map((form) => outcomes[form].status), errorText(primitive, error, written)];
  });
  const table = aligned([["primitive", ...FORMS, "largest error seen"], ...rows]);
  return `${HEADER}\n${table}\n`;
}

/** Two roundings: no smaller error is told apart, since it depends on the processor. */
const LEAST_ERROR = 2e-7;

/** Vectors of 4 to 16 lanes sum in orders whose rounding differs by less than this. */
const OTHER_PROCESSOR = 8;

/** Rounded up to one digit; what is written stays while it is true. */
function errorText(primitive: string, error: number, written: string): string {
  const before = new RegExp(`^\\| \`${primitive}\` .*\\| ([\\d.e-]+) +\\|$`, "m").exec(written)?.[1];
  if (before !== undefined && error <= OTHER_PROCESSOR * Number(before)) return before;
  if (toleranceOf(primitive) === 0) return "0";
  const told = Math.max(error, LEAST_ERROR);
  const exponent = Math.floor(Math.log10(told));
  return `${Math.ceil(told / 10 ** exponent)}e${exponent}`;
}

function aligned(rows: readonly (readonly string[])[]): string {
  const widths = rows[0].map((_, column) => Math.max(...rows.map((row) => row[column].length)));
  const line = (cells: readonly string[]): string =>
    `| ${cells.map((cell, column) => cell.padEnd(widths[column])).join(" | ")} |`;
  const [head, ...body] = rows;
  return [line(head), line(widths.map((width) => "-".repeat(width))), ...body.map(line)].join("\n");
}

const HEADER = `# What the engine covers

Written by \`src/engine/primitives/coverage.test.ts\`, which runs every primitive of jax-js on the native device and on
jax-js's own CPU device, at random shapes, in three forms: its value, the gradients of a weighted sum of it in all its float operands, and mapped over a
new axis with \`vmap\`. Gradients are also compared with central differences in float64.

- **native**: lowered to ONNX and run by ONNX Runtime, in functions and in training loops.
- **by fallback**: in compiled functions the program is cut there, and jax-js's CPU device computes it between two stretches
  of the program; a training loop refuses it by name before it starts.
- **not defined by jax-js**: jax-js itself has no such rule.

The error is the largest of |difference| / (1 + |value|) over the three forms, rounded up, on the machine that this was
written on (AMD EPYC, AVX2).
`;
