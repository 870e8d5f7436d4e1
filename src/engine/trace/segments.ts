/**
 * @file Cuts a traced program at jax-js's routines of linear algebra, which have no lowering: stretches of equations that
 * a device compiles, and between them the routines, which it runs by themselves. Pure.
 *
 * Every equation stands in the earliest stretch in which its operands are known, so there are as many stretches as the
 * longest chain of routines is long, and one more. A program without routines is not cut.
 */
import type { Equation, Operand, ProgramType, TracedProgram, Variable } from "./program.ts";

/** Solve A·Xᵀ = Bᵀ for triangular A; Cholesky; LU with pivots; eigenvectors by Jacobi's rotations; complex FFT. */
export const ROUTINES: ReadonlySet<string> = new Set(["triangular_solve", "cholesky", "lu", "jacobi_eigh", "fft"]);

export interface Segment {
  /** Its outputs are named `nameOf` their variables; so are inputs that earlier segments and routines give. */
  readonly program: TracedProgram;
  /** Inputs besides the whole program's. */
  readonly given: Readonly<Record<string, { readonly dtype: ProgramType; readonly shape: readonly number[] }>>;
  /** Run after it, in any order. */
  readonly routines: readonly Equation[];
}

export interface SegmentedProgram {
  readonly segments: readonly Segment[];
  /** For each output of the whole program the name under which a segment or a routine gives it. */
  readonly outputs: Readonly<Record<string, string>>;
}

export const nameOf = ({ id }: Variable): string => `#${id}`;

export function cutAtRoutines(program: TracedProgram): SegmentedProgram | undefined {
  const { name, inputs, constants, equations } = program;
  if (!equations.some(({ primitive }) => ROUTINES.has(primitive))) return undefined;
  const stretches = stretchesOf(program);
  const isRoutine = ({ primitive }: Equation): boolean => ROUTINES.has(primitive);
  const lead = new Set<Operand>([...inputs, ...constants].map(({ variable }) => variable));
  const asked = askedOutside(program, stretches, lead);
  const segments = stretches.map((own, level): Segment => {
    const native = own.filter((equation) => !isRoutine(equation));
    const made = new Set<Operand>(native.flatMap(({ outputs }) => outputs));
    const read = new Set(native.flatMap((equation) => equation.inputs));
    const given = [...read].filter(
      (operand): operand is Variable => operand.kind === "variable" && !made.has(operand) && !lead.has(operand),
    );
    const results = [...asked].filter((variable) => made.has(variable) || (level === 0 && lead.has(variable)));
    const literals = program.outputs.filter(({ operand }) => level === 0 && operand.kind === "literal");
    return {
      program: {
        name,
        inputs: [...inputs, ...given.map((variable) => ({ name: nameOf(variable), variable }))],
        constants,
        equations: native,
        outputs: [...results.map((operand) => ({ name: nameOf(operand), operand })), ...literals],
      },
      given: Object.fromEntries(
        given.map((variable) => [nameOf(variable), { dtype: variable.type, shape: variable.shape }]),
      ),
      routines: own.filter(isRoutine),
    };
  });
  const outputs = program.outputs.map(({ name: key, operand }) => [
    key,
    operand.kind === "literal" ? key : nameOf(operand),
  ]);
  return { segments, outputs: Object.fromEntries(outputs) };
}

/** Equations by the number of routines, one after the other, that they wait for. */
function stretchesOf({ equations }: TracedProgram): Equation[][] {
  const levels = new Map<Operand, number>();
  const stretches: Equation[][] = [[]];
  for (const equation of equations) {
    const level = Math.max(0, ...equation.inputs.map((operand) => levels.get(operand) ?? 0));
    stretches[level].push(equation);
    const next = ROUTINES.has(equation.primitive) ? level + 1 : level;
    for (const output of equation.outputs) levels.set(output, next);
    if (next === stretches.length) stretches.push([]);
  }
  return stretches;
}

/** Variables that are needed outside of the stretch that makes them; the program's own inputs only by routines. */
function askedOutside(
  { outputs }: TracedProgram,
  stretches: readonly (readonly Equation[])[],
  lead: ReadonlySet<Operand>,
): Set<Variable> {
  const asked = new Set<Variable>();
  const ask = (operand: Operand): void => {
    if (operand.kind === "variable") asked.add(operand);
  };
  for (const { operand } of outputs) ask(operand);
  for (const stretch of stretches) {
    const made = new Set<Operand>(
      stretch.filter(({ primitive }) => !ROUTINES.has(primitive)).flatMap((equation) => equation.outputs),
    );
    for (const { primitive, inputs } of stretch)
      for (const operand of inputs)
        if (ROUTINES.has(primitive) || !(made.has(operand) || lead.has(operand))) ask(operand);
  }
  return asked;
}
