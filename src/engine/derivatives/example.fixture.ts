/**
 * @file The example of docs/engine-derivatives.md, which quotes what stands between the marks; the test runs it.
 */
import { keyOf } from "../../core/index.ts";
import type { Tensors } from "../device.ts";
import { dense } from "../layers/dense.ts";
import { softmaxCrossEntropy } from "../layers/losses.ts";
import { nativeDevice } from "../native.ts";
import * as ops from "../ops.ts";
import type { JaxArrays } from "../program.ts";
import { compileCurvature } from "./curvature.ts";
import { extremeEigenvalues } from "./extremeEigenvalues.ts";
import { compileGradientNorms } from "./gradientNorms.ts";
import { hutchinsonTrace } from "./hutchinson.ts";
import { hutchPlusPlusTrace } from "./hutchPlusPlus.ts";
import { preconditioned } from "./operator.ts";
import { powerIteration } from "./powerIteration.ts";

export async function example(params: Tensors, data: Tensors, adamScale: Float64Array) {
  // example
  const logits = (p: JaxArrays, x: JaxArrays[string]) => dense(ops.tanh(dense(x, p.w1, p.b1)), p.w2, p.b2);
  const loss = (p: JaxArrays, { x, labels }: JaxArrays) => softmaxCrossEntropy(logits(p, x), labels);

  const program = await compileCurvature(nativeDevice, {
    name: "mlp",
    matrix: { kind: "hessian", loss }, // or "gauss-newton", from an output and a loss of it
    params, // shapes; here the tensors themselves
    data, // axis 0: examples
    examplesAtOnce: 64, // blocks; their products are summed with weights by size
  });
  program.bind(data);
  const point = await program.at(params); // loss, gradient, and all that products at this point share

  const key = keyOf(7, "curvature");
  const { largest } = await extremeEigenvalues(point, { largest: 2, key, tolerance: 1e-4 });
  const trace = await hutchinsonTrace(point, { probes: 20, key });
  const sharper = await hutchPlusPlusTrace(point, { sketch: 8, probes: 12, key });
  const tracked = await powerIteration(point, { start: largest[0].vector, iterations: 5 });
  const adam = await extremeEigenvalues(preconditioned(point, adamScale), { key });

  const norms = await compileGradientNorms(nativeDevice, {
    name: "norms",
    loss: (p, { x, labels }) => loss(p, { x: ops.reshape(x, [1, -1]), labels: ops.reshape(labels, [1]) }),
    params,
    data,
  });
  norms.bind(data);
  const perExample = await norms.norms(params); // ‖∇ lossᵢ‖ of every example
  // end of example
  const dispose = () => Promise.all([norms.dispose(), program.dispose()]);
  return { point, largest, trace, sharper, tracked, adam, perExample, dispose };
}
