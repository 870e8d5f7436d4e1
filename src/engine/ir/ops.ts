/**
 * @file The operators of the IR and their typing rules. The builder makes outputs with them; the verifier checks with
 * them again. A rule throws TypeRuleError when operands do not fit.
 */
import { EngineError } from "../errors.ts";
import type { Attributes, IrType } from "./types.ts";
import { sameShape, sizeOf } from "./types.ts";

export interface TypedShape {
  readonly type: IrType;
  readonly shape: readonly number[];
}

export class TypeRuleError extends EngineError {
  constructor(what: string) {
    super("IR_TYPE", what);
  }
}

type Rule = (inputs: readonly TypedShape[], attributes: Attributes) => TypedShape[];

const NUMERIC: readonly IrType[] = ["float32", "float64", "int32", "int64", "uint32"];
/** The runtime has no kernels for the others. */
const SIGNED: readonly IrType[] = ["float32", "float64", "int32", "int64"];
const COMPARED: readonly IrType[] = ["float32", "float64", "int32", "uint32"];
const INTEGER: readonly IrType[] = ["int32", "int64", "uint32"];
const FLOAT: readonly IrType[] = ["float32"];
const BOOL: readonly IrType[] = ["bool"];
const ANY: readonly IrType[] = ["float32", "float64", "int32", "int64", "uint32", "uint8", "bool"];

