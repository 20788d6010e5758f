import type { Tensor } from "@tensorflow/tfjs-core";
import * as tf from "@tensorflow/tfjs-core";
import { asked } from "../../dsl/asked.js";
import type { Effect, Effects, Tensors } from "../../dsl/effects.js";
import { ElbowError } from "../../errors.js";
import { checkFunction } from "../../util/expected.js";
import { checkOptionNames } from "../../util/options.js";
import { range } from "../../util/shapes.js";
import { leavesOf, mapLeaves, type Tree, withLeaves } from "../../util/tree.js";
import { checkParticles } from "../checkParticles.js";
import { inLanes, reweighed, sweep } from "./particles.js";
import { checkResampling, effectiveSize, type ResamplingOptions } from "./resampling.js";
import { moveParticle, type Proposal, type StateSpaceModel } from "./stateSpaceModel.js";

/** What is filtered. */
export interface FilterProblem<S extends Tree<Tensor> = Tensor, Y extends Tree<Tensor> = Tensor> {
  readonly model: StateSpaceModel<S, Y>;
  /** The data: a tensor [T, …], or a structure of such tensors. */
  readonly observations: Y;
  /** Where states are drawn from. @defaultValue the model: a bootstrap filter */
  readonly proposal?: Proposal<S, Y>;
}

/** Options of {@link particleFilter}. */
export interface ParticleFilterOptions {
  /** N ≥ 1. */
  readonly particles: number;
  /** @defaultValue multinomial, before every step but the first, with an unbiased gradient */
  readonly resampling?: ResamplingOptions;
}

/** What a particle filter found. */
export interface Filtered<S extends Tree<Tensor> = Tensor> {
  /** log Ẑ, a scalar: E Ẑ = p(y_1, …, y_T). */
  readonly logEvidence: Tensor;
  /** What log Ẑ is the sum of: estimates of log p(y_t | y_1, …, y_{t−1}), [T]. */
  readonly increments: Tensor;
  /** The states of every time, [T, N, …], before resampling. */
  readonly states: Tensors<S>;
  /** Their normalised log weights, [T, N]. */
  readonly logWeights: Tensor;
  /** Where the states of the times after the first came from: positions, [T − 1, N]. */
  readonly ancestors: Tensor;
  /** 1/Σ W² of every time, [T]. */
  readonly effectiveSampleSizes: Tensor;
}

/**
 * A particle filter: N states side by side that are drawn, weighed by the data of their time, resampled and moved on, in a loop
 * over time. Ẑ = Π_t Σ_i W_i w_i is an unbiased estimate of the evidence p(y).
 *
 * It is a computation like any other: what is drawn are random choices with strategies, the picks of ancestors included, so
 * gradients of its results are unbiased (unless an option says otherwise). States of a model of normal distributions are
 * estimated pathwise, picks by the score function; a step's increment is scored by the picks before it alone. Long loops stay
 * loops with the strategies `reparam` and `reinforce`.
 *
 * Gordon, Salmond & Smith (1993); Del Moral, "Feynman-Kac Formulae" (2004), theorem 7.4.2.
 *
 * @throws ElbowError "option"; "scan-length" for data of different lengths
 * @example
 * ```ts
 * import * as tf from "@tensorflow/tfjs-core";
 * import { normal, particleFilter, run } from "elbow";
 * const model = {
 *   initial: () => normal(0, 1),
 *   transition: (z: tf.Tensor) => normal(tf.mul(z, 0.9), 0.5),
 *   observation: (z: tf.Tensor) => normal(z, 0.8),
 * };
 * const observations = tf.tensor1d([0.5, 0.9, 0.2]);
 * const { logEvidence } = run(0, particleFilter({ model, observations }, { particles: 1000 }));
 * console.log(Math.abs(logEvidence.dataSync()[0]! + 3.4416) < 0.1); // => true
 * ```
 */
