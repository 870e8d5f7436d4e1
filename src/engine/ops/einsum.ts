/**
 * @file Einstein summation by pairwise contractions, each one product of matrices. (jax-js 0.1.25's own needs functions of
 * iterators that Node 20 does not have.) Nothing is consumed.
 *
 * Notation as in NumPy: letters name axes, "..." the axes in front that broadcast; without "->" the letters that occur
 * once are kept, in alphabetical order. A letter twice in one operand takes the diagonal; an extent of 1 repeats. The
 * pair whose product costs least is contracted first. Non-finite values follow IEEE 754. Refuses (OUT_OF_DOMAIN,
 * SHAPE_MISMATCH) notation that is none, and operands whose number, rank or extents do not fit it.
 */
import type { Array as JaxArray } from "@jax-js/jax";
import { DType, lax, numpy as np } from "@jax-js/jax";
import { DomainError, ShapeError } from "../../core/index.ts";

/** An array with one letter an axis. Axes under "..." have digits, counted from the last. */
interface Term {
  readonly array: JaxArray;
  readonly letters: readonly string[];
}

/** einsum("ij,jk->ik", a, b): [i, k] from [i, j] and [j, k]. */
export function einsum(notation: string, ...operands: readonly JaxArray[]): JaxArray {
  const { inputs, output } = parseNotation(notation, operands);
  const extents = extentsOf(notation, inputs, operands);
  let terms = inputs.map((letters, i) => withoutRepeats(withoutOnes({ array: operands[i].ref, letters }, extents)));
  while (terms.length > 1) {
    const [left, right] = cheapestPair(terms, extents);
    const others = terms.filter((term) => term !== left && term !== right);
    const kept = new Set([...output, ...others.flatMap(({ letters }) => letters)]);
    terms = [...others, contract(left, right, kept)];
  }
  const { array, letters } = sumOut(terms[0], new Set(output));
  return array.transpose(output.map((letter) => letters.indexOf(letter)));
}

function parseNotation(notation: string, operands: readonly JaxArray[]): { inputs: string[][]; output: string[] } {
  const [left, right, ...more] = notation.replaceAll(" ", "").split("->");
  const parts = left.split(",");
  const isPart = (part: string): boolean => /^[A-Za-z]*(\.\.\.)?[A-Za-z]*$/.test(part);
  if (more.length > 0 || ![...parts, right ?? ""].every(isPart))
    throw new DomainError("einsum, notation", 'letters, ",", "..." and at most one "->"', `"${notation}"`);
  if (parts.length !== operands.length)
    throw new DomainError(`einsum "${notation}", operands`, `${parts.length}`, operands.length);
  const inputs = parts.map((part, i) => {
    const hidden = operands[i].ndim - part.replace("...", "").length;
    if (hidden < 0 || (hidden > 0 && !part.includes("...")))
      throw new ShapeError(`einsum "${notation}", operand ${i}`, `[${[...part].join(", ")}]`, operands[i].shape);
    return lettersOf(part, hidden);
  });
  const shown = inputs.flat().filter((letter) => !isHidden(letter));
  const hidden = Math.max(...inputs.map((letters) => letters.filter(isHidden).length));
  const once = [...new Set(shown)].filter((letter) => shown.indexOf(letter) === shown.lastIndexOf(letter)).sort();
  const output = lettersOf(right ?? `...${once.join("")}`, hidden);
  const known = output.every((letter, i) => inputs.flat().includes(letter) && output.indexOf(letter) === i);
  if (!known) throw new DomainError(`einsum "${notation}", result`, "letters of the operands, each once", `"${right}"`);
  return { inputs, output };
}

const isHidden = (letter: string): boolean => /\d/.test(letter);

/** "a...b" with two hidden axes: a, 1, 0, b. */
function lettersOf(part: string, hidden: number): string[] {
  const [before, after = ""] = part.split("...");
  const between = part.includes("...") ? Array.from({ length: hidden }, (_, i) => String(hidden - 1 - i)) : [];
  return [...before, ...between, ...after];
}

