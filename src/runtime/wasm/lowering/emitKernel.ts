import { invariant } from "../../../errors.js";
import type { Equation } from "../../../ir/program.js";
import type { FunctionBuilder } from "../assembler/functionBuilder.js";
import type { Kernel, Operand } from "../kernels/kernel.js";
import { kernels } from "../kernels/table.js";
import type { Frame } from "./unit.js";

/** An equation on operands in memory, by the kernel of its primitive. */
export function emitKernel({ fn, unit, values }: Frame, equation: Equation): void {
  const { primitive, inputs, outputs, attributes } = equation;
  const kernel: Kernel | undefined = kernels[primitive.name];
  if (!kernel) {
    invariant(unit.host, `${primitive.name} has no kernel, and the host is not called`);
    const operands = inputs.map((input) => values.operand(input));
    const results = outputs.map((output) => values.target(output));
    unit.host.emit(fn, { primitive, attributes, sources: operands, targets: results });
    return;
  }
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
