import * as tf from "@tensorflow/tfjs-core";
import type { Call } from "../../dsl/call.js";
import { checkCall } from "../../dsl/checkCall.js";
import { addressesOf, type Choices, select, unknownAddress, without } from "../../dsl/choices.js";
import { interpret } from "../../dsl/interpret.js";
import type { Meaning, OwnOutcome } from "../../dsl/meaning.js";
import { drive } from "../../dsl/verbs.js";
import { ElbowError } from "../../errors.js";
import { namedKey } from "../../ops/random.js";
import { checkArray } from "../../util/expected.js";
import { captureSource } from "../../util/location.js";
import { checkOptionNames } from "../../util/options.js";
import type { Algorithm } from "./algorithm.js";
import { checkAlgorithm } from "./checkAlgorithm.js";
import { importanceSampling } from "./importanceSampling.js";

/** Options of {@link marginal}. */
export interface MarginalOptions<K extends string> {
  /** The addresses that remain: names of choices, or of nested programs with all that is in them. */
  readonly keep: K | readonly K[];
  /** How the density is estimated. @defaultValue importanceSampling(), with one particle from the program itself */
  readonly algorithm?: Algorithm;
}

/**
 * A program with some of its choices summed or integrated out: the choices that remain, with a density that is estimated.
 *
 * - Given its choices (under assess, or as constraints of generate), its log density is that of an unbiased estimate p̂ of the
 *   marginal density: E p̂ = p.
 * - Drawn, by running the program forward, its log density is that of an estimate with an unbiased reciprocal, E 1/p̂ = 1/p,
 *   which has seen the choices that were summed out.
 *
 * So it may stand for a distribution in models and in guides, as `splice(marginal(…))` or `call("name", marginal(…))`, and
 * within others: an ELBO becomes a lower bound still, one of the hierarchical ones of Ranganath et al. 2016 and Sobolev & Vetrov
 * 2019. What the algorithm draws are random choices with strategies. Observations and factors of the program count as kept.
 *
 * Lew et al., "Probabilistic Programming with Programmable Variational Inference" (2024), section 6.
 *
 * @param program - applied to its arguments
 * @returns a program of the choices that are kept, which it also returns
 * @throws ElbowError "missing-choice" where only some of them are assessed; "unknown-address"
 * @example
 * ```ts
 * import * as tf from "@tensorflow/tfjs-core";
 * import { assess, exactEnumeration, flip, gen, marginal, normal, run, sample } from "elbow";
 * const model = gen(function* () {
 *   const b = yield* sample("b", flip(0.5));
 *   yield* sample("x", normal(b.mul(4), 1));
 * });
 * const px = marginal(model(), { keep: "x", algorithm: exactEnumeration() });
 * console.log(run(0, assess(px, { x: tf.scalar(2) })).dataSync()[0]!.toFixed(4)); // => -2.9189
 * ```
 */
export function marginal<C, R, K extends keyof C & string>(
  program: Call<C, R>,
  options: MarginalOptions<K>,
): Call<Pick<C, K>, Pick<C, K>> {
  checkCall("marginal", program);
  checkOptionNames("marginal", options, ["keep", "algorithm"], ["keep"]);
  const { keep, algorithm = importanceSampling() } = options;
  if (typeof keep !== "string") checkArray("marginal", "keep", keep, 'Write { keep: "x" }, or { keep: ["x", "y"] }.');
  checkAlgorithm("marginal", algorithm);
  const kept: readonly string[] = typeof keep === "string" ? [keep] : keep;
  const source = captureSource();
  const name = `marginal(${program.name})`;
  const execute = (meaning: Meaning): OwnOutcome => {
    const given = Object.keys(meaning.given);
    const unknown = given.find((address) => !kept.includes(address));
    if (unknown !== undefined && !meaning.ignoresUnknown)
      throw unknownAddress(unknown, kept, `the program ${name}`, meaning.source?.line);
    const known = kept.filter((address) => meaning.given[address] !== undefined);
    const values = known.length > 0 ? select(meaning.given, ...known) : {};
    return known.length === kept.length && known.length > 0 ? assessed(meaning, values) : drawn(meaning, values);
  };
  /** The program run forward, with some of the choices that it keeps given or none. */
  const drawn = ({ key }: Meaning, given: Choices): OwnOutcome => {
    if (!key) {
      const missing = kept.filter((address) => !(address in given));
      throw new ElbowError("missing-choice", {
        message: `${name} has no value for ${missing.join(", ")}\n  given: ${Object.keys(given).join(", ") || "nothing"}`,
        hint: "assess needs a value for every choice.",
        at: { source: source.line },
      });
    }
    const isKept = isWithin(kept);
    const run = drive(interpret(program, { given, countsAsGiven: isKept }), namedKey(key, "draw"));
    const choices = run.choices as Choices;
    const values = select(choices, ...kept);
    const logDensity = drive(
      algorithm.reciprocal(
        { program, kept: values },
        {
          auxiliary: without(choices, ...kept),
          logJoint: tf.add(run.logDrawn, run.logGiven),
          logConditional: run.logGiven,
        },
      ),
      namedKey(key, "estimate"),
    );
    if (Object.keys(given).length === 0)
      return { choices: values, logDrawn: logDensity, logGiven: tf.scalar(0), result: values };
    // the weight of what was given, as the program has it with everything else drawn
    const { logGiven } = drive(
      interpret(program, { given: choices, countsAsGiven: isWithin(Object.keys(given)) }),
      namedKey(key, "weigh"),
    );
    return { choices: values, logDrawn: tf.sub(logDensity, logGiven), logGiven, result: values };
  };
  const assessed = ({ key, auxiliary = key }: Meaning, values: Choices): OwnOutcome => {
    if (!auxiliary)
      throw new ElbowError("missing-key", {
        message: `the density of ${name} at ${addressesOf(values).join(", ")} is estimated, which needs random numbers`,
        hint: "Assess it in an objective or in run(seed, …).",
        at: { source: source.line },
      });
    const logGiven = drive(algorithm.density({ program, kept: values }), namedKey(auxiliary, "estimate"));
    return { choices: values, logDrawn: tf.scalar(0), logGiven, result: values };
  };
  return { name, start: program.start, execute };
}

/** Whether an address is one of some names, or within one of them. */
const isWithin =
  (names: readonly string[]) =>
  (address: string): boolean =>
    names.some((name) => address === name || address.startsWith(`${name}/`));
