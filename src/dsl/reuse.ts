// When a nested program need not run again.
import type { Tensor } from "@tensorflow/tfjs-core";
import * as tf from "@tensorflow/tfjs-core";
import { isTracing } from "../ir/tracing.js";
import { sameShape } from "../util/shapes.js";
import type { Call } from "./call.js";
import { addressesOf, isTensor } from "./choices.js";
import type { CallRecord, Meaning, Outcome } from "./meaning.js";
import { totalOf } from "./trace.js";

/** Arguments of more elements than this are compared by identity alone. */
const mostCompared = 4096;

/**
 * What a program did, if it does the same again: it is the same program, its arguments have not changed, nothing is given
 * for it, and all of its choices are kept.
 */
export function reusable({ call: before, outcome }: CallRecord, call: Call, meaning: Meaning): Outcome | undefined {
  const { given, earlier, score } = meaning;
  const isUntouched = earlier?.choices === outcome.choices && addressesOf(given).length === 0 && !score;
  if (!isUntouched || !call.program || before.program !== call.program || !isSame(before.args, call.args))
    return undefined;
  const { logDrawn, logGiven, logDensities } = outcome;
  return {
    ...outcome,
    logDrawn: tf.scalar(0),
    logGiven: tf.add(logDrawn, logGiven),
    logKept: totalOf(logDensities),
  };
}

/** Whether arguments are the same: objects of other kinds than plain ones, arrays and tensors are compared by identity. */
function isSame(a: unknown, b: unknown): boolean {
  if (Object.is(a, b)) return true;
  if (typeof a !== "object" || typeof b !== "object" || a === null || b === null) return false;
  if (isTensor(a) || isTensor(b)) return isTensor(a) && isTensor(b) && isSameTensor(a, b);
  const kind = Object.getPrototypeOf(a);
  if (kind !== Object.getPrototypeOf(b) || ![Object.prototype, Array.prototype, null].includes(kind)) return false;
  const [first, second] = [Object.entries(a), Object.entries(b)];
  return (
    first.length === second.length && first.every(([name, value]) => name in b && isSame(value, Reflect.get(b, name)))
  );
}

/** While tracing, equal computations are found by simplification later. */
function isSameTensor(a: Tensor, b: Tensor): boolean {
  if (isTracing() || a.isDisposed || b.isDisposed) return false;
  if (a.dtype !== b.dtype || !sameShape(a.shape, b.shape) || a.size > mostCompared) return false;
  const [first, second] = [a.dataSync(), b.dataSync()];
  return first.every((value, i) => Object.is(value, second[i]));
}
