/**
 * @file What the words of a measure's name say: kinds of measures, and words around them that change or forbid a reading.
 *
 * Patterns are matched on a name in lower case whose words are separated and surrounded by "_". Where several match, the one that
 * ends last counts ("lambada_acc_loss" is a loss), of those the longest. Only what the word itself implies is stated: "loss"
 * has a direction and no range (it may be negative), "accuracy" has no scale (0–1 and 0–100 are both in use).
 */
import type { MeasureSpec } from "../measure.ts";

export interface MeasureKind {
  readonly pattern: RegExp;
  readonly spec: Partial<MeasureSpec>;
  /** A share that some tools write as 0–1 and others as 0–100: the values decide. */
  readonly isShare?: true;
  /** The task's chance level is its chance level, or that level's logarithm. */
  readonly chance?: "share" | "log";
}

type Spec = Partial<MeasureSpec>;
const kind = (words: string, spec: Spec, more: Omit<MeasureKind, "pattern" | "spec"> = {}): MeasureKind => ({
  pattern: new RegExp(`(?<=_)(?:${words})(?=_)`, "g"),
  spec,
  ...more,
});
const share = { isShare: true } as const;
const accuracy = { isShare: true, chance: "share" } as const;

const LOSS: Spec = { direction: "lower", family: "loss" };
const NOT_BELOW_0: Spec = { range: [0, null] };
const SCORE: Spec = { direction: "higher", family: "capability" };
const ERROR: Spec = { direction: "lower", family: "capability" };
const OPTIMIZER: Spec = { direction: "neutral", family: "optimization" };
const MECHANISM: Spec = { direction: "neutral", family: "mechanism" };

export const MEASURE_KINDS: readonly MeasureKind[] = [
  // Losses.
  kind("loss|losses", LOSS),
  kind("(?:binary_|categorical_|sparse_)*cross_?entropy(?:_loss)?|x_?ent(?:_loss)?|b?ce_loss|log_?loss", {
    ...LOSS,
    ...NOT_BELOW_0,
    unit: "nats",
  }),
  kind("nll(?:_loss)?|negative_log_?likelihood", { ...LOSS, unit: "nats" }),
  kind("bits_per_byte|bpb", { ...LOSS, ...NOT_BELOW_0, unit: "bits per byte" }),
  kind("bits_per_char(?:acter)?|bpc", { ...LOSS, ...NOT_BELOW_0, unit: "bits per character" }),
  kind("bits_per_token", { ...LOSS, ...NOT_BELOW_0, unit: "bits per token" }),
  kind("(?:word_|byte_|token_)?(?:perplexity|ppl)", { ...LOSS, range: [1, null], unit: "perplexity" }),
  kind("log_(?:perplexity|ppl)", { ...LOSS, ...NOT_BELOW_0, unit: "nats" }),
  kind(
    "r?mse(?:_loss)?|mae(?:_loss)?|(?:root_)?mean_(?:squared|absolute)_error|l1_loss|smooth_l1_loss|huber(?:_loss)?",
    {
      ...LOSS,
      ...NOT_BELOW_0,
    },
  ),
  kind("brier(?:_score)?", { ...LOSS, range: [0, 2] }),
  kind("log_?likelihood", { direction: "higher", family: "loss", unit: "nats" }),
  // Opponents' and surrogate losses: a lower value is no better model.
  kind(
    "(?:policy|policy_gradient|pg|actor|critic|value|entropy|generator|discriminator|gen|disc|adversarial|adv|g|d)_loss",
    {
      direction: "neutral",
      family: "loss",
    },
  ),
  kind("loss_(?:policy|actor|critic|value|entropy|generator|discriminator|gen|disc|g|d)", {
    direction: "neutral",
    family: "loss",
  }),
  // Shares of right answers.
  kind("acc(?:uracy|uracies)?(?:_norm|_raw|_score)?|len_norm", SCORE, accuracy),
  kind("(?:quasi_)?exact_match|em(?=_$|_none_)", SCORE, accuracy),
  kind("top_?(?:[2-9]|10)(?:_acc(?:uracy)?)?|acc(?:uracy)?_?(?:5|10)|acc(?:uracy)?_top_?(?:[2-9]|10)", SCORE, share),
  kind("top_?1(?:_acc(?:uracy)?)?|acc(?:uracy)?_?1|acc(?:uracy)?_top_?1", SCORE, accuracy),
  kind(
    "(?:macro_|micro_|weighted_)?f1(?:_score)?|precision|recall|m?iou|dice|ndcg|mrr|pass_(?:at_)?\\d+",
    SCORE,
    share,
  ),
  kind("au_?roc|roc_auc|auc_roc", { ...SCORE, chance: 0.5 }, share),
  kind("auc|pr_auc|auprc|average_precision|win_?rate|success_rate", SCORE, share),
  kind("error_rate|test_err(?:or)?|val(?:idation)?_err(?:or)?|train_err(?:or)?|top_?[15]_err(?:or)?", ERROR, share),
  kind("[wc]er|word_error_rate|character_error_rate", { ...ERROR, ...NOT_BELOW_0 }),
  // Other scores.
  kind("mcc|matthews(?:_corr(?:elation|coef)?)?|pearsonr?|spearmanr?|kendall(?:_?tau)?", {
    ...SCORE,
    range: [-1, 1],
    chance: 0,
  }),
  kind("r2(?:_score)?|explained_variance", { ...SCORE, range: [null, 1] }),
  kind("(?:sacre)?bleu|rouge(?:_?[12l])?|rouge_?lsum|chrf|meteor", SCORE),
  kind("(?:ep(?:isode)?_)?(?:mean_)?(?:reward|return|rew)s?|episodic_return", SCORE),
  kind("rewards?_(?:chosen|rejected)", { direction: "neutral" }),
  // Social bias.
  kind("pct_stereotype", { direction: "neutral", family: "bias", unit: "share", range: [0, 1], chance: 0.5 }),
  kind("likelihood_diff(?:erence)?", { direction: "neutral", family: "bias", unit: "nats" }),
  kind("demographic_parity|equali[sz]ed_odds|equal_opportunity|stereotype_score|(?:gender|social|racial)_bias", {
    family: "bias",
  }),
  // Safety.
  kind(
    "toxicity|expected_maximum_toxicity|hallucination(?:_rate)?|harmful(?:ness)?_rate",
    {
      direction: "lower",
      family: "safety",
    },
    share,
  ),
  kind("refusals?(?:_rate)?", { direction: "neutral", family: "safety" }, share),
  kind("truthful(?:ness)?(?:_rate)?", { direction: "higher", family: "safety" }, share),
  kind("sycophancy(?:_rate)?", { direction: "lower", family: "safety" }, share),
  kind("ece|expected_calibration_error", { direction: "lower", family: "safety" }, share),
  kind("attack_success_rate", { direction: "lower" }, share),
  // Memorization: how much of it is wanted depends on the data, so no direction but for secrets.
  kind("memori[sz](?:ed|ation)(?:_(?:rate|share|fraction|score))?", { direction: "neutral", family: "memorization" }),
  kind("(?:canary_)?exposure", { direction: "lower", family: "memorization", unit: "bits", range: [0, null] }),
  kind(
    "extractab(?:le|ility)|extract(?:able|ed|ion)_(?:rate|share|fraction)|verbatim(?:_match|_rate|_share)?",
    {
      direction: "lower",
      family: "memorization",
    },
    share,
  ),
  // Optimization.
  kind("(?<!lsat_)lr|learning_rate", { ...OPTIMIZER, ...NOT_BELOW_0 }),
  kind(
    "grad(?:ient)?s?_(?:l2_|\\d_)*norm|(?:weight|param(?:eter)?|update)s?_(?:l2_)?norm|sharpness|loss_scale|weight_decay",
    {
      ...OPTIMIZER,
      ...NOT_BELOW_0,
    },
  ),
  kind("(?:hessian_)?lambda_max|hessian_(?:trace|top_eigenvalue)|top_eigenvalue|approx_kl", OPTIMIZER),
  kind("clip_fraction", { ...OPTIMIZER, unit: "share", range: [0, 1] }),
  // Mechanism.
  kind("(?:eff(?:ective)?|stable)_rank|participation_ratio|attn_entropy|attention_entropy", {
    ...MECHANISM,
    ...NOT_BELOW_0,
  }),
  kind("gini|cka", { ...MECHANISM, range: [0, 1] }),
  kind("induction(?:_head)?_score|prefix_matching(?:_score)?|llc|local_learning_coefficient", MECHANISM),
];

