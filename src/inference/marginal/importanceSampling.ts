import type { Tensor } from "@tensorflow/tfjs-core";
import * as tf from "@tensorflow/tfjs-core";
import { assess } from "../../dsl/assess.js";
import type { Call } from "../../dsl/call.js";
import { addressesOf, type Choices, merge, without } from "../../dsl/choices.js";
import type { Effect, Effects } from "../../dsl/effects.js";
import { interpret } from "../../dsl/interpret.js";
import { replicate } from "../../dsl/replicate.js";
import { simulate } from "../../dsl/simulate.js";
import { logSumExp } from "../../ops/special.js";
import { checkFunction } from "../../util/expected.js";
import { checkOptionNames } from "../../util/options.js";
import { checkParticles } from "../checkParticles.js";
import type { Algorithm, DrawnTogether, Problem } from "./algorithm.js";

/** Options of {@link importanceSampling}. */
export interface ImportanceSamplingOptions {
  /** How many, N ≥ 1. @defaultValue 1 */
  readonly particles?: number;
  /**
   * Proposes what is not known, given what is: a program that samples exactly those addresses. @defaultValue the program
   * itself, run forward
   */
  // biome-ignore lint/suspicious/noExplicitAny: the choices of whatever program it is used for
  readonly proposal?: (kept: any) => Call;
}

/** One particle. */
interface Particle {
  readonly choices: Choices;
  readonly logJoint: Tensor;
  readonly logWeight: Tensor;
}

/**
 * Importance sampling with N particles: p̂ = (1/N) Σ p(kept, z_i)/q(z_i | kept). For a draw of the program itself, the choices
 * that came with it are one of the particles (conditional importance sampling), which makes 1/p̂ unbiased.
 *
 * Lew et al., "Probabilistic Programming with Programmable Variational Inference" (2024), section 6; Andrieu & Roberts (2009).
 *
 * @throws ElbowError "option" unless there is a particle
 * @example
 * ```ts
 * import { assess, gen, importanceSampling, marginal, normal, run, sample } from "elbow";
 * import * as tf from "@tensorflow/tfjs-core";
 * const model = gen(function* () {
 *   const z = yield* sample("z", normal(0, 1));
 *   yield* sample("x", normal(z, 0.5));
 * });
 * const px = marginal(model(), { keep: "x", algorithm: importanceSampling({ particles: 10_000 }) });
 * const logDensity = run(0, assess(px, { x: tf.scalar(1.2) }));
 * console.log(Math.abs(logDensity.dataSync()[0]! + 1.60651) < 0.05); // => true
 * ```
 */
export function importanceSampling(options: ImportanceSamplingOptions = {}): Algorithm {
  checkOptionNames("importanceSampling", options, ["particles", "proposal"]);
  const { particles = 1, proposal } = options;
  if (proposal !== undefined)
    checkFunction("importanceSampling", "the proposal", proposal, "Write { proposal: (kept) => guide(kept) }.");
  checkParticles("importanceSampling", particles);

  function* particle({ program, kept }: Problem): Effects<Effect, Particle> {
    const known = addressesOf(kept);
    if (!proposal) {
      const { choices, logDrawn, logGiven } = yield* interpret(program, { given: kept });
      return {
        choices: without(choices as Choices, ...known),
        logJoint: tf.add(logDrawn, logGiven),
        logWeight: logGiven,
      };
    }
    const { choices, logDensity } = yield* simulate(proposal(kept));
    const logJoint = yield* assess(program as Call<Choices>, merge(kept, choices as Choices));
    return { choices: choices as Choices, logJoint, logWeight: tf.sub(logJoint, logDensity) };
  }

  function* logWeights(count: number, problem: Problem): Effects<Effect, Tensor> {
    if (count > 1)
      return yield* replicate(count, function* () {
        return (yield* particle(problem)).logWeight;
      });
    return tf.reshape((yield* particle(problem)).logWeight, [1]);
  }

  const mean = (weights: Tensor): Tensor => tf.sub(logSumExp(weights), Math.log(particles));

  /** The weight of choices that are there already. */
  function* weightOf({ kept }: Problem, { auxiliary, logJoint, logConditional }: DrawnTogether) {
    return proposal ? tf.sub(logJoint, yield* assess(proposal(kept) as Call<Choices>, auxiliary)) : logConditional;
  }

  return {
    name: `importanceSampling(${particles})`,
    density: function* (problem) {
      return mean(yield* logWeights(particles, problem));
    },
    reciprocal: function* (problem, drawn) {
      const own = tf.reshape(yield* weightOf(problem, drawn), [1]);
      return mean(particles === 1 ? own : tf.concat([own, yield* logWeights(particles - 1, problem)]));
    },
    particles: function* (problem) {
      const { choices, logJoint, logWeight } = (yield* replicate(
        particles,
        () => particle(problem) as Effects<Effect, never>,
      )) as unknown as Particle;
      return { choices, logJoint, logWeights: logWeight };
    },
  };
}
