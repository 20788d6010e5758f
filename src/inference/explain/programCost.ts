import { innerPrograms, type ScanAttributes } from "../../ir/control.js";
import type { Equation, Program, Variable } from "../../ir/program.js";
import { addFlops, type Flops, flopsOf, noFlops, scaleFlops, totalFlops } from "../../runtime/wasm/cost.js";
import { sizeOf } from "../../util/shapes.js";

/** What a program takes, as far as its equations and shapes tell. */
export interface ProgramCost {
  /** Those inside loops and branches are counted once. */
  readonly equations: number;
  /** Arithmetic operations; a multiply-add counts as two. */
  readonly flops: number;
  /** Multiply-adds of products and convolutions. */
  readonly multiplyAdds: number;
  /** Read and written if every equation were executed on its own; engines that fuse equations touch less. */
  readonly bytes: number;
}

/** Counts a program. Loops count as often as they run, and of branches the larger one. */
export function programCost(program: Program): ProgramCost {
  const { equations, flops, bytes } = count(program);
  return { equations, flops: totalFlops(flops), multiplyAdds: flops.product / 2, bytes };
}

interface Count {
  readonly equations: number;
  readonly flops: Flops;
  readonly bytes: number;
}

const nothing: Count = { equations: 0, flops: noFlops, bytes: 0 };

const count = ({ equations }: Program): Count =>
  equations.map(countEquation).reduce(
    (sum, each) => ({
      equations: sum.equations + each.equations,
      flops: addFlops(sum.flops, each.flops),
      bytes: sum.bytes + each.bytes,
    }),
    nothing,
  );

function countEquation(equation: Equation): Count {
  const inner = innerPrograms(equation).map(count);
  const equations = 1 + inner.reduce((sum, each) => sum + each.equations, 0);
  if (equation.primitive.name === "scan") {
    const { length } = equation.attributes as ScanAttributes;
    return { equations, flops: scaleFlops(length, inner[0]!.flops), bytes: length * inner[0]!.bytes };
  }
  if (inner.length > 0) {
    const larger = inner.reduce((a, b) => (totalFlops(b.flops) > totalFlops(a.flops) ? b : a));
    return { equations, flops: larger.flops, bytes: Math.max(...inner.map(({ bytes }) => bytes)) };
  }
  return { equations, flops: flopsOf(equation), bytes: 4 * (sizes(equation.inputs) + sizes(equation.outputs)) };
}

const sizes = (variables: readonly Variable[]): number => variables.reduce((sum, { shape }) => sum + sizeOf(shape), 0);
