/**
 * @file From a jax-js Jaxpr to a TracedProgram: inlines jit calls (their names become the scope), drops dead equations.
 */
import type { ClosedJaxpr, Jaxpr } from "@jax-js/jax";
import { EngineError } from "../errors.ts";
import { HELD } from "../ops/localModel.ts";
import { withoutDead } from "./patterns/rewriter.ts";
import type { Constant, Equation, Literal, Operand, ProgramType, TracedProgram, Variable } from "./program.ts";
import { isProgramType, promote } from "./types.ts";

type JaxprAtom = Jaxpr["outs"][number];
type Environment = Map<JaxprAtom, Operand>;

export function flatten(options: {
  readonly name: string;
  readonly inputNames: readonly string[];
  readonly outputNames: readonly string[];
  readonly closed: ClosedJaxpr;
}): TracedProgram {
  const { name, inputNames, outputNames, closed } = options;
  const { jaxpr, consts } = closed;
  const walk = new Walk(name);
  const environment: Environment = new Map();
  for (const binder of jaxpr.inBinders) environment.set(binder, walk.variable(binder, name));
  const bound = jaxpr.inBinders.map((binder) => environment.get(binder) as Variable);
  const constants = bound.slice(0, consts.length);
  walk.inline(jaxpr, environment, name);
  const outputs = jaxpr.outs.map((atom, i) => ({ name: outputNames[i], operand: walk.read(atom, environment, name) }));
  const inputs = inputNames.map((key, i) => ({ name: key, variable: bound[consts.length + i] }));
  const wanted = outputs.map(({ operand }) => operand);
  const live = withoutDead(walk.equations, wanted);
  const used = new Set([...wanted, ...live.flatMap((equation) => equation.inputs)]);
  const read: Constant[] = [];
  const filled: Equation[] = [];
  for (const [i, variable] of constants.entries()) {
    if (!used.has(variable)) continue;
    const data = walk.zeros.has(variable) ? undefined : dataOf(consts[i]);
    const value = data === undefined ? 0 : maybeUniform(data);
    if (value !== undefined) filled.push(fill(variable, value, name));
    else if (data !== undefined) read.push({ variable, data });
  }
  return { name, inputs, constants: read, equations: [...filled, ...live], outputs };
}

const dataOf = (array: ClosedJaxpr["consts"][number]): Constant["data"] =>
  (array.ref as unknown as { dataSync(): Constant["data"] }).dataSync();

function maybeUniform(data: Constant["data"]): number | undefined {
  const first = data[0];
  return data.length > 0 && (data as Float32Array).every((value) => Object.is(value, first)) ? first : undefined;
}

function fill(variable: Variable, value: number, scope: string): Equation {
  const { type, shape } = variable;
  const params = { shape, axis: shape.map((_, axis) => axis) };
  return { primitive: "broadcast", inputs: [{ kind: "literal", type, value }], params, outputs: [variable], scope };
}

class Walk {
  readonly equations: Equation[] = [];
  /** Constants that are known to be zero without reading them. */
  readonly zeros = new Set<Operand>();
  private nextId = 0;
  private readonly program: string;

  constructor(program: string) {
    this.program = program;
  }

  inline(jaxpr: Jaxpr, environment: Environment, scope: string): void {
    for (const { primitive, inputs, params, outBinders } of jaxpr.eqns) {
      const operands = inputs.map((atom) => this.read(atom, environment, scope));
      if (String(primitive) === "jit") {
        const inner = params.jaxpr as Jaxpr;
        const name = String(params.name);
        const isHeld = name.startsWith(HELD);
        const innerScope = name === "closure" || isHeld ? scope : `${scope}/${name}`;
        const local: Environment = new Map(inner.inBinders.map((binder, i) => [binder, operands[i]]));
        if (isHeld) for (const binder of passedThrough(inner)) this.zeros.add(local.get(binder)!);
        this.inline(inner, local, innerScope);
        for (const [i, binder] of outBinders.entries())
          environment.set(binder, this.read(inner.outs[i], local, innerScope));
        continue;
      }
      const outputs = outBinders.map((binder) => this.variable(binder, scope));
      for (const [i, binder] of outBinders.entries()) environment.set(binder, outputs[i]);
      const more = primitive === "compare" ? { ...params, type: this.comparedType(inputs, scope) } : params;
      this.equations.push({ primitive: String(primitive), inputs: operands, params: more, outputs, scope });
    }
  }

  variable({ aval }: JaxprAtom, scope: string): Variable {
    return { kind: "variable", id: this.nextId++, type: this.typeOf(aval.dtype, scope), shape: [...aval.shape] };
  }

  read(atom: JaxprAtom, environment: Environment, scope: string): Operand {
    if ("value" in atom)
      return { kind: "literal", type: this.typeOf(atom.dtype, scope), value: Number(atom.value) } satisfies Literal;
    return environment.get(atom)!;
  }

  /** What both operands of a comparison become; its result says nothing of it. */
  private comparedType(inputs: readonly JaxprAtom[], scope: string): ProgramType {
    const [left, right] = inputs.map(({ aval }) => ({ type: this.typeOf(aval.dtype, scope), weak: aval.weakType }));
    return promote(left, right);
  }

  private typeOf(dtype: string, scope: string): ProgramType {
    if (isProgramType(dtype)) return dtype;
    const place = scope === this.program ? this.program : `${this.program}, in ${scope}`;
    throw new EngineError(
      "ENGINE_TYPE",
      `Program ${place}: expected float32, int32, uint32 or bool, got ${dtype}; cast it, or compute it on the host`,
    );
  }
}

/** What a jaxpr returns untouched. In what is derived from `held`, that is the derivative of something held: zeros. */
function passedThrough({ inBinders, eqns, outs }: Jaxpr): JaxprAtom[] {
  const consumed = new Set(eqns.flatMap(({ inputs }) => inputs));
  return inBinders.filter((binder) => outs.includes(binder) && !consumed.has(binder));
}
