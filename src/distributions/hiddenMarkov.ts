// The hidden Markov model: its density by the forward algorithm, its draws and its moments.
import type { Tensor } from "@tensorflow/tfjs-core";
import * as tf from "@tensorflow/tfjs-core";
import { ElbowError } from "../errors.js";
import type { Family } from "../ir/site.js";
import { loop } from "../ops/control.js";
import { namedKey, standardUniform } from "../ops/random.js";
import { logSoftmax, logSumExp } from "../ops/special.js";
import { where } from "../ops/where.js";
import { formatShape, range, type Shape } from "../util/shapes.js";
import { batchOf } from "./distribution.js";
import { timeBack, timeFirst, withBatch } from "./processes.js";
import { logProbability } from "./support.js";

/** How a parameter says probabilities: by themselves, or by unnormalised logarithms. */
interface Coding {
  readonly logarithms: (parameter: Tensor) => Tensor;
  readonly probabilities: (parameter: Tensor) => Tensor;
}
export const codings: Readonly<Record<"probs" | "logits", Coding>> = {
  probs: { logarithms: logProbability, probabilities: (probs) => probs },
  logits: { logarithms: logSoftmax, probabilities: (logits) => tf.softmax(logits, -1) },
};

/** The first category whose cumulative probability exceeds u times the total, as a unit vector. */
function pickState(probs: Tensor, u: Tensor): Tensor {
  const count = probs.shape.at(-1)!;
  const reachable = where(tf.greater(probs, 0), tf.cumsum(probs, probs.rank - 1), 0);
  const threshold = tf.expandDims(tf.mul(u, tf.max(reachable, -1)), -1);
  const indices = tf.tensor1d(range(count));
  const first = tf.min(where(tf.greater(reachable, threshold), indices, count - 1), -1, true);
  return tf.cast(tf.equal(first, indices), "float32");
}

/** p·P for rows p [..., K] of probabilities. */
const advance = (p: Tensor, transition: Tensor): Tensor => tf.sum(tf.mul(tf.expandDims(p, -1), transition), -2);

/** The parameters of the emissions with an axis of time before that of the states. */
const withTime = ({ parameterEventRanks }: Family, parameters: readonly Tensor[]): Tensor[] =>
  parameters.map((parameter, i) => {
    const own = parameter.rank - parameterEventRanks[i]!;
    return own < 2 ? parameter : tf.expandDims(parameter, own - 1);
  });

/** x [..., ...event] with `rank` event axes, spread over the states: [..., K, ...event]. */
function forEachState(x: Tensor, states: number, rank: number): Tensor {
  const at = x.rank - rank;
  return tf.broadcastTo(tf.expandDims(x, at), [...x.shape.slice(0, at), states, ...x.shape.slice(at)]);
}

/** Σₖ wₖxₖ for weights [..., K] and values [..., K, ...event]; what has weight 0 does not count, though it be infinite. */
function mixed(weights: Tensor, values: Tensor, rank: number): Tensor {
  const spread = tf.reshape(weights, [...weights.shape, ...range(rank).map(() => 1)]);
  const isWeighed = tf.notEqual(spread, 0);
  return tf.sum(tf.mul(spread, where(isWeighed, values, 0)), values.rank - rank - 1);
}

/** The parameters: of the states, and those of the emissions. */
export interface MarkovParts {
  readonly initial: Tensor;
  readonly transition: Tensor;
  readonly emission: readonly Tensor[];
}
export const markovParts = ([initial, transition, ...emission]: readonly Tensor[]): MarkovParts => ({
  initial: initial!,
  transition: transition!,
  emission,
});

/** What is not a parameter. */
export interface MarkovStructure {
  readonly initial: Coding;
  readonly transition: Coding;
  readonly emission: Family;
  readonly steps: number;
}

/** Batch and event shape, and the batch shape of the emissions less that of the states. */
export function markovShapes(
  shapes: readonly Shape[],
  { emission, steps }: MarkovStructure,
): { batch: Shape; event: Shape } {
  const [initial, transition, ...rest] = shapes as [Shape, Shape, ...Shape[]];
  const own = emission.shapes(rest);
  const states = initial.at(-1);
  if (
    states === undefined ||
    transition.at(-1) !== states ||
    transition.at(-2) !== states ||
    own.batch.at(-1) !== states
  )
    throw new ElbowError("shape", {
      message:
        "hmm: the parts do not fit\n  expected: initial [..., K], transition [..., K, K], emission of batch shape [..., K]\n" +
        `  received: initial ${formatShape(initial)}, transition ${formatShape(transition)}, emission of batch shape ${formatShape(own.batch)}`,
    });
  const batches = [initial.slice(0, -1), transition.slice(0, -2), own.batch.slice(0, -1)];
  return { batch: batchOf("hmm", ["initial", "transition", "emission"], batches), event: [steps, ...own.event] };
}

