import * as tf from "@tensorflow/tfjs-core";
import { ElbowError, invariant } from "../../errors.js";
import type { Attributes, Equation } from "../../ir/program.js";
import { sameShape } from "../../util/shapes.js";

/** Computes a primitive's results on the active backend. */
export type Rule = (operands: readonly tf.Tensor[], attributes: Attributes) => tf.Tensor[];

/**
 * How an equation's rule is run, found out the first time: rules that leave no inner tensors behind need no scope
 * around them, and those that the backend has no kernel for are evaluated on the host from then on.
 */
export type Lowering = "unknown" | "scoped" | "bare" | "host";

/** Runs the rule of an equation's primitive; the results are new tensors. */
export function lower(
  rule: Rule,
  { primitive, attributes }: Equation,
  operands: readonly tf.Tensor[],
  isScoped: boolean,
) {
  if (!isScoped) return ownResults(rule(operands, attributes), operands);
  const engine = tf.engine();
  let results: tf.Tensor[] = [];
  engine.startScope(primitive.name);
  try {
    results = ownResults(rule(operands, attributes), operands);
  } finally {
    engine.endScope(results);
  }
  return results;
}

/** A rule may return an operand as it is; a result must not be disposed together with it. */
const ownResults = (results: tf.Tensor[], operands: readonly tf.Tensor[]): tf.Tensor[] =>
  results.some((result) => operands.includes(result))
    ? results.map((result) => (operands.includes(result) ? tf.clone(result) : result))
    : results;

/** The first run of a rule: finds out how it is to be run; no results if the host has to do it. */
export function lowerFirst(
  rule: Rule,
  equation: Equation,
  operands: readonly tf.Tensor[],
): { lowering: Lowering; results: tf.Tensor[] } {
  const { state } = tf.engine();
  const before = state.numTensors;
  let results: tf.Tensor[] = [];
  let created = 0;
  tf.engine().startScope(equation.primitive.name);
  try {
    results = ownResults(rule(operands, equation.attributes), operands);
    created = state.numTensors - before;
  } catch (error) {
    if (lacksKernel(error)) return { lowering: "host", results: [] };
    throw failed(equation, error);
  } finally {
    tf.engine().endScope(results);
  }
  equation.outputs.forEach(({ shape, dtype }, i) => {
    const result = results[i]!;
    invariant(
      result.dtype === dtype && sameShape(result.shape, shape),
      `the tfjs rule of ${equation.primitive.name} gave ${result.dtype} [${result.shape}], not ${dtype} [${shape}]`,
    );
  });
  return { lowering: created > results.length ? "scoped" : "bare", results };
}

const lacksKernel = (error: unknown): boolean =>
  error instanceof Error &&
  /not registered for (the )?backend|not (yet )?(supported|implemented)|unhandled (input )?dimensions|only support up to/i.test(
    error.message,
  );

/** An error of tfjs in an equation, with the user's line. */
export function failed({ primitive, source }: Equation, error: unknown): unknown {
  if (error instanceof ElbowError) return error;
  return new ElbowError("engine-failed", {
    message: `tfjs failed in ${primitive.name} on backend "${tf.getBackend()}": ${error instanceof Error ? error.message : error}`,
    at: { source: source?.line },
  });
}
