/**
 * @file The passes in order: the small ones until nothing changes, then the fusions, then dead code.
 */
import { printGraph } from "../print.ts";
import type { Graph } from "../types.ts";
import { shareCommonSubexpressions } from "./commonSubexpressions.ts";
import { dropDeadCode } from "./deadCode.ts";
import { foldConstants } from "./foldConstants.ts";
import { fuseActivation } from "./fuseActivation.ts";
import { fuseBias } from "./fuseBias.ts";
import { recogniseFunctions } from "./recognise.ts";
import { simplify } from "./simplify.ts";
import { sinkTransposes } from "./sinkTransposes.ts";

interface Pass {
  readonly name: string;
  readonly run: (graph: Graph) => Graph;
}

const REPEATED: readonly Pass[] = [
  { name: "foldConstants", run: foldConstants },
  { name: "shareCommonSubexpressions", run: shareCommonSubexpressions },
  { name: "recogniseFunctions", run: recogniseFunctions },
  { name: "simplify", run: simplify },
  { name: "shareCommonSubexpressions", run: shareCommonSubexpressions },
  { name: "sinkTransposes", run: sinkTransposes },
  { name: "dropDeadCode", run: dropDeadCode },
];

const LAST: readonly Pass[] = [
  { name: "fuseBias", run: fuseBias },
  { name: "dropDeadCode", run: dropDeadCode },
  { name: "fuseActivation", run: fuseActivation },
  { name: "dropDeadCode", run: dropDeadCode },
];

/** A rewrite uncovers another only a few levels deep; the bound keeps a mistake of ours from running on. */
const MOST_ROUNDS = 8;

/** Sees the graph after every pass: tests verify it there. */
export type Inspect = (pass: string, graph: Graph) => void;

export function optimize(graph: Graph, inspect: Inspect = () => {}): Graph {
  const through = (start: Graph, passes: readonly Pass[]): Graph =>
    passes.reduce((current, { name, run }) => {
      const next = run(current);
      inspect(name, next);
      return next;
    }, start);
  let current = graph;
  let text = printGraph(current);
  for (let round = 0; round < MOST_ROUNDS; round++) {
    const before = text;
    current = through(current, REPEATED);
    text = printGraph(current);
    if (text === before) break;
  }
  return through(current, LAST);
}