function extentsOf(
  notation: string,
  inputs: readonly (readonly string[])[],
  operands: readonly JaxArray[],
): ReadonlyMap<string, number> {
  const extents = new Map<string, number>();
  for (const [i, letters] of inputs.entries())
    for (const [axis, letter] of letters.entries()) {
      const extent = operands[i].shape[axis];
      const known = extents.get(letter) ?? 1;
      if (known !== 1 && extent !== 1 && extent !== known)
        throw new ShapeError(
          `einsum "${notation}", operand ${i}`,
          `with ${known} along "${isHidden(letter) ? "..." : letter}"`,
          operands[i].shape,
        );
      extents.set(letter, Math.max(known, extent));
    }
  return extents;
}

/** Without the axes of extent 1 that repeat. */
function withoutOnes({ array, letters }: Term, extents: ReadonlyMap<string, number>): Term {
  const isKept = letters.map((letter, axis) => array.shape[axis] === extents.get(letter));
  if (isKept.every(Boolean)) return { array, letters };
  return {
    array: array.reshape(array.shape.filter((_, axis) => isKept[axis])),
    letters: letters.filter((_, axis) => isKept[axis]),
  };
}

/** Axes with one letter become one axis along their diagonal. */
function withoutRepeats(term: Term): Term {
  const { array, letters } = term;
  const second = letters.findIndex((letter, axis) => letters.indexOf(letter) < axis);
  if (second === -1) return term;
  const first = letters.indexOf(letters[second]);
  const rest = letters.map((_, axis) => axis).filter((axis) => axis !== first && axis !== second);
  const extent = array.shape[first];
  const shape = [...rest.map((axis) => array.shape[axis]), extent * extent];
  const places = np.array(
    Int32Array.from({ length: extent }, (_, i) => i * (extent + 1)),
    { dtype: DType.Int32 },
  );
  return withoutRepeats({
    array: np.take(array.transpose([...rest, first, second]).reshape(shape), places, rest.length),
    letters: [...rest.map((axis) => letters[axis]), letters[first]],
  });
}

/** The pair whose product has the fewest multiplications; of equals the first. */
function cheapestPair(terms: readonly Term[], extents: ReadonlyMap<string, number>): [Term, Term] {
  let best: [Term, Term] = [terms[0], terms[1]];
  let least = Number.POSITIVE_INFINITY;
  for (const [i, left] of terms.entries())
    for (const right of terms.slice(i + 1)) {
      const letters = new Set([...left.letters, ...right.letters]);
      const cost = [...letters].reduce((product, letter) => product * extents.get(letter)!, 1);
      if (cost < least) {
        least = cost;
        best = [left, right];
      }
    }
  return best;
}

/** One product: summed over the letters of both that nothing else needs. */
function contract(left: Term, right: Term, kept: ReadonlySet<string>): Term {
  const x = sumOut(left, new Set([...kept, ...right.letters]));
  const y = sumOut(right, new Set([...kept, ...left.letters]));
  const shared = x.letters.filter((letter) => y.letters.includes(letter));
  const batch = shared.filter((letter) => kept.has(letter));
  const inner = shared.filter((letter) => !kept.has(letter));
  const axes = ({ letters }: Term, wanted: readonly string[]): number[] =>
    wanted.map((letter) => letters.indexOf(letter));
  const own = ({ letters }: Term): string[] => letters.filter((letter) => !shared.includes(letter));
  return {
    array: lax.dot(x.array, y.array, {
      lhsBatchDims: axes(x, batch),
      rhsBatchDims: axes(y, batch),
      lhsContractingDims: axes(x, inner),
      rhsContractingDims: axes(y, inner),
    }),
    letters: [...batch, ...own(x), ...own(y)],
  };
}

function sumOut({ array, letters }: Term, kept: ReadonlySet<string>): Term {
  const gone = letters.flatMap((letter, axis) => (kept.has(letter) ? [] : [axis]));
  if (gone.length === 0) return { array, letters };
  return { array: np.sum(array, gone), letters: letters.filter((letter) => kept.has(letter)) };
}
