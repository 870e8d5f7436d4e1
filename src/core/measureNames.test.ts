import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { isBookkeeping, knownMeasure, specFor } from "./measureNames.ts";

const DATA = join(import.meta.dirname, "../../../shared/data");

describe("what a name says", () => {
  test("an accuracy on a task with a known number of answers has that task's chance level", () => {
    const chances: Record<string, number> = {
      "lambada_openai/acc": 0,
      "eval/downstream/arc_easy_acc": 0.25,
      "eval/downstream/openbook_qa_len_norm": 0.25,
      "eval/downstream/social_iqa_len_norm": 1 / 3,
      "eval/downstream/commonsense_qa_len_norm": 0.2,
      "eval/downstream_soft/piqa_val_rc_5shot_soft": 0.5,
      "eval/downstream_soft_log/piqa_val_rc_5shot_soft_log": Math.log(0.5),
      "hendrycksTest-anatomy/acc_norm": 0.25,
      "mmlu_pro/exact_match,custom-extract": 0.1,
      "sciq/acc_norm,none": 0.25,
      "winogrande/acc": 0.5,
      "cifar10/test_accuracy": 0.1,
      "crows_pairs_english_race_color/pct_stereotype": 0.5,
    };
    for (const [name, chance] of Object.entries(chances)) expect(knownMeasure(name).chance, name).toBe(chance);
  });

  test("chance belongs to accuracies: a loss on the same task has none", () => {
    for (const name of [
      "eval/downstream_bpb/piqa_rc_0shot_bpb_bpb",
      "arcc/mean_loss",
      "lambada_openai/ppl",
      "top5_acc",
    ])
      expect(knownMeasure(name).chance, name).toBeUndefined();
  });

  test("the last word that names a kind decides what it is", () => {
    expect(knownMeasure("accuracy_head/loss")).toEqual({ direction: "lower", family: "loss" });
    expect(knownMeasure("loss_head/accuracy")).toEqual({ direction: "higher", family: "capability" });
    expect(knownMeasure("eval/c4_en-validation/CrossEntropyLoss")).toEqual({
      direction: "lower",
      family: "loss",
      range: [0, null],
      unit: "nats",
    });
    expect(knownMeasure("wikitext/word_perplexity")).toMatchObject({ direction: "lower", range: [1, null] });
    expect(knownMeasure("eval/bpb")).toMatchObject({ direction: "lower", unit: "bits per byte" });
  });

  test("families follow from tasks and from the words around the kind", () => {
    const families: Record<string, string> = {
      "crows_pairs_english/likelihood_difference": "bias",
      "bbq/acc": "bias",
      "truthfulqa_mc1/acc": "safety",
      "calibration.ece": "safety",
      "canary.exposure": "memorization",
      worst_group_acc: "robustness",
      "robust.accuracy": "robustness",
      "Training gradients_norm": "optimization",
      "lr-AdamW/pg1": "optimization",
      eff_rank_mean: "mechanism",
    };
    for (const [name, family] of Object.entries(families)) expect(knownMeasure(name).family, name).toBe(family);
  });

  test("where lower is not better there is no direction: opponents' losses, losses on canaries, stereotypes", () => {
    for (const name of ["d_loss", "train/policy_gradient_loss", "canary_loss", "crows_pairs_french/pct_stereotype"])
      expect(knownMeasure(name).direction, name).toBe("neutral");
  });

  test("errors, gaps, scales and counts of a measure are not the measure", () => {
    const names =
      "arc_easy/acc_stderr,none|crows_pairs_english/pct_stereotype_stderr|train_loss_std|accuracy_gap|sd_reward";
    const more =
      "loss_weight|num_loss_terms|steps_to_val_loss|neg_mean_squared_error|delta_val_loss|photo_exposure_bias";
    for (const name of [...names.split("|"), ...more.split("|")]) expect(knownMeasure(name), name).toEqual({});
  });

  test("words that only look alike say nothing", () => {
    for (const name of [
      "foo",
      "wn_total",
      "encoder.bias",
      "train_trace",
      "gpu_memory",
      "information_extraction",
      "rank_0",
      "",
      "/",
    ])
      expect(knownMeasure(name), name).toEqual({});
    expect(knownMeasure("acc_race_white").chance).toBeUndefined();
    expect(knownMeasure("agi_eval_lsat_lr")).toEqual({});
  });

  test("clocks, counters and speeds are bookkeeping, measures are not", () => {
    for (const name of [
      "epoch",
      "eval_g0_runtime",
      "throughput/total_tokens",
      "Step time (s)",
      "eval_samples_per_second",
      "_timestamp",
    ])
      expect(isBookkeeping(name), name).toBe(true);
    for (const name of ["train_loss_step", "val_acc_epoch", "foo", "learning_rate", "canary.exposure"])
      expect(isBookkeeping(name), name).toBe(false);
  });

  test("any name is read in time and without a throw", () => {
    fc.assert(
      fc.property(
        fc.string({ maxLength: 300, unit: fc.constantFrom("a", "_", "/", "1", "loss", "acc", "L", "é") }),
        (name) => {
          expect(typeof knownMeasure(name)).toBe("object");
        },
      ),
      { seed: 3, numRuns: 300 },
    );
  });
});

