/**
 * @file The models by name: the key that ours, the peers and the cases share.
 */
import { conv } from "./conv.ts";
import { gpt } from "./gpt.ts";
import { grokking } from "./grokking.ts";
import { mlp } from "./mlp.ts";
import type { Model } from "./model.ts";
import { transformer, transformerFull } from "./transformer.ts";

export const MODELS: Readonly<Record<string, Model>> = { grokking, mlp, transformer, transformerFull, gpt, conv };
