/** @file Companions: what counts as one task, on the names that real tools write. */
import { describe, expect, test } from "vitest";
import { metricName, smoothCompanions } from "./companions.ts";

describe("smoothCompanions", () => {
  test.each([
    ["lambada_openai/acc", "lambada_openai/ppl"],
    ["test_acc", "test_loss"],
    ["val/accuracy", "val/loss"],
    ["eval/downstream/piqa_val_rc_5shot_len_norm", "eval/downstream_bpb/piqa_val_rc_5shot_bpb"],
    ["eval/downstream/boolq_val_rc_5shot_acc", "eval/downstream_soft_log/boolq_val_rc_5shot_soft_log"],
    ["crows_pairs_english_gender/pct_stereotype", "crows_pairs_english_gender/likelihood_difference"],
    ["testAccuracy", "test.crossEntropy"],
  ])("%s has %s", (sharp, smooth) => {
    expect(smoothCompanions(sharp, ["other/loss", smooth, sharp])).toEqual([smooth]);
  });

  test("keeps splits and tasks apart, and gives nothing to a smooth measure or to no metric at all", () => {
    expect(smoothCompanions("test_acc", ["train_loss", "loss"])).toEqual([]);
    expect(smoothCompanions("piqa/acc", ["lambada/ppl"])).toEqual([]);
    expect(smoothCompanions("test_loss", ["test_loss"])).toEqual([]);
    expect(metricName("learning_rate_group0")).toBeUndefined();
  });
});
