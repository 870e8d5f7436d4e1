/**
 * @file `shortcut-digits`: real digits with a cue that almost always gives the answer away.
 */
import { mnistHashes } from "../../data/mnist.ts";
import { nativeOrganism } from "../../nativeOrganism.ts";
import type { Organism } from "../../organism.ts";
import { MEASURES } from "./measures.ts";
import { openShortcutModel, shortcutShapeOf } from "./model.ts";
import { PARAMETERS } from "./parameters.ts";

export const shortcutDigits: Organism = nativeOrganism({
  name: "shortcut-digits",
  title: "Digits with a shortcut",
  description:
    "MNIST digits that carry a bright patch whose position encodes a class: the right one for most training images. A small network can learn the digit or the cue; it learns the cue first and the digit later, as far as the images whose cue is wrong teach it.",
  seedNames: ["data", "init", "order"],
  reseedable: ["order"],
  measures: MEASURES,
  parameters: PARAMETERS,
  dataHashes: async () => mnistHashes(),
  openModel: openShortcutModel,
  shapeOf: shortcutShapeOf,
});
