import type { Tensor } from "@tensorflow/tfjs-core";
import * as tf from "@tensorflow/tfjs-core";
import { ElbowError } from "../errors.js";
import { inline } from "../ir/interpret.js";
import { applyEmitter } from "../ir/lifted.js";
import type { DType, Program, Variable } from "../ir/program.js";
import type { SiteContext } from "../ir/site.js";
import { trace } from "../ir/tracing.js";
import { formatShape, range, sameShape } from "../util/shapes.js";

/** A differentiable stand-in for the cost, as a function of a relaxed value and of parameters. */
export type Surrogate = (z: Tensor, ...parameters: Tensor[]) => Tensor;

const typeOfTensor = ({ shape, dtype }: Tensor) => ({ shape, dtype: dtype as DType });

/** Whether element n of the result depends on element n of the first input alone, along the leading axes of the result. */
function keepsElementsApart({ equations, inputs, outputs: [output] }: Program): boolean {
  const axes = range(output!.shape.length);
  const found = new Map<Variable, readonly (number | null)[]>([[inputs[0]!, axes]]);
  for (const { primitive, inputs: operands, attributes, outputs } of equations) {
    if (!operands.some((operand) => found.has(operand))) continue;
    const maps = primitive.axes(operands, attributes, outputs);
    outputs.forEach((result, o) => {
      const places = operands.flatMap((operand, i) => {
        const own = found.get(operand);
        const place = (axis: number): number | null => {
          const to = maps[o]![i]![axis];
          return typeof to === "number" ? to : null;
        };
        return own ? [own.map((axis) => (axis === null ? null : place(axis)))] : [];
      });
      found.set(
        result,
        axes.map((axis) => (places.every((each) => each[axis] === places[0]![axis]) ? places[0]![axis]! : null)),
      );
    });
  }
  return found.get(output!)?.every((axis, i) => axis === i || output!.shape[i] === 1) ?? true;
}

/** A user's surrogate as a program, after checking that it fits the site. */
export function traceSurrogate(
  surrogate: Surrogate,
  z: Tensor,
  parameters: readonly Tensor[],
  { address, batch }: SiteContext,
): (z: Tensor, parameters: readonly Tensor[]) => Tensor {
  const at = { address };
  const program = traceHere(() =>
    trace([z, ...parameters].map(typeOfTensor), (x, ...rest) => [surrogate(x!, ...rest)]),
  );
  const { shape } = program.outputs[0]!;
  const isJoint = shape.length === 0;
  if (!isJoint && !sameShape(shape, batch))
    throw new ElbowError("surrogate-shape", {
      message: `the surrogate of "${address}" has neither a number per element nor one for all\n  expected: ${formatShape(batch)} or []\n  received: ${formatShape(shape)}`,
      at,
    });
  if (!isJoint && !keepsElementsApart(program))
    throw new ElbowError("surrogate-mixes", {
      message: `the surrogate of "${address}" returns a number per element, but these depend on other elements too`,
      hint: "Return the scalar of all elements together, or compute each number from its own element.",
      at,
    });
  return (x, rest) => {
    const [result] = applyEmitter((...variables) => inline(program, variables), [x, ...rest]);
    return isJoint
      ? tf.reshape(
          result!,
          batch.map(() => 1),
        )
      : result!;
  };

  function traceHere(body: () => Program): Program {
    try {
      return body();
    } catch (error) {
      if (!(error instanceof ElbowError) || error.code !== "escaped-tensor") throw error;
      throw new ElbowError("surrogate-captures", {
        message: `the surrogate of "${address}" uses a tensor of the objective that was not given to it`,
        hint: "List it in parameters: relax(d, { surrogate: (z, w) => …, parameters: [w] }).",
        at,
      });
    }
  }
}
