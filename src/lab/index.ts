/**
 * @file The lab: built-in organisms, trained natively and exactly.
 */
export { maybeBrokenTensor } from "./brokenTraining.ts";
export type { EnsembleTrainer } from "./ensemble/ensembleTrainer.ts";
export { memberTrainer } from "./ensemble/memberTrainer.ts";
export { exactPlacebo, perturbedNull } from "./interventions/nulls.ts";
export type { OpenOptions, Organism, OrganismEnsembles } from "./organism.ts";
export { ORGANISMS, organism } from "./organisms/registry.ts";
export type { ChoiceParameter, NumberParameter, ParameterSpec, Parameters } from "./parameters.ts";
