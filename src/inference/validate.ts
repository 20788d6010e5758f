import type { Tensor } from "@tensorflow/tfjs-core";
import { formatEvent, parameterError, shownOffences } from "../distributions/parameters.js";
import type { ElbowError } from "../errors.js";
import type { Program } from "../ir/program.js";
import { ndarrayFromTensorAsync } from "../runtime/arrays.js";
import { compile } from "../runtime/compile.js";
import type { Engine } from "../runtime/engine.js";
import { findViolation } from "../runtime/violation.js";
import { formatIndex, sizeOf } from "../util/shapes.js";

/** The error for the first check of a program that fails on these inputs, or undefined. */
export async function violationError(
  program: Program,
  inputs: readonly Tensor[],
  when = "",
): Promise<ElbowError | undefined> {
  const found = findViolation(program, await Promise.all(inputs.map(ndarrayFromTensorAsync)), shownOffences);
  if (!found) return undefined;
  const { address, source, shape, places } = found;
  const offences = places.map(({ position, values }) => ({
    index: formatIndex(position, shape),
    values: values.map(formatEvent),
  }));
  return parameterError({ ...found, offences, total: sizeOf(shape) }, { address, source }, when);
}

/**
 * Looks for NaN in the first output of a program, which is NaN where a check fails, and disposes of it.
 *
 * @throws ElbowError "parameter" for the first check that fails
 */
export async function checkValidity(program: Program, inputs: readonly Tensor[], validity: Tensor): Promise<void> {
  const values = await validity.data();
  validity.dispose();
  const error = values.some(Number.isNaN) ? await violationError(program, inputs) : undefined;
  if (error) throw error;
}

/** Runs a program for the sake of its checks. @throws ElbowError "parameter" for the first check that fails */
export async function checkRun(program: Program, inputs: readonly Tensor[], engine: Engine): Promise<void> {
  const executable = compile(program, { engine });
  const [validity, ...rest] = await executable.runAsync(inputs);
  executable.dispose();
  for (const each of rest) each.dispose();
  await checkValidity(program, inputs, validity!);
}