export const OPS = {
  Constant: (_, { type, shape }) => [{ type: type as IrType, shape: shape as readonly number[] }],
  /** Row of a host-made table for the present step of the loop; attribute `table` names it. */
  StepRow: (_, { type, shape }) => [{ type: type as IrType, shape: shape as readonly number[] }],
  Identity: unary(ANY),
  Neg: unary(SIGNED),
  Abs: unary(NUMERIC),
  Sign: unary(NUMERIC),
  Reciprocal: unary(FLOAT),
  Floor: unary(["float32", "float64"]),
  Ceil: unary(FLOAT),
  Exp: unary(FLOAT),
  Log: unary(FLOAT),
  Sqrt: unary(FLOAT),
  Sin: unary(FLOAT),
  Cos: unary(FLOAT),
  Asin: unary(FLOAT),
  Atan: unary(FLOAT),
  Erf: unary(FLOAT),
  Tanh: unary(FLOAT),
  Sigmoid: unary(FLOAT),
  Relu: unary(FLOAT),
  /** Over the last axis. */
  Softmax: unary(FLOAT),
  Not: unary(BOOL),
  Add: binary(NUMERIC),
  Sub: binary(NUMERIC),
  Mul: binary(NUMERIC),
  Div: binary(NUMERIC),
  /** Sign of the dividend. */
  Mod: binary(NUMERIC),
  /** Not of int64, which the runtime compares wrongly. */
  Max: binary(COMPARED),
  Min: binary(COMPARED),
  And: binary(BOOL),
  Or: binary(BOOL),
  Xor: binary(BOOL),
  BitwiseAnd: binary(INTEGER),
  BitwiseOr: binary(INTEGER),
  BitwiseXor: binary(INTEGER),
  /** Attribute `direction`: LEFT or RIGHT, with zeros; the distance is below 32. */
  BitShift: binary(["uint32"]),
  /** The same four bytes as another type. */
  BitCast: ([x], { to }) => {
    expectType(x, ["float32", "int32", "uint32"]);
    return [{ type: to as IrType, shape: x.shape }];
  },
  Less: compare(NUMERIC),
  LessOrEqual: compare(NUMERIC),
  Equal: compare(ANY),
  Where: ([condition, yes, no]) => {
    expectType(condition, BOOL);
    expectType(yes, SIGNED);
    expectSameType(yes, no);
    return [{ type: yes.type, shape: broadcastShapes(broadcastShapes(condition.shape, yes.shape), no.shape) }];
  },
  Cast: ([x], { to }) => [{ type: to as IrType, shape: x.shape }],
  Reshape: ([x], { shape }) => {
    const target = shape as readonly number[];
    if (sizeOf(target) !== sizeOf(x.shape))
      throw new TypeRuleError(`reshape: expected ${sizeOf(x.shape)} elements, got [${target.join(", ")}]`);
    return [{ type: x.type, shape: target }];
  },
  Transpose: ([x], { perm }) => {
    const order = perm as readonly number[];
    if (order.length !== x.shape.length || [...order].sort((a, b) => a - b).some((axis, i) => axis !== i))
      throw new TypeRuleError(`transpose: expected a permutation of ${x.shape.length} axes, got [${order.join(", ")}]`);
    return [{ type: x.type, shape: order.map((axis) => x.shape[axis]) }];
  },
  Expand: ([x], { shape }) => [{ type: x.type, shape: broadcastShapes(x.shape, shape as readonly number[]) }],
  ReduceSum: reduce(),
  ReduceMax: reduce(),
  ReduceMin: reduce(),
  ReduceProd: reduce(),
  MatMul: ([a, b, bias], { transA, transB }) => {
    expectType(a, FLOAT);
    expectType(b, FLOAT);
    const rank = a.shape.length;
    if (rank < 2 || b.shape.length !== rank) throw new TypeRuleError("matmul: expected equal ranks of at least 2");
    const [m, k] = lastTwo(a.shape, transA === true);
    const [kb, n] = lastTwo(b.shape, transB === true);
    const batch = a.shape.slice(0, -2);
    if (k !== kb || batch.some((extent, axis) => extent !== b.shape[axis]))
      throw new TypeRuleError(
        `matmul: expected equal batch and inner extents, got [${a.shape.join(", ")}] and [${b.shape.join(", ")}]`,
      );
    const shape = [...batch, m, n];
    if (bias !== undefined && broadcastShapes(bias.shape, shape).length !== rank)
      throw new TypeRuleError("matmul: bias does not broadcast to the product");
    return [{ type: a.type, shape }];
  },
  /**
   * [n, g·c, …] with [g·o, c, …] and maybe a bias [g·o] → [n, g·o, …]; attributes strides, dilations, before, after
   * (zeros around), group.
   */
  Conv: ([x, kernel, bias], attributes) => {
    expectChannels(x, kernel.shape[1], attributes);
    if (bias !== undefined && !sameShape(bias.shape, [kernel.shape[0]]))
      throw new TypeRuleError(`convolution: expected a bias of ${kernel.shape[0]}, got [${bias.shape.join(", ")}]`);
    const windows = windowShape(x, kernel, attributes);
    return [{ type: x.type, shape: [x.shape[0], kernel.shape[0], ...windows] }];
  },
  /** The transpose of Conv in its first operand: [n, g·c, …] with [g·c, o, …] → [n, g·o, …]; before and after are cut off. */
  ConvTranspose: ([x, kernel], attributes) => {
    const { strides, dilations, before, after } = attributes as Record<string, readonly number[]>;
    expectChannels(x, kernel.shape[0] / (attributes.group as number), attributes);
    const spatial = x.shape
      .slice(2)
      .map(
        (extent, i) => (extent - 1) * strides[i] + (kernel.shape[i + 2] - 1) * dilations[i] + 1 - before[i] - after[i],
      );
    return [{ type: x.type, shape: [x.shape[0], kernel.shape[1] * (attributes.group as number), ...spatial] }];
  },
  /** [n, c, h·block, w·block] → [n, block·block·c, h, w]: phases before channels. */
  SpaceToDepth: ([x], { block }) => {
    expectType(x, FLOAT);
    const side = block as number;
    const [examples, channels, height, width] = x.shape;
    return [{ type: x.type, shape: [examples, channels * side * side, height / side, width / side] }];
  },
  /** The inverse. */
  DepthToSpace: ([x], { block }) => {
    expectType(x, FLOAT);
    const side = block as number;
    const [examples, channels, height, width] = x.shape;
    return [{ type: x.type, shape: [examples, channels / (side * side), height * side, width * side] }];
  },
  /** Every element repeated along its axis, up to attribute `shape`. */
  Repeat: ([x], { shape }) => {
    expectType(x, FLOAT);
    const target = shape as readonly number[];
    if (target.length !== x.shape.length || target.some((extent, axis) => extent % x.shape[axis] !== 0))
      throw new TypeRuleError(`repeat: expected multiples of [${x.shape.join(", ")}], got [${target.join(", ")}]`);
    return [{ type: x.type, shape: target }];
  },
  /** Values and indices (int64) in ascending order along the last axis; the lower index first among equals. */
  Sort: ([x]) => {
    expectType(x, SIGNED);
    return [
      { type: x.type, shape: x.shape },
      { type: "int64", shape: x.shape },
    ];
  },
  /** Along the last axis. */
  GatherElements: ([x, index]) => {
    expectType(index, ["int32", "int64"]);
    return [{ type: x.type, shape: index.shape }];
  },
  /** Along the last axis; attributes `exclusive` (without the element itself) and `reverse` (from the end). */
  CumSum: unary(SIGNED),
  Gather: ([x, index], { axis }) => {
    expectType(index, ["int32", "int64"]);
    const at = axis as number;
    return [{ type: x.type, shape: [...x.shape.slice(0, at), ...index.shape, ...x.shape.slice(at + 1)] }];
  },
  /** Slices of the leading axes by tuples along the index's last axis. */
  GatherND: ([x, index]) => {
    expectType(index, ["int64"]);
    const depth = index.shape[index.shape.length - 1];
    return [{ type: x.type, shape: [...index.shape.slice(0, -1), ...x.shape.slice(depth)] }];
  },
  /** Into a copy of the first operand; attribute `reduction`: none or add. */
  ScatterND: ([x, index, updates]) => {
    expectType(index, ["int64"]);
    expectSameType(x, updates);
    const depth = index.shape[index.shape.length - 1];
    const expected = [...index.shape.slice(0, -1), ...x.shape.slice(depth)];
    if (!sameShape(updates.shape, expected))
      throw new TypeRuleError(`scatter: expected updates [${expected.join(", ")}], got [${updates.shape.join(", ")}]`);
    return [{ type: x.type, shape: x.shape }];
  },
  Concat: (inputs, { axis }) => {
    const at = axis as number;
    const shape = [...inputs[0].shape];
    shape[at] = inputs.reduce((total, input) => total + input.shape[at], 0);
    return [{ type: inputs[0].type, shape }];
  },
  /** Attribute `steps`: 1 everywhere where absent. */
  Slice: ([x], { starts, ends, steps }) => {
    const from = starts as readonly number[];
    const to = ends as readonly number[];
    const by = (steps as readonly number[] | undefined) ?? [];
    return [{ type: x.type, shape: x.shape.map((_, axis) => Math.ceil((to[axis] - from[axis]) / (by[axis] ?? 1))) }];
  },
  /** Last element first along `axes`. */
  Reverse: unary(ANY),
  Pad: ([x], { before, after }) => {
    const low = before as readonly number[];
    const high = after as readonly number[];
    return [{ type: x.type, shape: x.shape.map((extent, axis) => extent + low[axis] + high[axis]) }];
  },
  /** Along axis 0 into slices of `sizes`. */
  Split: ([x], { sizes }) =>
    (sizes as readonly number[]).map((size) => ({ type: x.type, shape: [size, ...x.shape.slice(1)] })),
} satisfies Record<string, Rule>;