export const particleFilter = asked("particleFilter", function* particleFilter<
  S extends Tree<Tensor> = Tensor,
  Y extends Tree<Tensor> = Tensor,
>(problem: FilterProblem<S, Y>, options: ParticleFilterOptions): Effects<Effect, Filtered<S>> {
  const parts = ["model", "observations"];
  checkOptionNames("particleFilter: the problem", problem, [...parts, "proposal"], parts);
  checkOptionNames("particleFilter", options, ["particles", "resampling"], ["particles"]);
  const { model, observations, proposal } = problem;
  const { particles, resampling = {} } = options;
  for (const name of ["initial", "transition", "observation"] as const)
    checkFunction(
      "particleFilter",
      `model.${name}`,
      (model as Partial<typeof model>)[name],
      "A model has the functions initial, transition and observation.",
    );
  checkParticles("particleFilter", particles);
  checkResampling(resampling);
  const length = lengthOf(observations);
  const at = (t: number) => mapLeaves(observations as Tree<Tensor>, (leaf) => tf.gather(leaf, t)) as Y;

  const y0 = at(0);
  const start = yield* inLanes(particles, () =>
    moveParticle(
      model.initial(),
      proposal?.initial(y0),
      (state) => model.observation(state, y0, tf.scalar(0, "int32")),
      y0,
    ),
  );
  const first = reweighed(tf.fill([particles], -Math.log(particles)), start.logWeight);
  const states = tensorsOf(start.output);
  if (length === 1)
    return filtered(start.output, {
      increments: [tf.expandDims(first.increment, 0)],
      states: [states.map((each) => tf.expandDims(each, 0))],
      logWeights: [tf.expandDims(first.logWeights, 0)],
      ancestors: tf.zeros([0, particles], "int32"),
      sizes: [tf.expandDims(effectiveSize(first.logWeights), 0)],
    });

  const rest = mapLeaves(observations as Tree<Tensor>, (leaf) =>
    tf.slice(leaf, [1, ...leaf.shape.slice(1).map(() => 0)], [length - 1, ...leaf.shape.slice(1)]),
  );
  const times = tf.tensor1d(range(length).slice(1), "int32");
  const sweeping = yield* sweep(
    { state: start.state, logWeights: first.logWeights },
    { y: rest, t: times },
    {
      particles,
      resampling,
      move: (state, element) => {
        const { y, t } = element as { readonly y: Y; readonly t: Tensor };
        return moveParticle(
          model.transition(state as S, t),
          proposal?.transition(state as S, y, t),
          (next) => model.observation(next, y, t),
          y,
        );
      },
    },
  );
  return filtered(start.output, {
    increments: [tf.expandDims(first.increment, 0), sweeping.increments],
    states: [states.map((each) => tf.expandDims(each, 0)), tensorsOf(sweeping.outputs)],
    logWeights: [tf.expandDims(first.logWeights, 0), sweeping.history],
    ancestors: sweeping.ancestors,
    sizes: [tf.expandDims(effectiveSize(first.logWeights), 0), sweeping.effectiveSizes],
  });
});

/** Parts of the first time and of all others, put together. */
function filtered<S extends Tree<Tensor>>(
  structure: Tree<Tensor>,
  parts: {
    increments: Tensor[];
    states: Tensor[][];
    logWeights: Tensor[];
    ancestors: Tensor;
    sizes: Tensor[];
  },
): Filtered<S> {
  const joined = (each: Tensor[]): Tensor => (each.length === 1 ? each[0]! : tf.concat(each));
  return {
    // the parts are added one by one: every one is a cost of its own, scored by what came before it
    logEvidence: parts.increments.map((each) => tf.sum(each)).reduce((total, each) => tf.add(total, each)),
    increments: joined(parts.increments),
    states: withLeaves(
      structure,
      parts.states[0]!.map((_, i) => joined(parts.states.map((each) => each[i]!))),
    ) as Tensors<S>,
    logWeights: joined(parts.logWeights),
    ancestors: parts.ancestors,
    effectiveSampleSizes: joined(parts.sizes),
  };
}

const tensorsOf = (tree: Tree<Tensor>): Tensor[] => leavesOf(tree).map(({ leaf }) => leaf);

/** The common first size of data. */
function lengthOf(observations: Tree<Tensor>): number {
  const lengths = [...new Set(tensorsOf(observations).map(({ shape }) => shape[0] ?? 0))];
  if (lengths.length === 1 && lengths[0]! > 0) return lengths[0]!;
  throw new ElbowError("scan-length", {
    message: `a particle filter needs data with the times as first axis\n  received: ${
      tensorsOf(observations)
        .map(({ shape }) => `[${shape}]`)
        .join(", ") || "nothing"
    }`,
  });
}
