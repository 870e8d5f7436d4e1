import { expect, test } from "vitest";
import type { StudyProgress } from "../study/session.ts";
import { duration, ProgressDisplay } from "./progress.ts";

function display({ isTTY }: { isTTY: boolean }) {
  const written: string[] = [];
  const clock = { ms: 0 };
  const sink = { isTTY, columns: 200, write: (text: string) => written.push(text), nowMs: () => clock.ms };
  return { written, clock, progress: new ProgressDisplay(sink) };
}

function event(stepsDone: number, more: Partial<StudyProgress> = {}): StudyProgress {
  return { phase: "Observe", done: 1, total: 4, stepsDone, stepsTotal: 8000, ...more };
}

test("in a pipe there is one plain line a phase and nothing else", () => {
  const { written, progress } = display({ isTTY: false });
  for (const steps of [0, 100, 200]) progress.update(event(steps));
  progress.update(event(300, { phase: "Predict" }));
  progress.clear();
  expect(written).toEqual(["Observe\n", "Predict\n"]);
});

test("a terminal sees share, runs, rate and time left", () => {
  const { written, clock, progress } = display({ isTTY: true });
  progress.update(event(0));
  clock.ms = 2000;
  progress.update(event(2000));
  expect(written.at(-1)).toContain(" 25% ━━━━━");
  expect(written.at(-1)).toContain(" 1/4 runs · 1,000 steps/s · 6 s left · Observe");
});

test("a terminal is not rewritten more than ten times a second", () => {
  const { written, clock, progress } = display({ isTTY: true });
  for (clock.ms = 0; clock.ms < 1000; clock.ms += 10) progress.update(event(clock.ms));
  expect(written.length).toBeLessThanOrEqual(10);
});

test("a message stays above the line", () => {
  const { written, progress } = display({ isTTY: false });
  progress.update(event(0, { message: "worker died" }));
  expect(written).toEqual(["worker died\n", "Observe\n"]);
});

test.each([
  [7.6, "8 s"],
  [185, "3 min 05 s"],
  [7800, "2 h 10 min"],
])("%d seconds read %s", (secs, text) => expect(duration(secs)).toBe(text));
