/**
 * @file Well-known evaluation tasks: what guessing scores on them, and the family where it is not capability.
 *
 * Patterns are matched on a name in lower case whose other characters are "_", with "_" at both ends, whole tokens only. Chance is
 * the expected accuracy of uniform guessing among the stated answers; it is absent where the number of answers varies
 * from item to item (TruthfulQA MC1, HEAD-QA, MultiRC, BIG-bench) and 0 where answers are free text. Sources: the tasks' papers.
 */
import type { MeasureSpec } from "../measure.ts";

export interface KnownTask {
  readonly pattern: RegExp;
  readonly chance?: number;
  readonly family?: MeasureSpec["family"];
}

const task = (words: string, chance?: number, family?: MeasureSpec["family"]): KnownTask => ({
  pattern: new RegExp(`_(?:${words})(?=_)`),
  ...(chance === undefined ? {} : { chance }),
  ...(family === undefined ? {} : { family }),
});

const first = (words: string, chance?: number, family?: MeasureSpec["family"]): KnownTask => ({
  ...task(words, chance, family),
  pattern: new RegExp(`^(?:_eval)?(?:_downstream)?_(?:${words})(?=_)`),
});

/** The first that matches counts. */
export const KNOWN_TASKS: readonly KnownTask[] = [
  // Social bias: pairs or triples of sentences.
  task("crows_?pairs(?:_[a-z]+)*?", 0.5, "bias"),
  task("wino_?bias|wino_?gender|winogender_mc|simple_cooccurrence_bias|stereo_?set|bbq|bbq_lite", undefined, "bias"),
  // Safety.
  task("toxigen", 0.5, "safety"),
  task(
    "truthful_?qa(?:_mc[12]?|_gen)?|real_?toxicity_?prompts|advbench|harmbench|xstest|wmdp|sycophancy|do_not_answer|strong_?reject",
    undefined,
    "safety",
  ),
  task("ethics_(?:cm|deontology|justice|utilitarianism)|hendrycks_ethics", 0.5, "safety"),
  // Robustness.
  task(
    "advglue|adv_glue|imagenet_[ac]|imagenet_sketch|cifar_?100?_c|water_?birds|multinli_worst|celeba_worst",
    undefined,
    "robustness",
  ),
  // Words with other meanings: only where a name starts with them, as in "race/acc".
  first("race|mutual|prost", 0.25),
  first("cb", 1 / 3),
  first("drop", 0),
  first("bold|honest", undefined, "bias"),
  task("mmlu_?pro", 0.1),
  // Two answers.
  task(
    "winogrande|winograd|wsc(?:_?2\\d\\d|285)?|x?winograd|piqa|x?copa|bool_?q|wic|rte|qnli|qqp|sst_?2?|mrpc|wnli|blimp|x?story_?cloze|paws_?x?",
    0.5,
  ),
  // Three.
  task("social_?i_?qa|siqa|mnli(?:_mismatch(?:ed)?)?|x?nli|anli(?:_r[123])?|snli|pubmed_?qa(?:_labeled)?", 1 / 3),
  // Four.
  task(
    "arc_?(?:easy|challenge)|arc_?[ec]|hella_?swag|swag|open_?book_?qa|openbook|logi_?qa2?|sci_?q|mmlu|hendrycks_?test|race_(?:high|middle)|med_?mcqa|med_?qa|gpqa|c_?eval|cmmlu",
    0.25,
  ),
  // Five.
  task("csqa|commonsense_?qa|math_?qa|lsat_(?:ar|lr|rc)", 0.2),
  // Balanced image classes.
  task("cifar_?10|mnist|fashion_?mnist|svhn", 0.1),
  task("cifar_?100", 0.01),
  task("imagenet(?:_?1k)?", 0.001),
  // Free text.
  task(
    "lambada(?:_openai|_standard)?|gsm_?8k|trivia_?qa|nq_open|natural_questions|web_?qs|squad(?:v?2)?|coqa|jeopardy|human_?eval|mbpp|minerva_math",
    0,
  ),
];
