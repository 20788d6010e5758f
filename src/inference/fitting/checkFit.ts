// What can be seen before the first step: data that cannot be, parameters that nothing depends on, rows that count too little.
import { ElbowError } from "../../errors.js";
import type { CondAttributes, ScanAttributes } from "../../ir/control.js";
import type { Program } from "../../ir/program.js";
import { usedEquations } from "../../ir/usedEquations.js";
import { formatShape } from "../../util/shapes.js";
import type { Prepared } from "../prepare.js";
import type { Minibatches } from "./minibatches.js";
import type { FitData, Segment } from "./sources.js";

interface FitInputs {
  /** Of the parameters. */
  readonly names: readonly string[];
  readonly data: FitData<readonly unknown[]> | undefined;
  readonly unused: "refuse" | "keep" | undefined;
}

/** @throws ElbowError "observed-value", "unused", "minibatch-scale" */
export async function checkFit(prepared: Prepared, segment: Segment, inputs: FitInputs): Promise<void> {
  if (inputs.unused !== "keep") checkUnused(prepared, inputs.names);
  if (isMinibatches(inputs.data)) checkScale(prepared, inputs.data, segment);
  // rows are picked from whole tensors, which stand last
  const tensors = prepared.dataCount === 0 ? [] : segment.inputs.slice(-prepared.dataCount);
  // what is not finite has been refused before
  const narrow = prepared.observed.filter(({ isReal }) => !isReal);
  for (const { position, check } of narrow) check(await tensors[position]!.data());
}

function checkUnused({ traced, parameterCount }: Prepared, names: readonly string[]): void {
  const { needed } = usedEquations(traced);
  const isUsed = (i: number) => needed.has(traced.inputs[i + 1]!);
  const unused = names.filter((_, i) => !isUsed(i));
  if (unused.length > 0)
    throw new ElbowError("unused", {
      message: `the objective does not depend on ${unused.length === 1 ? "the parameter" : "the parameters"} ${unused.join(", ")}\n  depends on: ${names.filter((_, i) => isUsed(i)).join(", ") || "no parameter"}`,
      hint: 'Leave it out, or look for a name that is misspelt; with unused: "keep" it stays as it is.',
    });
  const others = traced.inputs.slice(parameterCount + 1);
  const at = others.findIndex((input) => !needed.has(input));
  if (at >= 0)
    throw new ElbowError("unused", {
      message: `the objective does not depend on the data tensor ${at}, ${formatShape(others[at]!.shape)}`,
      hint: 'Leave it out, or use it: programs take the data in this order; with unused: "keep" it is passed over.',
    });
}

const isMinibatches = (data: FitInputs["data"]): data is Minibatches<readonly unknown[]> =>
  data !== undefined && "kind" in data && data.kind === "minibatches";

/** A choice that all rows share is weighed against some of the data only, unless these count N/m times. */
function checkScale(
  { traced }: Prepared,
  { rows, options: { size, isScaled } }: Minibatches<readonly unknown[]>,
  { data }: Segment,
): void {
  const [picked] = (data[0] as { shape: readonly number[] }).shape;
  if (isScaled || rows === size) return;
  const shared = traced.equations.find(({ primitive, attributes }) => {
    const { batch = [], event = [] } = attributes as { batch?: readonly number[]; event?: readonly number[] };
    return primitive.name === "sample" && ![...batch, ...event].includes(picked!);
  });
  if (!shared) return;
  const factors = [rows / picked!, picked! / rows, rows, 1 / rows];
  const isFactor = (x: number) => factors.some((factor) => Math.abs(x - factor) <= 1e-6 * factor);
  if (hasScalar(traced, isFactor)) return;
  const { address } = shared.attributes as { address?: string };
  throw new ElbowError("minibatch-scale", {
    message: `batches of ${picked} of ${rows} rows count as if they were all data: nothing in the objective is multiplied by ${rows}/${picked}\n  shared by all rows: ${address}`,
    hint: "Scale the rows: plate(…, { scale: N / m }), scaled(distribution, N / m) or minibatchObjective; minibatches(…, { isScaled: true }) if the program does it in another way.",
    at: { address, source: shared.source?.line },
  });
}

/** Whether a program, or a loop or branch in it, has a scalar constant like this. */
function hasScalar({ constants, equations }: Program, test: (x: number) => boolean): boolean {
  if (constants.some(({ elements }) => elements.length === 1 && test(elements[0]!))) return true;
  return equations.some(({ primitive, attributes }) => {
    if (primitive.name === "scan") return hasScalar((attributes as ScanAttributes).body, test);
    if (primitive.name !== "cond") return false;
    const { whenTrue, whenFalse } = attributes as CondAttributes;
    return hasScalar(whenTrue, test) || hasScalar(whenFalse, test);
  });
}
