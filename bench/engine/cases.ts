/**
 * @file The training cases of suite `engine`: which problem, how long a turn is, and the goals of issue 3.
 */
export interface TrainingCase {
  /** For --only; also the model's name. */
  readonly name: string;
  readonly title: string;
  readonly stepsPerTurn: number;
  /** Everyone's losses are compared over this many steps from the same start. */
  readonly checkSteps: number;
  readonly goals: { readonly torch: number; readonly jax: number | null };
}

export const TRAINING_CASES: readonly TrainingCase[] = [
  {
    name: "grokking",
    title: "grokking MLP (53, 64, 128), full batch 1,124",
    stepsPerTurn: 200,
    checkSteps: 50,
    goals: { torch: 0.5, jax: 1 },
  },
  {
    name: "mlp",
    title: "MLP 784–128–10, batch 128",
    stepsPerTurn: 250,
    checkSteps: 50,
    goals: { torch: 0.42, jax: 1.2 },
  },
  {
    name: "transformer",
    title: "1-layer transformer, batch 512",
    stepsPerTurn: 20,
    checkSteps: 10,
    goals: { torch: 0.62, jax: 1.05 },
  },
  {
    name: "transformerFull",
    title: "1-layer transformer, full batch 3,830",
    stepsPerTurn: 3,
    checkSteps: 3,
    goals: { torch: 0.68, jax: 1.05 },
  },
  {
    name: "gpt",
    title: "2-layer character GPT, batch 32 × 64",
    stepsPerTurn: 6,
    checkSteps: 6,
    goals: { torch: 0.75, jax: 1.15 },
  },
  {
    name: "conv",
    title: "conv net (5 × 5: 16, 32; 512–128–10), batch 128",
    stepsPerTurn: 10,
    checkSteps: 4,
    goals: { torch: 2, jax: null },
  },
];
