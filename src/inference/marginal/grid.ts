// Algorithms that visit every combination of a few values of each choice, side by side.
import type { Tensor } from "@tensorflow/tfjs-core";
import * as tf from "@tensorflow/tfjs-core";
import type { Distribution } from "../../distributions/distribution.js";
import { addressesOf, at, type Choices, without } from "../../dsl/choices.js";
import type { Effect, Effects } from "../../dsl/effects.js";
import { interpret } from "../../dsl/interpret.js";
import type { ChosenValue } from "../../dsl/meaning.js";
import { replicate } from "../../dsl/replicate.js";
import { drive } from "../../dsl/verbs.js";
import { ElbowError } from "../../errors.js";
import { isTracing, traceInner } from "../../ir/tracing.js";
import { seedKey } from "../../ops/random.js";
import { logSumExp } from "../../ops/special.js";
import { range, type Shape, sizeOf } from "../../util/shapes.js";
import type { Algorithm, Particles, Problem } from "./algorithm.js";

/** The values that every number of a choice goes through. */
export interface Places {
  /** How many. */
  readonly count: number;
  /** The choice's value where number e is at place digits[e], and what counts as its log density, elementwise or as one. */
  readonly at: (digits: Tensor) => ChosenValue;
}

/** How many combinations are run side by side at most. */
const limit = 1_000_000;

/** An algorithm that sums over the places of all choices that are not known. */
export function gridAlgorithm(
  name: string,
  placesOf: (address: string, distribution: Distribution<Tensor, never>) => Places,
): Algorithm {
  /** Runs the program at one combination, and says how many there are. */
  function* visit({ program, kept }: Problem, combination: Tensor) {
    let combinations = 1;
    const visited = new Map<string, number>();
    const { choices, logDrawn, logGiven } = yield* interpret(program, {
      given: kept,
      choose: (address, distribution) => {
        const { count, at: place } = placesOf(address, distribution);
        const shape = [...distribution.batch, ...distribution.event];
        visited.set(address, (visited.get(address) ?? 0) + sizeOf(shape));
        const digits = digitsOf(combination, combinations, count, shape);
        combinations *= count ** sizeOf(shape);
        const { value, logDensity } = place(digits);
        return { value, logDensity: tf.sum(logDensity) };
      },
    });
    for (const [address, count] of visited) checkVisited(name, choices as Choices, address, count);
    return {
      combinations,
      choices: without(choices as Choices, ...addressesOf(kept)),
      logJoint: tf.add(logDrawn, logGiven),
    };
  }

  /** How many combinations there are: the program is run once on the side. */
  function countOf(problem: Problem): number {
    let combinations = 1;
    const probe = (): void => {
      combinations = drive(visit(problem, tf.scalar(0)), seedKey(0)).combinations;
    };
    if (isTracing())
      traceInner([], () => {
        probe();
        return [];
      });
    else tf.tidy(probe);
    if (combinations <= limit) return combinations;
    throw new ElbowError("too-many-values", {
      message: `${name} would have to run ${combinations.toExponential(1)} combinations of values side by side, and ${limit} is the most`,
      hint: "Use importanceSampling, or let an objective enumerate the choices: it eliminates them one after the other.",
    });
  }

  function* particles(problem: Problem): Effects<Effect, Particles> {
    const { choices, logJoint } = (yield* replicate(countOf(problem), function* (combination) {
      const { choices, logJoint } = yield* visit(problem, combination);
      return { choices, logJoint } as never;
    })) as unknown as { readonly choices: Choices; readonly logJoint: Tensor };
    return { choices, logJoint, logWeights: tf.add(logJoint, Math.log(logJoint.size)) };
  }

  function* density(problem: Problem): Effects<Effect, Tensor> {
    return logSumExp((yield* particles(problem)).logJoint);
  }
  return { name, density, reciprocal: density, particles };
}

/** Numbers of a choice that are visited together, or in vain, would be summed up wrongly: in branches and in lanes. */
function checkVisited(name: string, choices: Choices, address: string, count: number): void {
  if ((at(choices, address) as Tensor | undefined)?.size === count) return;
  throw new ElbowError("nested-choice", {
    message: `${name} cannot sum over "${address}": it stands in a branch or in a plate`,
    hint: "Write it as one choice outside (a batch of numbers, a choice that is not used), or use importanceSampling.",
    at: { address },
  });
}

/** The digits of a number, the lowest first, from a position that is worth `unit`. */
function digitsOf(combination: Tensor, unit: number, base: number, shape: Shape): Tensor {
  const units = tf.tensor(
    range(sizeOf(shape)).map((i) => unit * base ** i),
    [...shape],
  );
  const shifted = tf.floor(tf.div(tf.add(combination, 0.5), units));
  return tf.sub(shifted, tf.mul(base, tf.floor(tf.div(tf.add(shifted, 0.5), base))));
}
