// State space models in three parts, and what a particle does with them.
import type { Tensor } from "@tensorflow/tfjs-core";
import * as tf from "@tensorflow/tfjs-core";
import type { Distribution } from "../../distributions/distribution.js";
import type { Call } from "../../dsl/call.js";
import { type Choices, isTensor } from "../../dsl/choices.js";
import { type Effect, type Effects, observe, sample } from "../../dsl/effects.js";
import { gen } from "../../dsl/gen.js";
import { interpret } from "../../dsl/interpret.js";
import { simulate } from "../../dsl/simulate.js";
import { ElbowError } from "../../errors.js";
import type { Tree } from "../../util/tree.js";
import type { Moved } from "./particles.js";

/** A distribution of the state, or a program that returns the state. */
export type StateLaw<S> = Distribution<Tensor, never> | Call<unknown, S>;

/** A state space model. The parts are distributions, or programs with as many choices as they like. */
export interface StateSpaceModel<S extends Tree<Tensor> = Tensor, Y extends Tree<Tensor> = Tensor> {
  /** The first state. */
  readonly initial: () => StateLaw<S>;
  /** The state at time t, 1 ≤ t < T, after one state. */
  readonly transition: (state: S, t: Tensor) => StateLaw<S>;
  /** The distribution of the data of time t, given its state; or a program that observes them itself. */
  readonly observation: (state: S, y: Y, t: Tensor) => Distribution<Tensor, never> | Call;
}

/** Where the states are drawn from instead: from the same addresses as in the model, where it is made of programs. */
export interface Proposal<S extends Tree<Tensor> = Tensor, Y extends Tree<Tensor> = Tensor> {
  readonly initial: (y: Y) => StateLaw<S>;
  readonly transition: (state: S, y: Y, t: Tensor) => StateLaw<S>;
}

const isDistribution = (law: object): law is Distribution<Tensor, never> => "family" in law;

const drawOf = gen(function* state(distribution: Distribution<Tensor, never>) {
  return yield* sample("state", distribution);
});
const observationOf = gen(function* observation(distribution: Distribution<Tensor, never>, y: Tensor) {
  yield* observe("y", distribution, y);
});

const asCall = (law: StateLaw<unknown>): Call<unknown, Tree<Tensor>> =>
  (isDistribution(law) ? drawOf(law) : law) as Call<unknown, Tree<Tensor>>;

/** Draws a state, from a proposal if there is one, and weighs it by the data of its time. */
export function* moveParticle<S extends Tree<Tensor>, Y extends Tree<Tensor>>(
  law: StateLaw<S>,
  proposed: StateLaw<S> | undefined,
  observation: (state: S) => Distribution<Tensor, never> | Call,
  y: Y,
): Effects<Effect, Moved> {
  const { state, logWeight } = yield* drawState(asCall(law), proposed && asCall(proposed));
  const seen = observation(state as S);
  if (isDistribution(seen) && !isTensor(y))
    throw new ElbowError("observation-shape", {
      message: "an observation that is a distribution needs data of one tensor per time, and got a structure",
      hint: "Make it a program that observes the parts.",
    });
  const { logGiven } = yield* interpret(isDistribution(seen) ? observationOf(seen, y as Tensor) : seen);
  return { state, logWeight: tf.add(logWeight, logGiven), output: state };
}

function* drawState(
  call: Call<unknown, Tree<Tensor>>,
  proposed: Call | undefined,
): Effects<Effect, Omit<Moved, "output">> {
  if (!proposed) {
    const { logGiven, result } = yield* interpret(call);
    return { state: result, logWeight: logGiven };
  }
  const { choices, logDensity } = yield* simulate(proposed);
  const { logDrawn, logGiven, result } = yield* interpret(call, { given: choices as Choices });
  return { state: result, logWeight: tf.sub(tf.add(logDrawn, logGiven), logDensity) };
}
