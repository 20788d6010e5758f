import type { Tensor } from "@tensorflow/tfjs-core";
import { ElbowError } from "../../errors.js";
import type { NDArray } from "../../ir/primitive.js";
import type { Program } from "../../ir/program.js";
import { ndarrayFromTensorAsync } from "../../runtime/arrays.js";
import { findNonFinite, type NonFinite } from "../../runtime/nonFinite.js";
import type { SiteReport } from "../../transforms/estimate/estimate.js";
import { formatIndex, formatShape, sizeOf } from "../../util/shapes.js";

/** What a failed step can be asked about. */
export interface FailedStep {
  readonly step: number;
  /** Outputs: [objective, gradients…, parameters…]. */
  readonly diagnosis: Program;
  readonly inputs: readonly Tensor[];
  readonly parameterNames: readonly string[];
  readonly sites: readonly SiteReport[];
}

const remedy =
  "Lower the learning rate, clip the gradient (clip: clipByNorm(10)), or check that values stay inside the supports of their distributions.";

/** The error for a step that left the finite numbers: which equation did, on which of the user's lines. */
export async function explainNonFinite({
  step,
  diagnosis,
  inputs,
  parameterNames,
  sites,
}: FailedStep): Promise<ElbowError> {
  const arrays = await Promise.all(inputs.map(ndarrayFromTensorAsync));
  const subjects = [
    "the objective",
    ...parameterNames.map((name) => `the gradient of "${name}"`),
    ...parameterNames.map((name) => `the parameter "${name}"`),
  ];
  for (const [i, output] of diagnosis.outputs.entries()) {
    const found = findNonFinite({ ...diagnosis, outputs: [output] }, arrays);
    if (!found) continue;
    const source = found.kind === "equation" ? found.source : undefined;
    const address = source === undefined ? undefined : sites.find((site) => site.source === source)?.address;
    return new ElbowError("non-finite", {
      message: `${subjects[i]} became ${found.value} at step ${step}\n${describe(found)}`,
      hint: remedy,
      at: { address, source },
    });
  }
  return new ElbowError("non-finite", {
    message: `the objective, its gradient or a parameter became non-finite at step ${step}\n  the double-precision reference stays finite there, so the engine's single precision overflowed`,
    hint: remedy,
  });
}

/** The equation with its operands, or the input, that holds the first such number. */
function describe(found: NonFinite): string {
  if (found.kind === "input") return `  input ${found.input} of the step already holds ${found.value}`;
  const { primitive, operands, equation, output, element } = found;
  const { shape } = equation.outputs[output]!;
  const at = formatIndex(element, shape);
  const values = operands.map((operand) => describeOperand(operand, element, sizeOf(shape))).join(", ");
  return `  equation: ${primitive}(${values}) = ${found.value}${at && ` at element ${at} of ${formatShape(shape)}`}`;
}

/** The element that a result was computed from where that can be told, else the shape. */
function describeOperand({ elements, shape, dtype }: NDArray, element: number, size: number): string {
  if (elements.length === 1) return format(elements[0]!);
  return elements.length === size ? format(elements[element]!) : `${dtype} ${formatShape(shape)}`;
}

const format = (x: number): string => String(Number.parseFloat(x.toPrecision(6)));
