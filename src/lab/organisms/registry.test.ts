import { expect, test } from "vitest";
import { MeasureSpecSchema, ProcessSchema } from "../../core/index.ts";
import { ORGANISMS, organism } from "./registry.ts";

test("an organism is found by name; an unknown name lists the known ones", () => {
  for (const known of ORGANISMS) expect(organism(known.name)).toBe(known);
  expect(() => organism("shortcut-digit")).toThrow('expected one of shortcut-digits, grokking, got "shortcut-digit"');
});

test.each(ORGANISMS.map((known) => [known.name, known] as const))(
  "%s describes itself completely",
  async (name, known) => {
    for (const measure of known.measures) expect(() => MeasureSpecSchema.parse(measure)).not.toThrow();
    const factors = known.parseFactors({}, "test");
    expect(ProcessSchema.parse({ organism: name, factors })).toMatchObject({ organism: name, factors });
    for (const hash of Object.values(await known.dataHashes())) expect(hash).toMatch(/^[0-9a-f]{64}$/);
    for (const [path, spec] of Object.entries(known.parameters)) {
      expect(known.parseFactors({ [path]: spec.default }, "test")).toEqual(factors);
      expect(spec.description.endsWith(".")).toBe(true);
    }
  },
);