export type OpName = keyof typeof OPS;

export function inferTypes(op: OpName, inputs: readonly TypedShape[], attributes: Attributes): TypedShape[] {
  return (OPS[op] as Rule)(inputs, attributes);
}

/** NumPy broadcasting of two shapes. */
export function broadcastShapes(a: readonly number[], b: readonly number[]): number[] {
  const rank = Math.max(a.length, b.length);
  return Array.from({ length: rank }, (_, i) => {
    const left = a[i - rank + a.length] ?? 1;
    const right = b[i - rank + b.length] ?? 1;
    if (left !== right && left !== 1 && right !== 1)
      throw new TypeRuleError(`broadcast: expected compatible shapes, got [${a.join(", ")}] and [${b.join(", ")}]`);
    return left === 1 ? right : left;
  });
}

function unary(types: readonly IrType[]): Rule {
  return ([x]) => {
    expectType(x, types);
    return [{ type: x.type, shape: x.shape }];
  };
}

function binary(types: readonly IrType[]): Rule {
  return ([x, y]) => {
    expectType(x, types);
    expectSameType(x, y);
    return [{ type: x.type, shape: broadcastShapes(x.shape, y.shape) }];
  };
}

function compare(types: readonly IrType[]): Rule {
  const operands = binary(types);
  return (inputs, attributes) => [{ type: "bool", shape: operands(inputs, attributes)[0].shape }];
}

function reduce(): Rule {
  return ([x], { axes }) => {
    expectType(x, SIGNED);
    const over = new Set(axes as readonly number[]);
    return [{ type: x.type, shape: x.shape.filter((_, axis) => !over.has(axis)) }];
  };
}

function expectChannels(x: TypedShape, channels: number, { group }: Attributes): void {
  expectType(x, FLOAT);
  if (x.shape[1] !== channels * (group as number))
    throw new TypeRuleError(`convolution: expected ${channels * (group as number)} channels, got ${x.shape[1]}`);
}

function windowShape(x: TypedShape, kernel: TypedShape, attributes: Attributes): number[] {
  const { strides, dilations, before, after } = attributes as Record<string, readonly number[]>;
  return x.shape.slice(2).map((extent, i) => {
    const reach = (kernel.shape[i + 2] - 1) * dilations[i] + 1;
    return Math.floor((extent + before[i] + after[i] - reach) / strides[i]) + 1;
  });
}

function lastTwo(shape: readonly number[], swapped: boolean): [number, number] {
  const [row, column] = [shape[shape.length - 2], shape[shape.length - 1]];
  return swapped ? [column, row] : [row, column];
}

function expectType(operand: TypedShape, types: readonly IrType[]): void {
  if (!types.includes(operand.type))
    throw new TypeRuleError(`expected an operand of type ${types.join(" or ")}, got ${operand.type}`);
}

function expectSameType(x: TypedShape, y: TypedShape): void {
  if (x.type !== y.type) throw new TypeRuleError(`expected operands of one type, got ${x.type} and ${y.type}`);
}
