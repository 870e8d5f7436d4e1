/**
 * @file The transformer's gradient and its Hessian–vector product, forward over reverse, as programs of their own over
 * one resident batch.
 */
import { grad, jvp } from "@jax-js/jax";
import type { Tensor } from "../../src/core/index.ts";
import {
  type FunctionProgram,
  type JaxArrays,
  softmaxCrossEntropy,
  withoutPrefix,
  withPrefix,
} from "../../src/engine/index.ts";
import { nativeDevice, type SessionOptions } from "../../src/engine/native.ts";
import { drawNormal } from "./draws.ts";
import { TRANSFORMER, transformer } from "./models/transformer.ts";
import { specsOf } from "./ours.ts";
import type { Problem } from "./problem.ts";

const BATCH = 512;

type Parameters = Readonly<Record<string, Tensor>>;

/** Norm of H·v and v·H·v over one parameter: what two implementations are compared by. */
export type ProductDigest = Readonly<Record<string, readonly [norm: number, along: number]>>;

/** The transformer's problem with its first rows as the one batch, and a direction "along.<parameter>" in the data. */
export function curvatureProblem(): Problem {
  const { parameters, resident, ...rest } = transformer.problem();
  const direction = Object.entries(parameters).map(
    ([name, { shape }]) => [name, drawNormal(`along ${name}`, shape, 1)] as const,
  );
  const batch = { sequences: firstRows(resident.sequences), answers: firstRows(resident.answers) };
  return {
    ...rest,
    model: "transformerFull",
    perStep: {},
    parameters,
    resident: { ...batch, ...withPrefix(Object.fromEntries(direction), "along.") },
  };
}

export class CurvatureRun {
  private readonly program: FunctionProgram;
  private readonly parameters: Parameters;
  private readonly direction: Parameters;

  private constructor(program: FunctionProgram, parameters: Parameters, direction: Parameters) {
    this.program = program;
    this.parameters = parameters;
    this.direction = direction;
  }

  /** The gradient alone, or the Hessian–vector product. */
  static async open(what: "gradient" | "product", problem: Problem, options?: SessionOptions): Promise<CurvatureRun> {
    const { parameters, resident } = problem;
    const { sequences, answers } = resident;
    const direction = withoutPrefix(resident, "along.");
    const gradientOf = (p: JaxArrays, data: JaxArrays): JaxArrays =>
      grad((own: JaxArrays) => softmaxCrossEntropy(TRANSFORMER.apply(own, data.sequences), data.answers))(
        p,
      ) as JaxArrays;
    const program = await nativeDevice.compileFunction(
      {
        name: what,
        resident: specsOf({ sequences, answers }),
        inputs: specsOf(what === "gradient" ? parameters : { ...parameters, ...withPrefix(direction, "along.") }),
        fn: ({ sequences: tokens, answers: labels, ...inputs }) => {
          const data = { sequences: tokens, answers: labels };
          if (what === "gradient") return gradientOf(inputs, data);
          const along = withoutPrefix(inputs, "along.");
          const p = Object.fromEntries(Object.keys(along).map((name) => [name, inputs[name]]));
          const [, product] = jvp((own: JaxArrays) => gradientOf(own, data), [p], [along]);
          return product as JaxArrays;
        },
      },
      options,
    );
    program.bind({ sequences, answers });
    return new CurvatureRun(program, parameters, what === "gradient" ? {} : direction);
  }

  async advance(count: number): Promise<void> {
    for (let i = 0; i < count; i++) await this.result();
  }

  /** Of the product. */
  async digest(): Promise<ProductDigest> {
    const product = await this.result();
    return Object.fromEntries(
      Object.entries(product).map(([name, { data }]) => {
        const along = this.direction[name].data;
        let [squares, dot] = [0, 0];
        for (let i = 0; i < data.length; i++) {
          squares += data[i] ** 2;
          dot += data[i] * along[i];
        }
        return [name, [Math.sqrt(squares), dot]];
      }),
    );
  }

  close(): Promise<void> {
    return this.program.dispose();
  }

  private result(): Promise<Parameters> {
    return this.program.run({ ...this.parameters, ...withPrefix(this.direction, "along.") });
  }
}

function firstRows({ dtype, shape, data }: Tensor): Tensor {
  const [rows, ...rest] = shape;
  return { dtype, shape: [BATCH, ...rest], data: data.slice(0, (data.length / rows) * BATCH) as Int32Array };
}
