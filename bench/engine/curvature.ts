/**
 * @file The transformer's gradient and its Hessian–vector products over one resident batch, next to each other.
 */
import type { Tensor } from "../../src/core/index.ts";
import {
  compileCurvature,
  hvp,
  type JaxArrays,
  softmaxCrossEntropy,
  valueAndGradient,
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

export const CURVATURE_KINDS = ["gradient", "product", "pointProduct"] as const;

/**
 * gradient: the gradient alone · product: H·v by one program, as at a new point · pointProduct: H·v at a point whose
 * gradient is there already, as in Lanczos and Hutchinson.
 */
export type CurvatureKind = (typeof CURVATURE_KINDS)[number];

const lossAt = (data: JaxArrays) => (p: JaxArrays) =>
  softmaxCrossEntropy(TRANSFORMER.apply(p, data.sequences), data.answers);

/** One of the three, repeatable. */
export class CurvatureRun {
  private readonly once: () => Promise<Parameters>;
  private readonly direction: Parameters;
  readonly close: () => Promise<void>;

  private constructor(once: () => Promise<Parameters>, direction: Parameters, close: () => Promise<void>) {
    this.once = once;
    this.direction = direction;
    this.close = close;
  }

  static async open(kind: CurvatureKind, problem: Problem, options?: SessionOptions): Promise<CurvatureRun> {
    const { parameters, resident } = problem;
    const { sequences, answers } = resident;
    const data = { sequences, answers };
    const direction = withoutPrefix(resident, "along.");
    if (kind === "pointProduct") {
      const program = await compileCurvature(nativeDevice, {
        name: kind,
        matrix: { kind: "hessian", loss: (p, batch) => lossAt(batch)(p) },
        params: specsOf(parameters),
        data: specsOf(data),
      });
      program.bind(data);
      const point = await program.at(parameters);
      return new CurvatureRun(
        () => point.product(direction),
        direction,
        () => program.dispose(),
      );
    }
    const feeds = kind === "gradient" ? parameters : { ...parameters, ...withPrefix(direction, "along.") };
    const program = await nativeDevice.compileFunction(
      {
        name: kind,
        resident: specsOf(data),
        inputs: specsOf(feeds),
        fn: ({ sequences: tokens, answers: labels, ...inputs }) => {
          const loss = lossAt({ sequences: tokens, answers: labels });
          if (kind === "gradient") return valueAndGradient(loss, inputs).gradient;
          const along = withoutPrefix(inputs, "along.");
          return hvp(loss, Object.fromEntries(Object.keys(along).map((name) => [name, inputs[name]])), along);
        },
      },
      options,
    );
    program.bind(data);
    return new CurvatureRun(
      () => program.run(feeds),
      direction,
      () => program.dispose(),
    );
  }

  async advance(count: number): Promise<void> {
    for (let i = 0; i < count; i++) await this.once();
  }

  /** Of a product. */
  async digest(): Promise<ProductDigest> {
    const product = await this.once();
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
}

function firstRows({ dtype, shape, data }: Tensor): Tensor {
  const [rows, ...rest] = shape;
  return { dtype, shape: [BATCH, ...rest], data: data.slice(0, (data.length / rows) * BATCH) as Int32Array };
}
