import { builder } from "../ir/builder.js";
import { inline } from "../ir/interpret.js";
import { div } from "../ir/primitives/arithmetic.js";
import { reduceSum } from "../ir/primitives/axes.js";
import { foldIn } from "../ir/primitives/random.js";
import type { Program } from "../ir/program.js";
import { buildSimple } from "../transforms/simplify.js";
import { vmap } from "../transforms/vmap.js";
import { range } from "../util/shapes.js";

/**
 * The mean of independent runs of an estimator, as one program of the same inputs and outputs. The first input is the
 * random key, which is split; all else, states of moving baselines too, is shared by the runs.
 */
export function average(program: Program, runs: number): Program {
  if (runs === 1) return program;
  const batched = vmap(
    program,
    runs,
    program.inputs.map((_, i) => (i === 0 ? 0 : null)),
  );
  return buildSimple(program.inputs, (key, ...rest) => {
    const each = builder().constant(Float64Array.from(range(runs)), [runs], "int32");
    return inline(batched, [foldIn(key!, each), ...rest]).map((output) => div(reduceSum(output, [0]), runs));
  });
}
