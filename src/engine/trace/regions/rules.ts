/**
 * @file What each primitive does to regions: where its result can differ from zero, given where its operands can, and
 * which part of its operands a part of its result needs.
 *
 * A primitive without a rule needs its operands whole and may differ from zero anywhere, which is always right.
 */
import type { Equation, Operand } from "../program.ts";
import type { Box, Range } from "./box.ts";
import { emptyBox, fullBox, hull, intersect, intersectRanges, isEmpty, shift, sizesOf } from "./box.ts";

export interface RegionRule {
  /** Zero outside of this box of the result. */
  support(equation: Equation, supports: readonly Box[]): Box;
  /** The box that is made when `wanted` is asked for: `wanted`, or larger where only whole axes can be made. */
  produced(equation: Equation, wanted: Box): Box;
  /** The boxes of the operands that a produced box of the result is made of. */
  demand(equation: Equation, produced: Box, supports: readonly Box[]): readonly Box[];
  /** Parameters for the produced box; undefined: the result is the first operand's demanded part itself. */
  restrict(equation: Equation, produced: Box): Equation["params"] | undefined;
}

const shapeOf = (equation: Equation): readonly number[] => equation.outputs[0].shape;
const inputShape = (equation: Equation, i: number): readonly number[] => {
  const input = equation.inputs[i];
  return input.kind === "literal" ? [] : input.shape;
};
const same = (equation: Equation): Equation["params"] => equation.params;
const asWanted = (_: Equation, wanted: Box): Box => wanted;
const isZero = (operand: Operand): boolean => operand.kind === "literal" && Object.is(operand.value, 0);

/** An operand's box as a box of the broadcast result: a repeated axis says nothing. */
function spread(box: Box, operand: readonly number[], result: readonly number[]): Box {
  if (isEmpty(box)) return emptyBox(result);
  return result.map((extent, axis): Range => {
    const own = axis - result.length + operand.length;
    return own >= 0 && operand[own] === extent ? box[own] : [0, extent];
  });
}

/** The part of a broadcast operand under a box of the result. */
function gatherBack(wanted: Box, operand: readonly number[]): Box {
  return operand.map((extent, own): Range => {
    const range = wanted[own - operand.length + wanted.length];
    return extent === 1 ? [0, Math.min(1, range[1] - range[0])] : range;
  });
}

function elementwise(combine: (boxes: readonly Box[], shape: readonly number[]) => Box): RegionRule {
  return {
    support: (equation, supports) => {
      const shape = shapeOf(equation);
      return combine(
        supports.map((box, i) =>
          isZero(equation.inputs[i]) ? emptyBox(shape) : spread(box, inputShape(equation, i), shape),
        ),
        shape,
      );
    },
    produced: asWanted,
    demand: (equation, wanted) => equation.inputs.map((_, i) => gatherBack(wanted, inputShape(equation, i))),
    restrict: same,
  };
}

const keepsZero = elementwise((boxes) => boxes.reduce(hull));
const product = elementwise((boxes) => boxes.reduce(intersect));
const anywhere = elementwise((_, shape) => fullBox(shape));
/** The condition decides nothing about zeros. */
const selection = elementwise(([, yes, no]) => hull(yes, no));

const reduce: RegionRule = {
  produced: asWanted,
  support: ({ params }, [box]) => {
    const gone = new Set(params.axis as readonly number[]);
    const kept = box.filter((_, axis) => !gone.has(axis));
    return isEmpty(box) ? kept.map((): Range => [0, 0]) : kept;
  },
  demand: (equation, wanted, [support]) => {
    const gone = new Set(equation.params.axis as readonly number[]);
    const shape = inputShape(equation, 0);
    let next = 0;
    return [
      shape.map((extent, axis): Range => {
        if (!gone.has(axis)) return wanted[next++];
        return equation.params.op === "Add" ? support[axis] : [0, extent];
      }),
    ];
  },
  restrict: same,
};

/** Σ x·y over the last `inner` axes, operands broadcast against each other. */
const dot: RegionRule = {
  produced: asWanted,
  support: (equation, supports) => {
    const shape = [...shapeOf(equation), ...innerExtents(equation)];
    const both = supports.map((box, i) => spread(box, inputShape(equation, i), shape)).reduce(intersect);
    return isEmpty(both) ? emptyBox(shapeOf(equation)) : both.slice(0, shapeOf(equation).length);
  },
  demand: (equation, wanted, supports) => {
    const extents = innerExtents(equation);
    const shape = [...shapeOf(equation), ...extents];
    const both = supports.map((box, i) => spread(box, inputShape(equation, i), shape)).reduce(intersect);
    const inner = both.slice(both.length - extents.length);
    return equation.inputs.map((_, i) => gatherBack([...wanted, ...inner], inputShape(equation, i)));
  },
  restrict: same,
};

function innerExtents(equation: Equation): number[] {
  const inner = (equation.params.inner as number | undefined) ?? 1;
  return Array.from({ length: inner }, (_, axis) =>
    Math.max(...equation.inputs.map((_, i) => inputShape(equation, i).at(axis - inner) ?? 1)),
  );
}

