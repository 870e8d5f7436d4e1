/**
 * @file Muon: momentum of matrices, orthogonalised by five Newton–Schulz steps; another optimizer for the rest.
 *
 * b ← μb + g; O = NewtonSchulz(g + μb); p ← (1 − lr·λ)p − lr·√max(1, out/in)·O. Weights are [in, out] here and [out, in]
 * in PyTorch: the factor follows the meaning of the axes. The products run in float32, torch.optim.Muon's in bfloat16.
 * A zero gradient gives a zero update. A NaN spreads over its matrix.
 * Source: Jordan et al., "Muon", 2024, with its coefficients (3.4445, −4.7750, 2.0315).
 */
import type { Array as JaxArray } from "@jax-js/jax";
import { ShapeError } from "../../core/index.ts";
import { add, div, matmul, maximum, mul, sqrt, square, sub, sum, transpose } from "../ops.ts";
import { adamw } from "./adamw.ts";
import type { Optimizer, ParameterRule } from "./optimizer.ts";
import { everyParameter, requireShare, requireUpdate, slotsLike } from "./optimizer.ts";

const COEFFICIENTS = [3.4445, -4.775, 2.0315] as const;
const ITERATIONS = 5;
/** The least norm that a momentum is divided by. */
const LEAST_NORM = 1e-7;

export interface MuonOptions {
  /** μ, in [0, 1). Default .95. */
  readonly momentum?: number;
  /** Default true. */
  readonly nesterov?: boolean;
  /** The parameters it moves, each of rank 2. Default all of rank 2; embeddings and the last layer are often left out. */
  readonly matrices?: ParameterRule;
  /** For all other parameters. Default AdamW. */
  readonly rest?: Optimizer;
  /** The other optimizer's learning rate as a multiple of Muon's. Default 1. */
  readonly restRate?: number;
  /** Which matrices weight decay multiplies. Default all. */
  readonly decays?: ParameterRule;
}

export function muon(options: MuonOptions = {}): Optimizer {
  const { momentum = 0.95, nesterov = true, rest = adamw(), restRate = 1, decays = everyParameter } = options;
  const { matrices = (_, shape) => shape.length === 2 } = options;
  requireShare("muon, momentum", momentum);
  return {
    name: "muon",
    slots(parameters) {
      const [own, others] = split(parameters, ({ shape }) => shape, matrices);
      for (const [name, { shape }] of Object.entries(own))
        if (shape.length !== 2) throw new ShapeError(`muon, parameter "${name}"`, "[in, out]", shape);
      return { ...slotsLike(own, ["momentum"]), ...rest.slots(others) };
    },
    columns: ["muonDecay", "muonLearningRate", ...rest.columns],
    row(step) {
      requireUpdate("muon", step);
      const { learningRate, weightDecay = 0 } = step;
      return {
        muonDecay: 1 - learningRate * weightDecay,
        muonLearningRate: learningRate,
        ...rest.row({ ...step, learningRate: learningRate * restRate }),
      };
    },
    update({ params, grads, slots, row }) {
      const [own, others] = split(params, ({ shape }) => shape, matrices);
      const moved = rest.update({ params: others, grads, slots, row });
      const next = { params: { ...params, ...moved.params }, slots: { ...slots, ...moved.slots } };
      for (const [name, p] of Object.entries(own)) {
        const g = grads[name];
        const buffer = add(mul(slots[`momentum.${name}`], momentum), g);
        const direction = nesterov ? add(g, mul(buffer, momentum)) : buffer;
        const [inputs, outputs] = p.shape;
        const change = orthogonalised(direction, Math.sqrt(Math.max(1, outputs / inputs)));
        const kept = decays(name, p.shape) ? mul(p, row.muonDecay) : p;
        next.params[name] = sub(kept, mul(change, row.muonLearningRate));
        next.slots[`momentum.${name}`] = buffer;
      }
      return next;
    },
  };
}

/** scale·U·S·Vᵀ of a matrix with all singular values S brought near 1 (.68–1.13). Works on the shorter side. */
function orthogonalised(g: JaxArray, scale: number): JaxArray {
  const [rows, columns] = g.shape;
  const [a, b, c] = COEFFICIENTS;
  let x = div(g, maximum(sqrt(sum(square(g))), LEAST_NORM));
  for (let i = 1; i <= ITERATIONS; i++) {
    const factor = i === ITERATIONS ? scale : 1;
    const gram = rows <= columns ? matmul(x, transpose(x)) : matmul(transpose(x), x);
    const quadratic = add(mul(gram, factor * b), mul(matmul(gram, gram), factor * c));
    x = add(mul(x, factor * a), rows <= columns ? matmul(quadratic, x) : matmul(x, quadratic));
  }
  return x;
}

function split<T>(
  record: Readonly<Record<string, T>>,
  shapeOf: (value: T) => readonly number[],
  rule: ParameterRule,
): [Record<string, T>, Record<string, T>] {
  const entries = Object.entries(record);
  const fits = ([name, value]: [string, T]): boolean => rule(name, shapeOf(value));
  return [Object.fromEntries(entries.filter(fits)), Object.fromEntries(entries.filter((entry) => !fits(entry)))];
}
