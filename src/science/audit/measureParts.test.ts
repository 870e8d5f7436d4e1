import { expect, test } from "vitest";
import { byTask, isSchedule, measureParts } from "./measureParts.ts";

test.each([
  ["piqa/acc", "piqa", "acc"],
  ["piqa/acc_norm,none", "piqa", "acc_norm"],
  ["eval/downstream/piqa_val_rc_5shot_len_norm", "piqa_val_rc_5shot", "len_norm"],
  ["eval/downstream_bpb/piqa_val_rc_5shot_bpb", "piqa_val_rc_5shot", "bpb"],
  ["crows_pairs_english_gender/pct_stereotype", "crows_pairs_english_gender", "pct_stereotype"],
  ["head.entropy", "head", "entropy"],
  ["accuracy", "accuracy", "accuracy"],
])("%s is %s measured by %s", (measure, task, metric) => {
  expect(measureParts(measure)).toEqual({ task, metric });
});

test("measures of one task are one group, in the order of their appearance", () => {
  expect([...byTask(["piqa/acc", "sciq/acc", "piqa/acc_norm"])]).toEqual([
    ["piqa", ["piqa/acc", "piqa/acc_norm"]],
    ["sciq", ["sciq/acc"]],
  ]);
});

test("settings and counters are schedules, measures are not", () => {
  for (const name of ["lr", "train/learning_rate", "optim/learning_rate_group0", "epoch", "throughput/total_tokens"])
    expect(isSchedule(name)).toBe(true);
  for (const name of ["loss", "train_loss", "test.accuracy", "grad_norm", "time_to_first_bloom/acc"])
    expect(isSchedule(name)).toBe(false);
});
