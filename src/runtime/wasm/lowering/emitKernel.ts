import { ElbowError } from "../../../errors.js";
import type { Equation } from "../../../ir/program.js";
import type { FunctionBuilder } from "../assembler/functionBuilder.js";
import type { Kernel, Operand } from "../kernels/kernel.js";
import { kernels } from "../kernels/table.js";
import type { Frame } from "./unit.js";

/** An equation on operands in memory, by the kernel of its primitive. */
export function emitKernel({ fn, unit, values }: Frame, equation: Equation): void {
  const { primitive, inputs, outputs, attributes, source } = equation;
  const kernel: Kernel | undefined = kernels[primitive.name];
  if (!kernel)
    throw new ElbowError("unsupported-primitive", {
      message: `the wasm engine has no kernel for ${primitive.name}`,
      hint: "Choose another engine: tfjs:wasm, tfjs:cpu or reference.",
      at: { source: source?.line },
    });
  const scratch: Operand[] = [];
  const context = {
    fn: fn as unknown as FunctionBuilder,
    regions: unit.regions,
    scratch: (bytes: number) => {
      const operand = unit.layout.allocate({ shape: [Math.ceil(bytes / 4)], dtype: "float32" });
      scratch.push(operand);
      return operand.address;
    },
  };
  const sources = inputs.map((input) => values.operand(input));
  fn.scope(() => {
    const targets = outputs.map((output) => values.target(output));
    kernel(context, sources, targets, attributes);
  });
  for (const operand of scratch) unit.layout.release(operand);
}
