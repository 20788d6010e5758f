// What turns a program into a density that is estimated: the interface of inference algorithms, for users' own ones too.
import type { Tensor } from "@tensorflow/tfjs-core";
import type { Call } from "../../dsl/call.js";
import type { Choices } from "../../dsl/choices.js";
import type { Effect, Effects } from "../../dsl/effects.js";

/** A program of which some choices are known, and the others are to be summed or integrated out. */
export interface Problem {
  readonly program: Call;
  /** The known ones. Observations and factors of the program count as known, too. */
  readonly kept: Choices;
}

/** Other choices that were drawn by the program together with the known ones. */
export interface DrawnTogether {
  readonly auxiliary: Choices;
  /** log p(kept, observations, auxiliary), a scalar. */
  readonly logJoint: Tensor;
  /** log p(kept, observations | auxiliary), a scalar. */
  readonly logConditional: Tensor;
}

/** Weighted values of the choices that are not known, [n, …] each. */
export interface Particles {
  readonly choices: Choices;
  /** log p(kept, observations, choices), [n]. */
  readonly logJoint: Tensor;
  /** The mean of exp(logWeights), [n], estimates p(kept, observations). */
  readonly logWeights: Tensor;
}

/**
 * An algorithm for {@link marginal} and {@link normalize}. It is written with verbs and draws like any computation: what it
 * draws are random choices, with strategies.
 */
export interface Algorithm {
  readonly name: string;
  /** The logarithm of an unbiased estimate of p(kept, observations), a scalar. */
  readonly density: (problem: Problem) => Effects<Effect, Tensor>;
  /**
   * The logarithm of an estimate r of p(kept, observations) whose reciprocal is unbiased, E 1/r = 1/p, where the other choices
   * come from the program itself, given the known ones; a scalar.
   */
  readonly reciprocal: (problem: Problem, drawn: DrawnTogether) => Effects<Effect, Tensor>;
  /**
   * Particles of the choices that are not known: picked in proportion to their weights, they follow a distribution of density
   * E p(kept, observations, z)/r for the r above. For {@link normalize}.
   */
  readonly particles?: (problem: Problem) => Effects<Effect, Particles>;
}
