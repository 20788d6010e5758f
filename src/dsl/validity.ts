// Checked mode: what must hold of the parameters of a traced program becomes a number that is 0, or NaN where it does not, and is
// added to what the program computes. Nothing of it exists unless it is asked for.
import type { Tensor } from "@tensorflow/tfjs-core";
import * as tf from "@tensorflow/tfjs-core";
import type { Distribution } from "../distributions/distribution.js";
import { withSource } from "../ir/builder.js";
import { applyEmitter } from "../ir/lifted.js";
import { checked } from "../ir/primitives/checked.js";
import type { Constraint } from "../ir/site.js";
import { isTracing, knownElements } from "../ir/tracing.js";
import { stopGradient } from "../ops/marks.js";
import type { Source } from "../util/location.js";

/** Scalars of the innermost recording that is checked; undefined where nothing is. */
let collected: Tensor[] | undefined;

/** What was computed, and the sum of its checks: a scalar, absent where nothing is checked. */
export interface Checked<R> {
  readonly result: R;
  readonly validity: Tensor | undefined;
}

/** Runs a body whose checks are collected. */
export function checking<R>(body: () => R): Checked<R> {
  const outer = collected;
  const own: Tensor[] = [];
  collected = own;
  try {
    const result = body();
    return { result, validity: own.reduce((sum, each) => tf.add(sum, each), tf.scalar(0)) };
  } finally {
    collected = outer;
  }
}

/** Runs the body of a loop, a branch or another inner recording: its checks are to leave it as a result of it. */
export const checkingInner = <R>(body: () => R): Checked<R> =>
  collected ? checking(body) : { result: body(), validity: undefined };

/** Takes over checks that an inner recording has made. */
export const noteValidity = (validity: Tensor | undefined): void => {
  if (validity) collected?.push(tf.sum(validity));
};

/** Collects what must hold of the parameters of a choice or an observation, as far as they are not known yet. */
export function noteParameters(
  address: string,
  { family, parameters }: Distribution<Tensor, never>,
  source: Source,
): void {
  if (!collected || !isTracing()) return;
  const { name, parameterNames, constraints = [], relations = [] } = family;
  const note = (
    requirement: string,
    of: readonly number[],
    eventRank: number,
    isMet: (...values: Tensor[]) => Tensor,
  ) => {
    const own = of.map((i) => parameters[i]!);
    if (own.every((each) => knownElements(each) !== undefined)) return;
    const values = own.map((each) => stopGradient(each));
    const attributes = { address, family: name, parameters: of.map((i) => parameterNames[i]!), requirement, eventRank };
    const [check] = applyEmitter(
      (condition, ...rest) => [checked(condition!, rest, attributes)],
      [isMet(...values), ...values],
    );
    collected!.push(tf.sum(check!));
  };
  withSource(source, () => {
    for (const [i, constraint] of constraints.entries())
      if (constraint)
        note(`be ${constraint.name}`, [i], constraint.eventRank, (value) => perElement(constraint, value));
    for (const relation of relations) note(`satisfy ${relation.name}`, relation.parameters, 0, relation.isMet);
  });
}

/** Whether each event holds a constraint, with axes of size 1 in place of those of the event. */
function perElement({ eventRank, isMet }: Constraint, value: Tensor): Tensor {
  const batch = value.shape.slice(0, value.rank - eventRank);
  return tf.reshape(isMet(value), [...batch, ...new Array<number>(eventRank).fill(1)]);
}