/** log Σ over paths of states, by the forward algorithm: log αₜ(j) = log pⱼ(xₜ) + log Σᵢ αₜ₋₁(i)Pᵢⱼ. */
export function forwardLogDensity(
  { initial, transition, emission }: MarkovParts,
  structure: MarkovStructure,
  value: Tensor,
): Tensor {
  const states = initial.shape.at(-1)!;
  const rank = structure.emission.shapes(emission.map(({ shape }) => shape)).event.length;
  const own = structure.emission.logDensity(withTime(structure.emission, emission), forEachState(value, states, rank));
  const scores = timeFirst(own, 1);
  const lead = scores.shape.slice(1, -1);
  const logTransition = structure.transition.logarithms(transition);
  // a step from nowhere, whose place the first state takes
  const isFirst = tf.tensor1d(
    range(structure.steps).map((t) => t === 0),
    "bool",
  );
  const start = withBatch(structure.initial.logarithms(initial), lead, 1);
  const filtered = loop(
    ([before], [score, first]) => {
      const arrived = logSumExp(tf.add(tf.expandDims(before!, -1), logTransition), -2);
      return { carry: [tf.add(where(first!, start, arrived), score!)], outputs: [] };
    },
    [tf.zeros([...lead, states])],
    [scores, isFirst],
  );
  return logSumExp(filtered.carry[0]!, -1);
}

/** The states as unit vectors, [...batch, T, K]. */
function drawStates(
  { initial, transition }: MarkovParts,
  structure: MarkovStructure,
  key: Tensor,
  batch: Shape,
): Tensor {
  const uniforms = standardUniform(key, [structure.steps, ...batch]);
  const rows = structure.transition.probabilities(transition);
  const walk = loop(
    ([probs], [u]) => {
      const state = pickState(probs!, u!);
      return { carry: [advance(state, rows)], outputs: [state] };
    },
    [withBatch(structure.initial.probabilities(initial), batch, 1)],
    [uniforms],
  );
  return timeBack(walk.outputs[0]!, 1);
}

export function drawObservations(parts: MarkovParts, structure: MarkovStructure, key: Tensor, batch: Shape): Tensor {
  const { emission } = structure;
  const rank = emission.shapes(parts.emission.map(({ shape }) => shape)).event.length;
  const states = drawStates(parts, structure, namedKey(key, "states"), batch);
  // one draw per state, of which that of the state counts
  const all = emission.draw(withTime(emission, parts.emission), namedKey(key, "emissions"), states.shape);
  const chosen = mixed(states, all.dtype === "float32" ? all : tf.cast(all, "float32"), rank);
  return emission.dtype === "float32" ? chosen : tf.cast(chosen, emission.dtype);
}

/** The probabilities of the states at every time, [...batch, T, K]. */
function stateProbabilities({ initial, transition }: MarkovParts, structure: MarkovStructure, batch: Shape): Tensor {
  const rows = structure.transition.probabilities(transition);
  const walk = loop(
    ([probs]) => ({ carry: [advance(probs!, rows)], outputs: [probs!] }),
    [withBatch(structure.initial.probabilities(initial), batch, 1)],
    [],
    { length: structure.steps },
  );
  return timeBack(walk.outputs[0]!, 1);
}

/** E m(S) at every time for what a moment of the emissions is in each state. */
function expected(
  parameters: readonly Tensor[],
  structure: MarkovStructure,
  moment: (parameters: readonly Tensor[]) => Tensor,
) {
  const parts = markovParts(parameters);
  const { batch, event } = structure.emission.shapes(parts.emission.map(({ shape }) => shape));
  const ofStates = tf.broadcastTo(moment(parts.emission), [...batch, ...event]);
  const { batch: full } = markovShapes(
    parameters.map(({ shape }) => shape),
    structure,
  );
  const probabilities = stateProbabilities(parts, structure, full);
  return mixed(probabilities, tf.expandDims(ofStates, batch.length - 1), event.length);
}

/** Mean and variance of the observations, where the emissions have them. */
export function momentsOf(structure: MarkovStructure): Pick<Family, "mean" | "variance"> {
  const { mean, variance } = structure.emission;
  const meanOf = mean && ((parameters: readonly Tensor[]) => expected(parameters, structure, mean));
  // E Var + E m² − (E m)²
  const second = (parameters: readonly Tensor[]) => tf.add(variance!(parameters), tf.square(mean!(parameters)));
  return {
    ...(meanOf && { mean: meanOf }),
    ...(meanOf &&
      variance && {
        variance: (parameters) => tf.sub(expected(parameters, structure, second), tf.square(meanOf(parameters))),
      }),
  };
}
