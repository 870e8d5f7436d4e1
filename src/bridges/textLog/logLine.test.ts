import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { maybeLogLine, maybeStepless } from "./logLine.ts";

const read = (line: string) => {
  const parsed = maybeLogLine(line);
  return parsed && { step: parsed.step, ...Object.fromEntries(parsed.values) };
};

describe("a line of a log", () => {
  test.each([
    ["step 250: train loss 1.9876, val loss 2.1012", { step: 250, train_loss: 1.9876, val_loss: 2.1012 }],
    ["iter 10: loss 2.3456, time 33.10ms, mfu 5.02%", { step: 10, loss: 2.3456, time_ms: 33.1, mfu_percent: 5.02 }],
    ["iter 0: loss 10.9, time 1.5s, mfu -100.00%", { step: 0, loss: 10.9, time_ms: 1500, mfu_percent: -100 }],
    [
      "step:125/6200 val_loss:6.1123 train_time:26789ms step_avg:214.31ms",
      { step: 125, val_loss: 6.1123, train_time_ms: 26789, step_avg_ms: 214.31 },
    ],
    [
      "step:0/6200 val_loss:10.9264 train_time:285ms step_avg:nanms",
      { step: 0, val_loss: 10.9264, train_time_ms: 285, step_avg_ms: Number.NaN },
    ],
    ["s:0 tel:10.968871", { step: 0, val_loss: 10.968871 }],
    ["s:1 trl:10.9598 lr:0.000002 norm:15.24", { step: 1, train_loss: 10.9598, lr: 2e-6, norm: 15.24 }],
    ["s:250 eval:0.2640", { step: 250, eval_accuracy: 0.264 }],
    [
      "step   10/19560 | loss 7.608321 (+nanz)| norm 10.8011 (-1.20z)| lr 1.29e-05 | 120.34 ms | 45.6% bf16 MFU | 4356789 tok/s",
      {
        step: 10,
        loss: 7.608321,
        norm: 10.8011,
        lr: 1.29e-5,
        time_ms: 120.34,
        mfu_percent: 45.6,
        tokens_per_second: 4356789,
      },
    ],
    [
      " iteration      100/  500000 | consumed samples:        25600 | elapsed time per iteration (ms): 3061.9 | learning rate: 1.500E-04 | lm loss: 6.921E+00 | number of skipped iterations:   0 |",
      {
        step: 100,
        consumed_samples: 25600,
        elapsed_time_per_iteration_ms: 3061.9,
        learning_rate: 1.5e-4,
        lm_loss: 6.921,
        number_of_skipped_iterations: 0,
      },
    ],
    [
      "[titan] 2024-05-01 10:00:00,123 - root - INFO - step: 10  loss:  8.1234  memory: 3.52GiB(3.71%)  tps: 1,234",
      { step: 10, loss: 8.1234, tps: 1234 },
    ],
    ["\u001b[31mstep: 3\u001b[0m loss: -inf", { step: 3, loss: Number.NEGATIVE_INFINITY }],
    ["loss=2.5 lr=1e-3 step=10", { step: 10, loss: 2.5, lr: 1e-3 }],
    ["Epoch [2/5], Step [100/600], Loss: 0.1234", { epoch: 2, step: 100, Loss: 0.1234 }],
    [
      "Epoch: [0][  10/5005]\tTime  0.512 ( 0.600)\tLoss 6.9e+00 (7.0e+00)\tAcc@1   1.56 (  0.10)",
      { epoch: 0, step: 10, Time: 0.512, Loss: 6.9, "Acc@1": 1.56 },
    ],
    [
      "2020-05-01 10:00:00,123 - mmdet - INFO - Epoch [1][50/7330]\tlr: 1.978e-03, time: 0.5, loss: 4.5",
      { epoch: 1, step: 50, lr: 1.978e-3, time: 0.5, loss: 4.5 },
    ],
    ["epoch: 2, iteration: 40, train/loss: .5", { epoch: 2, step: 40, "train/loss": 0.5 }],
    ["  3%|▎ | 10/300\rstep 7: loss 1.0", { step: 7, loss: 1 }],
  ])("%s", (line, expected) => expect(read(line)).toEqual(expected));

  test.each([
    "print(f'step:{step}/{args.num_iterations} val_loss:{val_loss:.4f} train_time:{training_time_ms:.0f}ms')",
    '            print(f"step:{step+1}/{args.num_iterations} train_loss:{train_loss.item():.4f}")',
    "    if step == 10:",
    "    val_loss_every : int = 125 # every how many steps to evaluate val loss? 0 for only at the end",
    "        # at step 10: loss 3.0 is expected",
    "step 5",
    "step:12/100",
    "saving checkpoint at step 250: loss 3",
    "val loss 3.5",
    "s:10 m:3",
    "",
    "|   0  NVIDIA H100 80GB HBM3          On  | 00000000:61:00.0 Off |                    0 |",
  ])("is no point: %s", (line) => expect(maybeLogLine(line)).toBeUndefined());

  test("the number after the slash is the length of the run", () => {
    expect(maybeLogLine("step:125/6200 loss:1")?.totalSteps).toBe(6200);
  });

  test("llm.c's lines without a step", () => {
    expect(maybeStepless("val loss 11.009186")).toEqual(["val_loss", 11.009186]);
    expect(maybeStepless("HellaSwag: 2648/10042 = 0.263693")).toEqual(["hellaswag_accuracy", 0.263693]);
    expect(maybeStepless("train loss 1")).toBeUndefined();
  });

  test("takes time in proportion to the line, whatever stands in it", () => {
    const pieces = fc.constantFrom(
      "step",
      " ",
      "a",
      ":",
      "=",
      "1",
      ",",
      ".",
      "e",
      "-",
      "|",
      "loss",
      "(",
      ")",
      "nan",
      "/",
      "%",
    );
    fc.assert(
      fc.property(fc.array(pieces, { maxLength: 1500 }), (parts) => {
        const start = performance.now();
        maybeLogLine(`step 1: ${parts.join("")}`);
        // A backtracking pattern would need seconds; 200 ms allow for a busy machine.
        expect(performance.now() - start).toBeLessThan(200);
      }),
      { seed: 9, numRuns: 300 },
    );
    for (const worst of [
      "a ".repeat(2000),
      "a.".repeat(2000),
      "1,".repeat(2000),
      "[".repeat(4000),
      "a: ".repeat(1300),
      "- ".repeat(2000),
    ]) {
      const start = performance.now();
      maybeLogLine(`step 1: ${worst}`.slice(0, 4096));
      maybeLogLine(worst);
      expect(performance.now() - start).toBeLessThan(200);
    }
  });
});
