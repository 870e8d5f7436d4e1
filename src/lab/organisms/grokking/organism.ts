/**
 * @file `grokking`: a network that first memorises a table of sums and much later understands it.
 */
import { nativeOrganism } from "../../nativeOrganism.ts";
import type { Organism } from "../../organism.ts";
import { MEASURES } from "./measures.ts";
import { grokkingShapeOf, openGrokkingModel } from "./model.ts";
import { PARAMETERS } from "./parameters.ts";

export const grokking: Organism = nativeOrganism({
  name: "grokking",
  title: "Grokking modular addition",
  description:
    "A small network is trained on some of the sums a + b mod p, all at once in every update. It soon knows these by heart; long after, and only with weight decay and enough of the table, it answers the others too.",
  seedNames: ["data", "init"],
  reseedable: [],
  measures: MEASURES,
  parameters: PARAMETERS,
  dataHashes: async () => ({}),
  openModel: openGrokkingModel,
  shapeOf: grokkingShapeOf,
});
