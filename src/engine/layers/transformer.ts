/**
 * @file Transformer: residual blocks of attention and a perceptron, and the whole model from tokens to logits.
 *
 * Source: Vaswani et al., NeurIPS 2017; norms before each part (Xiong et al., ICML 2020) or none.
 */
import { add, matmul, transpose } from "../ops.ts";
import type { Activation } from "./activations.ts";
import type { AttentionOptions } from "./attention.ts";
import { attentionLayer } from "./attention.ts";
import type { DenseOptions } from "./dense.ts";
import { denseLayer } from "./dense.ts";
import { embeddingLayer, positionLayer } from "./embedding.ts";
import type { Layer } from "./layer.ts";
import { compose, fixed } from "./layer.ts";
import { mlp } from "./mlp.ts";
import { layerNormLayer, rmsNormLayer } from "./norms.ts";

export type NormName = "layer" | "rms" | "none";

export interface BlockOptions extends AttentionOptions {
  /** Hidden width of the perceptron; 0 leaves it out (attention only). */
  readonly hidden: number;
  /** Before attention and before the perceptron. Default "layer". */
  readonly norm?: NormName;
  /** Default "geluErf". */
  readonly activation?: Activation;
}

/** x + attention(norm x), then x + mlp(norm x): [batch, sequence, width] → the same. */
export function transformerBlock({
  hidden,
  norm = "layer",
  activation = "geluErf",
  ...attention
}: BlockOptions): Layer {
  const { width } = attention;
  const perceptron = mlp({ ...projectionsOf(attention), widths: [width, hidden, width], activation });
  const attend = { attentionNorm: normLayer(norm, width), attention: attentionLayer(attention) };
  if (hidden === 0) return compose(attend, (call, x) => add(x, call.attention(call.attentionNorm(x))));
  return compose({ ...attend, mlpNorm: normLayer(norm, width), mlp: perceptron }, (call, x) => {
    const attended = add(x, call.attention(call.attentionNorm(x)));
    return add(attended, call.mlp(call.mlpNorm(attended)));
  });
}

export interface TransformerOptions extends Omit<BlockOptions, "rotary"> {
  readonly tokens: number;
  /** The longest sequence. */
  readonly context: number;
  readonly blocks: number;
  /** Width of the logits. Default `tokens`. */
  readonly outputs?: number;
  /** "learned" adds a row of a table; "rotary" turns queries and keys. Default "learned". */
  readonly positions?: "learned" | "rotary" | "none";
  /** Logits from the embedding's own table, without a bias. Default false. */
  readonly tied?: boolean;
  /** A bias on the logits. Default false. */
  readonly unembeddingBias?: boolean;
}

/**
 * int32 [batch, sequence] → logits [batch, sequence, outputs]. Layers: "embedding", "positions", "block0", …, "norm",
 * "unembedding".
 */
export function transformer(options: TransformerOptions): Layer {
  const { tokens, context, blocks, outputs = tokens, positions = "learned", tied = false } = options;
  const { unembeddingBias = false, ...block } = options;
  const { width, norm = "layer" } = block;
  const named = Object.fromEntries(
    Array.from({ length: blocks }, (_, i) => [
      `block${i}`,
      transformerBlock(positions === "rotary" ? { ...block, rotary: {} } : block),
    ]),
  );
  const unembedding = denseLayer({ ...projectionsOf(block), inputs: width, outputs, bias: unembeddingBias });
  const layers: Record<string, Layer> = {
    embedding: embeddingLayer({ count: tokens, width }),
    ...(positions === "learned" ? { positions: positionLayer({ count: context, width }) } : {}),
    ...named,
    norm: normLayer(norm, width),
    ...(tied ? {} : { unembedding }),
  };
  return compose(layers, (call, x, { parameters }) => {
    const last = Object.values(call).reduce((value, layer) => layer(value), x);
    return tied ? matmul(last, transpose(parameters["embedding.weight"])) : last;
  });
}

const projectionsOf = ({ bias, weightInit, biasInit }: AttentionOptions): Partial<DenseOptions> => ({
  ...(bias === undefined ? {} : { bias }),
  ...(weightInit === undefined ? {} : { weightInit }),
  ...(biasInit === undefined ? {} : { biasInit }),
});

function normLayer(name: NormName, width: number): Layer {
  if (name === "none") return fixed((x) => x.ref);
  return name === "layer" ? layerNormLayer({ width }) : rmsNormLayer({ width });
}
