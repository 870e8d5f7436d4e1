import { describe, expect, test } from "vitest";
import { nativeDevice } from "../native.ts";
import { initEngine } from "../program.ts";
import { chooseMembers } from "./chooseMembers.ts";
import { mlpCase, SCALARS } from "./ensemble.fixture.ts";
import { grokkingLike } from "./grokkingLike.fixture.ts";

/** Readings so that every separate turn takes 4 ms and every ensemble's turn what is listed, in the order of candidates. */
function scripted(ensembleMs: readonly number[]): () => number {
  const laps = [0, 4, ...ensembleMs.flatMap((ms) => Array.from({ length: 5 }, () => [0, 4, ms]).flat())];
  let now = 0;
  let next = 0;
  return () => {
    now += laps[next++];
    return now;
  };
}

describe("chooseMembers", () => {
  const choose = (ensembleMs: readonly number[], worthwhileRatio?: number) =>
    chooseMembers({
      device: nativeDevice,
      spec: grokkingLike.spec,
      perMember: ["inputs", "labels", ...SCALARS],
      candidates: [2, 4],
      member: grokkingLike.member,
      nowMs: scripted(ensembleMs),
      worthwhileRatio,
    });

  test("takes the members of the smallest ratio, and says what it measured on how many rounds", async () => {
    const { members, measured } = await choose([6.4, 8]);
    expect(members).toBe(4);
    expect(measured).toMatchObject([
      { members: 2, ratio: expect.closeTo(0.8), rounds: 5, exactness: "bit-identical" },
      { members: 4, ratio: expect.closeTo(0.5), rounds: 5, exactness: "bit-identical" },
    ]);
    for (const { graphHash } of measured) expect(graphHash).toMatch(/^[0-9a-f]{64}$/);
  });

  test("runs separately where that saves less than a tenth", async () => {
    expect((await choose([7.4, 14.8])).members).toBe(1);
    expect((await choose([7.1, 14.8])).members).toBe(2);
    expect((await choose([7.4, 14.8], 0.95)).members).toBe(2);
  });
});

test("the same readings give the same choice, and the exactness is of the program", async () => {
  await initEngine();
  const { spec, member } = mlpCase({ inputs: 20, hidden: 16, classes: 5, batch: 12, rows: 50 });
  const once = () =>
    chooseMembers({ device: nativeDevice, spec, perMember: SCALARS, candidates: [3], member, nowMs: scripted([6]) });
  const [first, second] = [await once(), await once()];
  expect(first).toEqual(second);
  expect(first.measured[0].exactness).toMatch(/^within 1e-[456]$/);
});

test("an ensemble in which bits depend on a member's place is excluded, with the reason", async () => {
  // Eleven examples of five classes: a member's bits were seen to depend on its place (compareMembers.ts says why, as far as known).
  const { spec, member } = mlpCase({ inputs: 20, hidden: 16, classes: 5, batch: 11, rows: 50 });
  const { members, measured, excluded } = await chooseMembers({
    device: nativeDevice,
    spec,
    perMember: SCALARS,
    candidates: [2],
    member,
    nowMs: scripted([1]),
  });
  expect({ members, measured }).toEqual({ members: 1, measured: [] });
  expect(excluded).toEqual([{ members: 2, why: "a member's bits depend on its place among the others" }]);
});

test("where only exact ones are asked for, the first that rounds otherwise ends the search", async () => {
  const { spec, member } = mlpCase({ inputs: 20, hidden: 16, classes: 5, batch: 12, rows: 50 });
  const { excluded } = await chooseMembers({
    device: nativeDevice,
    spec,
    perMember: SCALARS,
    candidates: [2, 3],
    member,
    nowMs: scripted([1, 1]),
    isExactOnly: true,
  });
  expect(excluded).toEqual([{ members: 2, why: "members round otherwise than their separate runs" }]);
});
