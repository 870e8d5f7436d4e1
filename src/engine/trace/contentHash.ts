/**
 * @file The hash of a traced program: equal for programs that compute the same by the same equations, in any process.
 */
import { canonicalJson, sha256Hex } from "../../core/index.ts";
import type { Operand, TracedProgram } from "./program.ts";

export function contentHashOf({ name, inputs, constants, equations, outputs }: TracedProgram): string {
  const numbers = new Map<Operand, number>();
  const numberOf = (operand: Operand): number => {
    const known = numbers.get(operand);
    if (known !== undefined) return known;
    numbers.set(operand, numbers.size);
    return numbers.size - 1;
  };
  const written = (operand: Operand): unknown =>
    operand.kind === "literal"
      ? [operand.type, Object.is(operand.value, -0) ? "-0" : operand.value]
      : [numberOf(operand), operand.type, operand.shape];
  return sha256Hex(
    canonicalJson({
      name,
      inputs: inputs.map((input) => [input.name, written(input.variable)]),
      constants: constants.map(({ variable, data }) => [
        written(variable),
        sha256Hex(new Uint8Array(data.buffer, data.byteOffset, data.byteLength)),
      ]),
      equations: equations.map(({ primitive, inputs: operands, params, outputs: results, scope }) => [
        primitive,
        operands.map(written),
        params,
        results.map(written),
        scope,
      ]),
      outputs: outputs.map((output) => [output.name, written(output.operand)]),
    }),
  );
}
