/**
 * @file What a layer is: the parameters it needs, by name, and a pure function of them and an input.
 *
 * A model is a layer too. Its parameters are one flat record of arrays; a layer inside another has its own name and a
 * dot in front ("block0.attention.query.weight"). `apply` runs inside any of jax-js's transformations and consumes
 * nothing. The output of every inner layer passes through the place's `tap` under its dotted name: identity by default;
 * a probe reads activations there, an intervention replaces them.
 */
import type { Array as JaxArray } from "@jax-js/jax";
import type { Tensor } from "../../core/index.ts";
import { Rng } from "../../core/index.ts";
import type { Fans, Initialiser } from "../initialisers/initialiser.ts";
import type { JaxArrays, TensorSpec } from "../program.ts";
import { withoutPrefix, withPrefix } from "../stepTable.ts";

/** A float32 parameter. */
export interface ParameterSpec {
  readonly shape: readonly number[];
  readonly init: Initialiser;
  readonly fans: Fans;
}

export type ParameterSpecs = Readonly<Record<string, ParameterSpec>>;

/** Sees, and may replace, the array that leaves a named site of the model. */
export type Tap = (site: string, value: JaxArray) => JaxArray;

/** Where in the model a layer is applied. */
export interface Place {
  /** Dotted; empty for the model itself. */
  readonly name: string;
  readonly tap: Tap;
}

export interface Layer {
  readonly parameters: ParameterSpecs;
  apply(parameters: Readonly<JaxArrays>, x: JaxArray, place?: Place): JaxArray;
}

/** The whole model, observed or changed through a tap. */
export const modelPlace = (tap: Tap = (_, value) => value): Place => ({ name: "", tap });

export const siteIn = ({ name }: Place, own: string): string => (name === "" ? own : `${name}.${own}`);

/** Layers under names, and what to do with them: `body` calls each as a function of its input alone. */
export function compose<Name extends string>(
  layers: Readonly<Record<Name, Layer>>,
  body: (call: Readonly<Record<Name, (x: JaxArray) => JaxArray>>, x: JaxArray, inside: Inside) => JaxArray,
): Layer {
  const entries = Object.entries<Layer>(layers);
  return {
    parameters: Object.assign({}, ...entries.map(([name, layer]) => withPrefix(layer.parameters, `${name}.`))),
    apply(parameters, x, place = modelPlace()) {
      const calls = entries.map(([name, layer]) => {
        const site = siteIn(place, name);
        const own = withoutPrefix(parameters, `${name}.`);
        const call = (input: JaxArray): JaxArray => place.tap(site, layer.apply(own, input, { ...place, name: site }));
        return [name, call] as const;
      });
      return body(Object.fromEntries(calls) as Record<Name, (input: JaxArray) => JaxArray>, x, { place, parameters });
    },
  };
}

interface Inside {
  readonly place: Place;
  /** Of all the layers, under their prefixed names: for parameters that two of them share. */
  readonly parameters: Readonly<JaxArrays>;
}

/** One layer after the other, in the record's order. */
export function sequence(layers: Readonly<Record<string, Layer>>): Layer {
  const names = Object.keys(layers);
  return compose(layers, (call, x) => names.reduce((value, name) => call[name](value), x));
}

/** A function without parameters as a layer. */
export const fixed = (fn: (x: JaxArray, place: Place) => JaxArray): Layer => ({
  parameters: {},
  apply: (_, x, place = modelPlace()) => fn(x, place),
});

/** The parameters as entries of a program's inputs or state. */
export function tensorSpecs(parameters: ParameterSpecs): Record<string, TensorSpec> {
  return Object.fromEntries(
    Object.entries(parameters).map(([name, { shape }]) => [name, { dtype: "float32" as const, shape }]),
  );
}

/**
 * Initial values. Each parameter has a generator of its own, keyed by `key` and its name, so that adding a layer leaves
 * the draws of the others alone.
 */
export function initialParameters(
  parameters: ParameterSpecs,
  ...key: readonly (string | number)[]
): Record<string, Tensor> {
  return Object.fromEntries(
    Object.entries(parameters).map(([name, { shape, init, fans }]) => [name, init(Rng.of(...key, name), shape, fans)]),
  );
}
