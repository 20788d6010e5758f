// What a program asks of any engine that fuses, as far as its equations and shapes tell.
import { innerPrograms, type ScanAttributes } from "../../ir/control.js";
import type { Equation, Program, Variable } from "../../ir/program.js";
import { sizeOf } from "../../util/shapes.js";
import { addFlops, type Flops, flopsOf, noFlops, scaleFlops, totalFlops } from "../wasm/cost.js";

export interface StepCost {
  readonly flops: Flops;
  /** Read and written by what is not elementwise; the rest is fused into it. */
  readonly bytes: number;
  /** What loops do one after the other: their steps, and in each of them what is not elementwise. */
  readonly rounds: number;
}

const nothing: StepCost = { flops: noFlops, bytes: 0, rounds: 0 };

/** Names of what only moves or names values, besides what is elementwise. */
const isFree = ({ primitive: { name, isElementwise } }: Equation): boolean =>
  isElementwise || name === "reshape" || name === "broadcastTo" || name.startsWith("random");

const bytesOf = (variables: readonly Variable[]): number =>
  variables.reduce((sum, { shape }) => sum + 4 * sizeOf(shape), 0);

/** Loops count as often as they run, and of branches the larger one. */
export function stepCost(program: Program): StepCost {
  const { flops, bytes, rounds } = body(program);
  return { flops, bytes: bytes + bytesOf(program.inputs) + bytesOf(program.outputs), rounds };
}

const body = ({ equations }: Program): StepCost =>
  equations.map(costOf).reduce(
    (sum, each) => ({
      flops: addFlops(sum.flops, each.flops),
      bytes: sum.bytes + each.bytes,
      rounds: sum.rounds + each.rounds,
    }),
    nothing,
  );

function costOf(equation: Equation): StepCost {
  const inner = innerPrograms(equation);
  if (equation.primitive.name === "scan") {
    const { length } = equation.attributes as ScanAttributes;
    const { flops, bytes, rounds } = body(inner[0]!);
    const own = inner[0]!.equations.filter((each) => !isFree(each)).length;
    return { flops: scaleFlops(length, flops), bytes: length * bytes, rounds: length * (1 + own + rounds) };
  }
  if (inner.length > 0) return inner.map(body).reduce((a, b) => (totalFlops(b.flops) > totalFlops(a.flops) ? b : a));
  const touched = isFree(equation) ? 0 : bytesOf(equation.inputs) + bytesOf(equation.outputs);
  return { flops: flopsOf(equation), bytes: touched, rounds: 0 };
}
