// A number that is none where a condition fails, with words for what has failed: a step that is checked adds it to what it computes.
import * as tf from "@tensorflow/tfjs-core";
import { broadcastShapes } from "../../util/shapes.js";
import { emitOne } from "../builder.js";
import { operation, type Primitive, primitive } from "../primitive.js";
import type { Variable } from "../program.js";
import { alignOwnRanks, elementwise } from "./elementwise.js";

/** What a failed check says: the requirement on some parameters of a distribution. */
export interface CheckAttributes {
  /** Address of the random choice or the observation. */
  readonly address: string;
  /** Name of the family. */
  readonly family: string;
  /** Names of the parameters, in the order of the operands. */
  readonly parameters: readonly string[];
  /** As it completes "must …". */
  readonly requirement: string;
  /** How many trailing axes of the condition stand for one event, and have size 1. */
  readonly eventRank: number;
}

/** 0 where the condition holds, NaN elsewhere. The further operands, which broadcast with it, are for the report alone. */
const frame = elementwise({
  name: "checked",
  evaluate: (condition) => (condition !== 0 ? 0 : Number.NaN),
  dtype: () => "float32",
  tfjs: (condition, ...values) => {
    const shape = broadcastShapes(...[condition, ...values].map((each) => each.shape))!;
    return tf.broadcastTo(tf.where(condition, tf.zeros(condition.shape), tf.fill(condition.shape, Number.NaN)), [
      ...shape,
    ]);
  },
});

/** Not pure, for who reads a report wants to see every check where it stands: none is computed beforehand or shared. */
const checkedPrimitive: Primitive = primitive({
  ...frame,
  isPure: false,
  batch: (inputs, attributes, rank) => [emitOne(checkedPrimitive, alignOwnRanks(inputs, rank), attributes)],
});

export const checked = operation(
  (condition: Variable, values: readonly Variable[], attributes: CheckAttributes): Variable =>
    emitOne(checkedPrimitive, [condition, ...values], { ...attributes }),
  checkedPrimitive,
);
