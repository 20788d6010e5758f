import type { Tensor } from "@tensorflow/tfjs-core";
import * as tf from "@tensorflow/tfjs-core";
import type { Call } from "../../dsl/call.js";
import { addressesOf, at, type Choices, isTensor, put } from "../../dsl/choices.js";
import type { Effect, Effects, Looped } from "../../dsl/effects.js";
import { interpret } from "../../dsl/interpret.js";
import { ElbowError } from "../../errors.js";
import { checkOptionNames } from "../../util/options.js";
import { range } from "../../util/shapes.js";
import { mapLeaves, type Tree } from "../../util/tree.js";
import { checkParticles } from "../checkParticles.js";
import { type Moved, sweep } from "../smc/particles.js";
import { checkResampling, type ResamplingOptions } from "../smc/resampling.js";
import type { Algorithm, DrawnTogether, Problem } from "./algorithm.js";

/** Options of {@link sequentialMonteCarlo}. */
export interface SequentialMonteCarloOptions {
  /** N ≥ 1. */
  readonly particles: number;
  /** Multinomial: the reciprocal needs a conditional filter, which other schemes have not. */
  readonly resampling?: Omit<ResamplingOptions, "scheme">;
}

/**
 * A particle filter over the steps of a program's `scan`: what the steps draw and is not known is drawn by the program itself,
 * N times side by side, and resampled by what is known and observed at that step. For draws of the program itself, the steps
 * that came with them are one of the particles throughout (conditional sequential Monte Carlo), which makes 1/p̂ unbiased.
 *
 * For programs that end with a `scan`. Choices before it that are not known are drawn once, for all particles together. What
 * comes after a loop would need the loop's result of every particle: put it into the last step, or use importanceSampling. There are
 * no particles for `normalize`, as whole paths would have to be kept.
 *
 * Andrieu, Doucet & Holenstein, "Particle Markov chain Monte Carlo methods" (2010), theorem 2.
 *
 * @throws ElbowError "option"; while it runs, "not-sequential" for a program that does not end with a scan
 * @example
 * ```ts
 * import * as tf from "@tensorflow/tfjs-core";
 * import { assess, gen, marginal, normal, observe, run, sample, scan, sequentialMonteCarlo, uniform } from "elbow";
 * // an unknown slope, kept, and states that are summed out
 * const series = gen(function* (y: tf.Tensor) {
 *   const slope = yield* sample("slope", uniform(0, 1));
 *   const step = gen(function* (before: tf.Tensor, now: tf.Tensor) {
 *     const z = yield* sample("z", normal(tf.mul(slope, before), 1));
 *     yield* observe("y", normal(z, 0.5), now);
 *     return { carry: z as tf.Tensor };
 *   });
 *   yield* scan("steps", step, tf.scalar(0), y);
 * });
 * const algorithm = sequentialMonteCarlo({ particles: 1000 });
 * const slope = marginal(series(tf.tensor1d([0.5, 0.9, 0.2])), { keep: "slope", algorithm });
 * const logDensity = run(0, assess(slope, { slope: tf.scalar(0.9) }));
 * console.log(Math.abs(logDensity.dataSync()[0]! + 3.5152) < 0.1); // => true
 * ```
 */
export function sequentialMonteCarlo(options: SequentialMonteCarloOptions): Algorithm {
  checkOptionNames("sequentialMonteCarlo", options, ["particles", "resampling"], ["particles"]);
  const { particles, resampling = {} } = options;
  checkParticles("sequentialMonteCarlo", particles);
  checkResampling(resampling);

  function* filter(
    { program, kept }: Problem,
    auxiliary: Choices = {},
    isConditional = false,
  ): Effects<Effect, Tensor> {
    const { before, loop, finish } = partsOf(program);
    const isKnown = (address: string) => addressesOf(kept).includes(address);
    const { logGiven: logBefore } = yield* interpret(before, {
      given: joined(kept, auxiliary),
      countsAsGiven: isKnown,
    });
    const { address, body, initial, sequence } = loop();
    const known = addressesOf(inner(kept[address]));
    function* step(state: Tree<Tensor>, { element, given }: Slice): Effects<Effect, Moved> {
      const { logGiven, result } = yield* interpret(body(state, element), {
        given,
        countsAsGiven: (name) => known.includes(name),
      });
      const { carry, output = [] } = result as { readonly carry: Tree<Tensor>; readonly output?: Tree<Tensor> };
      return { state: carry, logWeight: logGiven, output };
    }
    const elements: Tree<Tensor> = typeof sequence === "number" ? tf.tensor1d(range(sequence), "int32") : sequence;
    const retained = joined(inner(kept[address]), inner(auxiliary[address]));
    const { increments, state, outputs } = yield* sweep(
      {
        state: mapLeaves(initial, (leaf) => tf.tile(tf.expandDims(leaf, 0), [particles, ...leaf.shape.map(() => 1)])),
        logWeights: tf.fill([particles], -Math.log(particles)),
      },
      { element: elements, given: inner(kept[address]), retained } as Tree<Tensor>,
      {
        particles,
        resampling,
        move: (from, slice) => step(from, slice as Tree<Tensor> & Slice),
        ...(isConditional && {
          retained: (from: Tree<Tensor>, slice: Tree<Tensor>) => {
            const own = slice as Tree<Tensor> & Slice;
            return step(from, { ...own, given: own.retained });
          },
        }),
      },
    );
    finish({
      carry: mapLeaves(state, (leaf) => tf.gather(leaf, 0)),
      outputs: mapLeaves(outputs, (leaf) => tf.gather(leaf, 0, 1)),
    });
    return tf.add(logBefore, tf.sum(increments));
  }

  return {
    name: `sequentialMonteCarlo(${particles})`,
    density: (problem) => filter(problem),
    reciprocal: (problem: Problem, { auxiliary }: DrawnTogether) => filter(problem, auxiliary, true),
  };
}

/** What one step is given. */
interface Slice {
  readonly element: Tree<Tensor>;
  readonly given: Choices;
  readonly retained: Choices;
}

/** A program in parts: what stands before its loop, as a program; then the loop; then what takes the loop's result. */
function partsOf(program: Call) {
  const refuse = (reason: string): never => {
    throw new ElbowError("not-sequential", {
      message: `sequentialMonteCarlo is for programs that end with a scan, and ${program.name} ${reason}`,
      hint: "Put what comes after the loop into its last step, or use importanceSampling.",
    });
  };
  const effects = program.start();
  let found: Looped<string> | undefined;
  const body: Call = {
    name: program.name,
    start: function* () {
      let step = effects.next();
      while (!step.done && (step.value as Effect).kind !== "scan") step = effects.next(yield step.value);
      found = step.done ? undefined : (step.value as Looped<string>);
    },
  };
  // values of the loop's choices are among those that it is given
  const before: Call = {
    ...body,
    execute: (meaning, execute) => execute(body, { ...meaning, ignoresUnknown: true }),
  };
  return {
    before,
    loop: () => found ?? refuse("has none"),
    finish: (result: unknown) => {
      const step = effects.next(result);
      if (!step.done) refuse(`goes on after it, with a ${(step.value as Effect).kind}`);
    },
  };
}

const inner = (choices: Tensor | Choices | undefined): Choices =>
  choices === undefined || isTensor(choices) ? {} : choices;

/** Values at the addresses of both. */
const joined = (first: Choices, second: Choices): Choices =>
  addressesOf(second).reduce((all, address) => put(all, address, at(second, address)!), first);
