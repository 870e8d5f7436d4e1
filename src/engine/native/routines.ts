/**
 * @file jax-js's routines of linear algebra on given tensors, computed by jax-js's own CPU device: plain JavaScript that
 * accumulates in double precision and stores float32.
 *
 * Eigenvalues come on the diagonal of an otherwise zero matrix (jax-js leaves rotations' residue beside it, which nothing
 * reads). A matrix that is not positive definite gives NaN from Cholesky, a singular one ±∞ or NaN from a solve.
 */
import type { Array as JaxArray } from "@jax-js/jax";
import { lax, numpy as np } from "@jax-js/jax";
import type { Tensor } from "../../core/index.ts";
import { InternalEngineError } from "../errors.ts";
import { download, onBackend, upload } from "../jax/backend.ts";
import type { Equation } from "../trace/program.ts";

const BACKEND = "cpu";

type Routine = (operands: readonly JaxArray[], params: Equation["params"]) => readonly JaxArray[];

const exchanged = (x: JaxArray): JaxArray => np.moveaxis(x, -2, -1);

const RUN: Readonly<Record<string, Routine>> = {
  cholesky: ([a]) => [lax.linalg.cholesky(a)],
  lu: ([a]) => lax.linalg.lu(a),
  triangular_solve: ([a, b], { unitDiagonal }) => [
    exchanged(lax.linalg.triangularSolve(a, exchanged(b), { leftSide: true, unitDiagonal: unitDiagonal as boolean })),
  ],
  jacobi_eigh: ([a]) => {
    const [vectors, values] = lax.linalg.eigh(a, { sortEigenvalues: false, symmetrizeInput: false });
    const size = values.shape[values.ndim - 1];
    return [values.reshape([...values.shape, 1]).mul(np.eye(size)), vectors];
  },
  fft: ([real, imag], { inverse }) => {
    const result = inverse === true ? np.fft.ifft({ real, imag }) : np.fft.fft({ real, imag });
    return [result.real, result.imag];
  },
};

export async function runRoutine(
  { primitive, params, outputs }: Equation,
  operands: readonly Tensor[],
): Promise<Tensor[]> {
  const run = RUN[primitive];
  if (run === undefined) throw new InternalEngineError(`routine "${primitive}" is not known`);
  const results = onBackend(BACKEND, () =>
    run(
      operands.map((tensor) => upload(BACKEND, tensor)),
      params,
    ),
  );
  return Promise.all(
    outputs.map(async ({ type, shape }, i) => ({ dtype: type, shape, data: await download(BACKEND, results[i]) })),
  );
}
