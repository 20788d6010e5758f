// Sequential Monte Carlo: N particles that are moved, weighed and resampled, side by side in a loop over time.
import type { Tensor } from "@tensorflow/tfjs-core";
import * as tf from "@tensorflow/tfjs-core";
import { type Effect, type Effects, scan } from "../../dsl/effects.js";
import { gen } from "../../dsl/gen.js";
import { interpret } from "../../dsl/interpret.js";
import { replicate } from "../../dsl/replicate.js";
import { stopGradient } from "../../ops/marks.js";
import { logSumExp } from "../../ops/special.js";
import { where } from "../../ops/where.js";
import { leavesOf, mapLeaves, type Tree } from "../../util/tree.js";
import { effectiveSize, type ResamplingOptions, resample } from "./resampling.js";

/** One particle after a step. */
export interface Moved {
  readonly state: Tree<Tensor>;
  /** A scalar: the factor by which its weight grows. */
  readonly logWeight: Tensor;
  /** What is noted of it at this step. */
  readonly output: Tree<Tensor>;
}

/** Particles in lanes: what a single one has stands behind an axis of N. */
export interface Swarm {
  readonly state: Tree<Tensor>;
  /** Normalised, [N]. */
  readonly logWeights: Tensor;
}

/** What happens to particles. */
export interface SwarmRules {
  readonly particles: number;
  readonly resampling: ResamplingOptions;
  /** Moves one particle. */
  readonly move: (state: Tree<Tensor>, element: Tree<Tensor>) => Effects<Effect, Moved>;
  /** Moves the first particle instead: in a conditional filter it goes a way that is known. */
  readonly retained?: (state: Tree<Tensor>, element: Tree<Tensor>) => Effects<Effect, Moved>;
}

/** All steps. */
export interface Sweep extends Swarm {
  /** log (Σ_i W_i w_i) of every step, [T]: their sum is the logarithm of an unbiased estimate of the evidence. */
  readonly increments: Tensor;
  /** [T, N]: where the particles of every step came from. */
  readonly ancestors: Tensor;
  /** [T, N], normalised. */
  readonly history: Tensor;
  /** 1/Σ W² at every step, [T]. */
  readonly effectiveSizes: Tensor;
  /** [T, N, …] */
  readonly outputs: Tree<Tensor>;
}

/** Takes new weights into account. */
export function reweighed(before: Tensor, logFactors: Tensor): { increment: Tensor; logWeights: Tensor } {
  const joint = tf.add(before, logFactors);
  const increment = logSumExp(joint);
  // particles that are all impossible go on with equal weights: the evidence is zero whatever they do, and nothing jumps
  const isPossible = tf.greater(stopGradient(increment), Number.NEGATIVE_INFINITY);
  const logWeights = tf.sub(where(isPossible, joint, -Math.log(before.size)), where(isPossible, increment, 0));
  return { increment, logWeights };
}

/** Computations in lanes, of which the first may be another one. */
export function* inLanes(
  count: number,
  each: (lane: Tensor) => Effects<Effect, Moved>,
  first?: () => Effects<Effect, Moved>,
): Effects<Effect, Moved> {
  type Lanes = (lane: Tensor) => Effects<Effect, never>;
  if (!first) return (yield* replicate(count, each as Lanes)) as unknown as Moved;
  const ownLane = (yield* replicate(1, first as unknown as Lanes)) as unknown as Moved;
  if (count === 1) return ownLane;
  const others = yield* replicate(count - 1, ((lane) => each(tf.add(lane, 1))) as Lanes);
  const rest = leavesOf(others as Tree<Tensor>).map(({ leaf }) => leaf);
  return mapLeaves(ownLane as unknown as Tree<Tensor>, (leaf) => tf.concat([leaf, rest.shift()!])) as unknown as Moved;
}

/** Row `lane` of all tensors. */
const rowOf = (tree: Tree<Tensor>, lane: Tensor): Tree<Tensor> =>
  mapLeaves(tree, (leaf) => tf.gather(leaf, tf.cast(lane, "int32")));

/** Resamples, moves and weighs particles for every element of sequences. */
export function* sweep(
  start: Swarm,
  elements: Tree<Tensor>,
  { particles, resampling, move, retained }: SwarmRules,
): Effects<Effect, Sweep> {
  const step = gen(function* ({ state, logWeights }: Swarm, element: Tree<Tensor>) {
    const { ancestors, logWeights: before } = yield* resample(logWeights, resampling, retained !== undefined);
    const parents = mapLeaves(state, (leaf) => tf.gather(leaf, ancestors));
    const moved: Moved = yield* inLanes(
      particles,
      (lane) => move(rowOf(parents, lane), element),
      retained && (() => retained(rowOf(parents, tf.scalar(0)), element)),
    );
    const { increment, logWeights: after } = reweighed(before, moved.logWeight);
    return {
      carry: { state: moved.state, logWeights: after },
      output: {
        increment,
        ancestors,
        history: after,
        effectiveSize: effectiveSize(after),
        output: moved.output,
      },
    };
  });
  // a verb of its own, so that several filters have addresses and keys of their own
  const program = gen(function* particleFilter() {
    return yield* scan("steps", step as never, start as never, elements as never);
  });
  const { result } = (yield* interpret(program())) as unknown as {
    result: {
      carry: Swarm;
      outputs: {
        increment: Tensor;
        ancestors: Tensor;
        history: Tensor;
        effectiveSize: Tensor;
        output: Tree<Tensor>;
      };
    };
  };
  const { increment, effectiveSize: effectiveSizes, output, ...rest } = result.outputs;
  return { ...result.carry, ...rest, increments: increment, effectiveSizes, outputs: output };
}