describe("what the values add", () => {
  test("an accuracy above 1 is in percent, and so is its chance level", () => {
    expect(specFor("cifar10/acc", [10, 55, Number.NaN, 91])).toMatchObject({
      unit: "percent",
      range: [0, 100],
      chance: 10,
    });
    expect(specFor("cifar10/acc", [0.1, 0.55])).toMatchObject({ unit: "share", range: [0, 1], chance: 0.1 });
  });

  test("values that no share can take leave no scale and no chance", () => {
    expect(specFor("val_acc", [120])).toEqual({ direction: "higher", family: "capability" });
    expect(specFor("mmlu/acc", [-1])).toEqual({ direction: "higher", family: "capability" });
  });

  test("a range that the values leave is dropped, the rest stays", () => {
    expect(specFor("eval/cross_entropy", [-0.5, 2])).toEqual({ direction: "lower", family: "loss", unit: "nats" });
  });

  test("without finite values the name alone counts", () => {
    expect(specFor("val_acc", [Number.NaN, Number.POSITIVE_INFINITY])).toEqual(knownMeasure("val_acc"));
    expect(specFor("val_acc", [])).toEqual(knownMeasure("val_acc"));
  });
});

const pythia = join(DATA, "pythia/evals");
test.skipIf(!existsSync(pythia))(
  "every real lm-eval metric lies in the range that its name states [needs ../shared/data/pythia]",
  () => {
    const ranges = new Map<string, [low: number, high: number]>();
    for (const path of readdirSync(pythia, { recursive: true, encoding: "utf8" })) {
      if (!path.endsWith(".json")) continue;
      const { results } = JSON.parse(readFileSync(join(pythia, path), "utf8"));
      if (typeof results !== "object" || Array.isArray(results)) continue;
      for (const [task, metrics] of Object.entries<Record<string, unknown>>(results))
        for (const [metric, value] of Object.entries(metrics)) {
          if (typeof value !== "number") continue;
          const [low, high] = ranges.get(`${task}/${metric}`) ?? [value, value];
          ranges.set(`${task}/${metric}`, [Math.min(low, value), Math.max(high, value)]);
        }
    }
    for (const [name, [low, high]] of ranges) {
      const { family, range } = knownMeasure(name);
      if (name.endsWith("_stderr")) expect(family, name).toBeUndefined();
      else {
        expect(family, name).toBeDefined();
        expect(low, name).toBeGreaterThanOrEqual(range?.[0] ?? low);
        expect(high, name).toBeLessThanOrEqual(range?.[1] ?? high);
      }
    }
    expect(ranges.size).toBeGreaterThan(200);
  },
);
