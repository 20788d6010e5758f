import type { Tensor } from "@tensorflow/tfjs-core";
import * as tf from "@tensorflow/tfjs-core";
import { ElbowError } from "../errors.js";
import type { TensorLike } from "../ir/lifted.js";
import type { Family } from "../ir/site.js";
import { checkOptionNames } from "../util/options.js";
import { checkDistribution } from "./checkDistribution.js";
import { real, simplex } from "./constraints.js";
import { type Distribution, distribution } from "./distribution.js";
import {
  codings,
  drawObservations,
  forwardLogDensity,
  type MarkovStructure,
  markovParts,
  markovShapes,
  momentsOf,
} from "./hiddenMarkov.js";
import type { ProbsOrLogits } from "./probsOrLogits.js";
import { checkSteps } from "./processes.js";

type Code = "probs" | "logits";

function hmmFamily(structure: MarkovStructure, codes: readonly Code[]): Family {
  const { emission } = structure;
  const { name, support, dtype, isScorable, parameterNames, parameterEventRanks, constraints } = emission;
  return {
    name: `hmm(${name})`,
    support,
    dtype,
    parameterNames: ["initial", "transition", ...parameterNames.map((each) => `emission.${each}`)],
    // the axis of the states is none of the batch
    parameterEventRanks: [1, 2, ...parameterEventRanks.map((rank) => rank + 1)],
    isPathwise: false,
    isScorable,
    shapes: (shapes) => markovShapes(shapes, structure),
    logDensity: (parameters, value) =>
      forwardLogDensity(markovParts(parameters), structure, value.dtype === dtype ? value : tf.cast(value, dtype)),
    draw: (parameters, key, batch) => drawObservations(markovParts(parameters), structure, key, batch),
    constraints: [
      ...codes.map((code) => (code === "probs" ? simplex : real)),
      ...parameterNames.map((_, i) => constraints?.[i]),
    ],
    ...momentsOf(structure),
  };
}

/** Options of {@link hmm}. */
export interface HmmOptions<T extends Tensor, Offers extends string> {
  /** Probabilities of the first state [..., K], or their logarithms up to a constant. */
  readonly initial: ProbsOrLogits;
  /** Row i: probabilities of the state after state i [..., K, K], or their logarithms up to a constant. */
  readonly transition: ProbsOrLogits;
  /** What is observed in each state: a distribution of batch shape [..., K]. */
  readonly emission: Distribution<T, Offers>;
  /** Number of observations T ≥ 1. */
  readonly numSteps: number;
}

const codeOf = ({ probs }: ProbsOrLogits): Code => (probs === undefined ? "logits" : "probs");

/**
 * The hidden Markov model, as the distribution of its observations: a sequence of states s₁, s₂, … that is not seen, each drawn
 * given the last, and one observation from every state; of density Σ over s of Π p(sₜ | sₜ₋₁) p(xₜ | sₜ). The sum is exact, by
 * the forward algorithm in logarithms, at a cost of T·K².
 *
 * Offers reinforce, where the emissions do.
 *
 * Rabiner, "A tutorial on hidden Markov models and selected applications in speech recognition" (1989).
 *
 * @returns a distribution of events [numSteps, ...event of the emissions]
 * @throws ElbowError "option" for a number of steps that is not a positive integer; "shape" if the parts do not fit; "strategy"
 *   for emissions with a chosen strategy
 * @example
 * ```ts
 * import { hmm, normal, run, sample } from "elbow";
 * const model = hmm({
 *   initial: { probs: [0.5, 0.5] },
 *   transition: { probs: [[0.9, 0.1], [0.2, 0.8]] },
 *   emission: normal([-1, 1], 0.5),
 *   numSteps: 20,
 * });
 * console.log(run(0, sample("x", model)).shape); // => [ 20 ]
 * ```
 */
export function hmm<T extends Tensor, Offers extends string>(
  options: HmmOptions<T, Offers>,
): Distribution<T, Extract<Offers, "reinforce">> {
  const names = ["initial", "transition", "emission", "numSteps"];
  checkOptionNames("hmm", options, names, names);
  const { initial, transition, emission, numSteps } = options;
  checkOptionNames("hmm: initial", initial, ["probs", "logits"], "required");
  checkOptionNames("hmm: transition", transition, ["probs", "logits"], "required");
  checkDistribution("hmm", emission, "the emission");
  checkSteps("hmm", numSteps);
  if (emission.strategy)
    throw new ElbowError("strategy", {
      message: `${emission.strategy.name} was chosen for the emissions of hmm, which are not random choices of their own`,
      hint: "Choose reinforce for the whole sequence: reinforce(hmm(…)).",
    });
  const codes = [codeOf(initial), codeOf(transition)] as const;
  const structure: MarkovStructure = {
    initial: codings[codes[0]],
    transition: codings[codes[1]],
    emission: emission.family,
    steps: numSteps,
  };
  const [first, next] = [initial, transition].map((each) => (each.probs ?? each.logits) as TensorLike);
  return distribution(hmmFamily(structure, codes), [first!, next!, ...emission.parameters]);
}