const transpose: RegionRule = {
  produced: asWanted,
  support: ({ params }, [box]) => (params.perm as readonly number[]).map((axis) => box[axis]),
  demand: ({ params }, wanted) => {
    const perm = params.perm as readonly number[];
    return [perm.map((_, axis) => wanted[perm.indexOf(axis)])];
  },
  restrict: same,
};

/** Axes listed in `axis` are new; the others are the operand's, repeated where its extent is 1. */
const broadcast: RegionRule = {
  produced: asWanted,
  support: (equation, [box]) => {
    const shape = shapeOf(equation);
    if (isEmpty(box) || isZero(equation.inputs[0])) return emptyBox(shape);
    const own = ownAxes(equation);
    return shape.map((extent, axis): Range => {
      const from = own.indexOf(axis);
      return from >= 0 && inputShape(equation, 0)[from] === extent ? box[from] : [0, extent];
    });
  },
  demand: (equation, wanted) => [
    inputShape(equation, 0).map((extent, from): Range => {
      const range = wanted[ownAxes(equation)[from]];
      return extent === 1 ? [0, Math.min(1, range[1] - range[0])] : range;
    }),
  ],
  restrict: ({ params }, box) => ({ ...params, shape: sizesOf(box) }),
};

function ownAxes(equation: Equation): number[] {
  const rank = shapeOf(equation).length;
  const added = new Set((equation.params.axis as readonly number[]).map((axis) => (axis < 0 ? axis + rank : axis)));
  return shapeOf(equation).flatMap((_, axis) => (added.has(axis) ? [] : [axis]));
}

/** Axes that a reshape keeps carry their ranges over; those that it splits or joins are taken whole. */
const reshape: RegionRule = {
  support: (equation, [box]) => {
    const shape = shapeOf(equation);
    if (isEmpty(box)) return emptyBox(shape);
    const from = keptAxes(inputShape(equation, 0), shape);
    return shape.map((extent, axis): Range => (from[axis] === undefined ? [0, extent] : box[from[axis]]));
  },
  demand: (equation, wanted) => {
    const shape = inputShape(equation, 0);
    const to = keptAxes(shapeOf(equation), shape);
    return [shape.map((extent, axis): Range => (to[axis] === undefined ? [0, extent] : wanted[to[axis]]))];
  },
  produced: (equation, wanted) => {
    const shape = shapeOf(equation);
    const from = keptAxes(inputShape(equation, 0), shape);
    return shape.map((extent, axis): Range => (from[axis] === undefined ? [0, extent] : wanted[axis]));
  },
  restrict: ({ params }, box) => ({ ...params, shape: sizesOf(box) }),
};

/** For each axis of `to`, the axis of `from` that it is, with the same extents before it and after it. */
function keptAxes(from: readonly number[], to: readonly number[]): (number | undefined)[] {
  const insideOf = (shape: readonly number[], axis: number): number =>
    shape.slice(axis + 1).reduce((product, extent) => product * extent, 1);
  return to.map((extent, axis) => {
    if (extent === 1) return undefined;
    const inner = insideOf(to, axis);
    const found = from.findIndex((size, i) => size === extent && insideOf(from, i) === inner);
    return found < 0 ? undefined : found;
  });
}

const shrink: RegionRule = {
  produced: asWanted,
  support: ({ params }, [box]) =>
    (params.slice as readonly Range[]).map((range, axis) => shift(intersectRanges(box[axis], range), -range[0])),
  demand: ({ params }, wanted) => [
    (params.slice as readonly Range[]).map(([start], axis) => shift(wanted[axis], start)),
  ],
  restrict: () => undefined,
};

const pad: RegionRule = {
  produced: asWanted,
  support: (equation, [box]) =>
    (equation.params.width as readonly Range[]).map(([before], axis) =>
      intersectRanges(shift(box[axis], before), [0, shapeOf(equation)[axis]]),
    ),
  demand: (equation, wanted) => [
    (equation.params.width as readonly Range[]).map(([before], axis) =>
      intersectRanges(shift(wanted[axis], -before), [0, inputShape(equation, 0)[axis]]),
    ),
  ],
  restrict: () => undefined,
};

export const REGION_RULES: Readonly<Record<string, RegionRule>> = {
  add: keepsZero,
  max: keepsZero,
  min: keepsZero,
  neg: keepsZero,
  floor: keepsZero,
  ceil: keepsZero,
  sqrt: keepsZero,
  sin: keepsZero,
  asin: keepsZero,
  atan: keepsZero,
  erf: keepsZero,
  cast: keepsZero,
  stop_gradient: keepsZero,
  mul: product,
  exp: anywhere,
  log: anywhere,
  cos: anywhere,
  erfc: anywhere,
  reciprocal: anywhere,
  idiv: anywhere,
  mod: anywhere,
  compare: anywhere,
  where: selection,
  reduce,
  dot,
  transpose,
  broadcast,
  reshape,
  shrink,
  pad,
};
