import type { Tensor } from "@tensorflow/tfjs-core";
import * as tf from "@tensorflow/tfjs-core";
import { categorical } from "../../distributions/categorical.js";
import type { CategoryIndex, Distribution } from "../../distributions/distribution.js";
import type { Call } from "../../dsl/call.js";
import { checkCall } from "../../dsl/checkCall.js";
import { addressesOf, type Choices } from "../../dsl/choices.js";
import { type Effect, type Effects, sample } from "../../dsl/effects.js";
import { interpret } from "../../dsl/interpret.js";
import type { Meaning, OwnOutcome } from "../../dsl/meaning.js";
import { drive } from "../../dsl/verbs.js";
import { ElbowError } from "../../errors.js";
import { namedKey } from "../../ops/random.js";
import { logSumExp } from "../../ops/special.js";
import { checkFunction } from "../../util/expected.js";
import { captureSource } from "../../util/location.js";
import { checkOptionNames } from "../../util/options.js";
import { mapLeaves, type Tree } from "../../util/tree.js";
import type { Algorithm } from "./algorithm.js";
import { checkAlgorithm } from "./checkAlgorithm.js";

/** Options of {@link normalize}. */
export interface NormalizeOptions {
  readonly algorithm: Algorithm;
  /** The strategy of the choice among the particles. @defaultValue the distribution's default */
  readonly pick?: (index: ReturnType<typeof categorical>) => Distribution<CategoryIndex, never>;
}

/**
 * The posterior of a program with observations or factors, as a program of the same choices without them: particles of an
 * algorithm, one of which is picked in proportion to its weight.
 *
 * Its density is that of this very procedure (sampling importance resampling for `importanceSampling`, the exact posterior for
 * `exactEnumeration`), and is estimated: drawn, with an unbiased reciprocal; given, without bias. It may stand where a
 * distribution may, in models and in guides.
 *
 * Lew et al., "Probabilistic Programming with Programmable Variational Inference" (2024), section 6.
 *
 * @param program - applied to its arguments
 * @throws ElbowError "option" for an algorithm that has no particles
 * @example
 * ```ts
 * import { exactEnumeration, flip, gen, normal, normalize, observe, run, sample, simulate } from "elbow";
 * const model = gen(function* (y: number) {
 *   const b = yield* sample("b", flip(0.5));
 *   yield* observe("y", normal(b, 0.1), y);
 * });
 * const posterior = normalize(model(0.9), { algorithm: exactEnumeration() });
 * console.log(run(0, simulate(posterior)).choices.b.dataSync()[0]); // => 1
 * ```
 */
export function normalize<C, R>(program: Call<C, R>, options: NormalizeOptions): Call<C, C> {
  checkCall("normalize", program);
  checkOptionNames("normalize", options, ["algorithm", "pick"], ["algorithm"]);
  const { algorithm, pick = (index) => index as Distribution<CategoryIndex, never> } = options;
  checkAlgorithm("normalize", algorithm);
  checkFunction("normalize", "pick", pick, "Write { pick: enumerate }, for example.");
  const { particles } = algorithm;
  const source = captureSource();
  const name = `normalize(${program.name})`;
  if (!particles)
    throw new ElbowError("option", {
      message: `normalize: ${algorithm.name} has no particles to pick from`,
      hint: "Use importanceSampling or exactEnumeration.",
      at: { source: source.line },
    });

  function* drawn(): Effects<Effect, OwnOutcome> {
    const { choices, logJoint, logWeights } = yield* particles!({ program, kept: {} });
    const index = tf.cast(yield* sample("index", pick(categorical({ logits: logWeights }))), "int32");
    const picked = (values: Tensor): Tensor => tf.gather(values, index);
    const values = mapLeaves(choices as Tree<Tensor>, picked) as Choices;
    const logEvidence = tf.sub(logSumExp(logWeights), Math.log(logWeights.size));
    return {
      choices: values,
      logDrawn: tf.sub(picked(logJoint), logEvidence),
      logGiven: tf.scalar(0),
      result: values,
    };
  }

  function* assessed(given: Choices): Effects<Effect, OwnOutcome> {
    // observations alone count as given, so that they are told apart from the choices
    const run = yield* interpret(program, { given, countsAsGiven: () => false });
    const known = addressesOf(given);
    const missing = addressesOf(run.choices as Choices).filter((address) => !known.includes(address));
    if (missing.length > 0)
      throw new ElbowError("missing-choice", {
        message: `${name} was given only some of its choices\n  given: ${known.join(", ")}\n  missing: ${missing.join(", ")}`,
        hint: "Give all of them, or none.",
        at: { source: source.line },
      });
    const logJoint = tf.add(run.logDrawn, run.logGiven);
    const logEvidence = yield* algorithm.reciprocal(
      { program, kept: {} },
      { auxiliary: given, logJoint, logConditional: run.logGiven },
    );
    return { choices: given, logDrawn: tf.scalar(0), logGiven: tf.sub(logJoint, logEvidence), result: given };
  }

  const execute = ({ key, auxiliary = key, given, source: asked }: Meaning): OwnOutcome => {
    const isGiven = Object.keys(given).length > 0;
    const own = isGiven ? auxiliary : key;
    if (own) return drive(isGiven ? assessed(given) : drawn(), namedKey(own, isGiven ? "estimate" : "draw"));
    throw new ElbowError("missing-choice", {
      message: `no values are given for ${name}, or no random numbers to estimate its density with`,
      hint: "assess needs a value for every choice, in an objective or in run(seed, …).",
      at: { source: asked?.line ?? source.line },
    });
  };
  return { name, start: program.start, execute };
}