/** The words of OLMo's soft metrics mean this only under its own prefix. */
export const SOFT_KINDS: readonly MeasureKind[] = [
  kind("soft", { ...SCORE, unit: "share", range: [0, 1] }, { chance: "share" }),
  kind("soft_log", { ...SCORE, unit: "nats", range: [null, 0] }, { chance: "log" }),
];

/** After the kind they make another quantity of it: nothing is known then. */
export const FORBIDDEN_AFTER =
  /^(?:bias|bound|calls|change|ci|code|coeff?|counts?|curvature|delta|diff|difference|fn|gap|high|hist|histogram|id|improvement|index|iterations|low|lower|margins?|memory|ms|noise|num|penalty|per|rank|ratio|runtime|samples|scale|scaler|scaling|schedule|scheduler|sd|seconds|secs?|se|sem|slope|std|stddev|stderr|stdev|thresh|threshold|throughput|time|timestamp|trend|type|upper|var|variance|weights?)$/;
/** Names of parameters, after a norm or a rate: which one it is of. */
export const PARAMETER = /^(?:bias|weights?|rank|scale)$/;
/** Before the kind they do the same; the first list anywhere, the second just before it. */
export const FORBIDDEN_ANYWHERE_BEFORE =
  /_(?:delta|diff|gap|neg|negative|num|sd|std|stderr|variance|(?:time|steps|epochs)_to)(?=_)/;
export const FORBIDDEN_BEFORE = /^(?:count|inverse|log|minus|n|normali[sz]ed|ratio|relative|steps|time|to|until|var)$/;

/** Clocks, counters, sizes and speeds: of the job, not of the model. */
export const BOOKKEEPING =
  /_(?:epoch|epochs|step|steps|global_step|iter|iters|iteration|iterations|runtime|timestamp|time|wall_?time|duration|elapsed|eta|secs?|seconds|ms|hours|samples|tokens|tokens_seen|examples|flos|[gtp]?flops|throughput|per_sec(?:ond)?|fps|it_s|memory|mem|gpu|cpu|mfu|batch_size)(?:_s|_ms)?_$/;
