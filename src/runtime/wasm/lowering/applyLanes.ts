import type { Equation } from "../../../ir/program.js";
import type { Local, V128 } from "../assembler/expression.js";
import type { FunctionBuilder } from "../assembler/functionBuilder.js";
import { laneRules } from "../elementwise.js";
import type { Guard } from "../math/guarded.js";

/** An elementwise equation on four elements. */
export function applyLanes(
  fn: FunctionBuilder<readonly [], undefined>,
  { primitive, inputs, outputs, attributes }: Equation,
  x: readonly V128[],
  guard?: Guard,
): Local<"v128"> {
  const from = inputs.map(({ dtype }) => dtype);
  return fn.let(laneRules[primitive.name]!({ fn, x, from, to: outputs[0]!.dtype, attributes, guard }));
}
