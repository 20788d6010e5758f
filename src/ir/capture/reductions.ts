// Kernels that reduce or run along axes.
import { expandAxes, reduceSum } from "../primitives/axes.js";
import { cast } from "../primitives/comparison.js";
import { type CumulativeOptions, cumprod, cumsum } from "../primitives/cumulative.js";
import {
  argMax,
  argMin,
  mean,
  reduceAll,
  reduceAny,
  reduceMax,
  reduceMin,
  reduceProd,
} from "../primitives/reductions.js";
import { topK } from "../primitives/sorting.js";
import type { Attributes, Variable } from "../program.js";
import { axesOf, type Capture, type Captures, operand } from "./capture.js";

/** Reduces the axes that an attribute names, and puts them back with size 1 if they are to be kept. */
const reduced =
  (reduce: (x: Variable, axes: readonly number[]) => Variable, attribute = "axis"): Capture =>
  (inputs, attributes) => {
    const x = operand(inputs, "x");
    const axes = axesOf(attributes[attribute], x);
    const result = reduce(x, axes);
    return attributes.keepDims ? expandAxes(result, x.shape, axes) : result;
  };

const counted = (x: Variable): Variable => (x.dtype === "bool" ? cast(x, "int32") : x);

const extremum =
  (find: (x: Variable, axis: number) => Variable): Capture =>
  (inputs, { axis }) => {
    const x = operand(inputs, "x");
    return find(x, axesOf(axis, x)[0]!);
  };

const running =
  (run: (x: Variable, options: CumulativeOptions) => Variable): Capture =>
  (inputs, { axis, exclusive = false, reverse = false }: Attributes) =>
    run(operand(inputs, "x"), { axis, exclusive, reverse });

export const reductionCaptures: Captures = {
  All: reduced(reduceAll),
  Any: reduced(reduceAny),
  ArgMax: extremum(argMax),
  ArgMin: extremum(argMin),
  Cumprod: running(cumprod),
  Cumsum: running(cumsum),
  Max: reduced(reduceMax, "reductionIndices"),
  Mean: reduced(mean),
  Min: reduced(reduceMin),
  Prod: reduced((x, axes) => reduceProd(counted(x), axes)),
  Sum: reduced((x, axes) => reduceSum(counted(x), axes)),
  TopK: (inputs, { k }) => {
    const { values, indices } = topK(operand(inputs, "x"), k);
    return [values, indices];
  },
};
