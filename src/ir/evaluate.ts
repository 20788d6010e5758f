import { interpret } from "./interpret.js";
import type { NDArray } from "./primitive.js";
import type { Program } from "./program.js";

/** Evaluates a program in double precision by each primitive's reference rule: the meaning that all engines must meet. */
export const evaluate = (program: Program, inputs: readonly NDArray[]): NDArray[] =>
  interpret<NDArray>(
    program,
    inputs,
    ({ variable: { shape, dtype }, elements }) => ({ shape, dtype, elements }),
    ({ primitive, attributes, outputs }, operands) => {
      const results = primitive.evaluate(operands, attributes);
      return outputs.map(({ shape, dtype }, i) => ({ shape, dtype, elements: results[i]! }));
    },
  ).outputs;
