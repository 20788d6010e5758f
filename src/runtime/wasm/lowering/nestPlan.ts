// Where everything is that a nest touches: in locals or in memory, and how its loops run through it.
import type { Variable } from "../../../ir/program.js";
import { range, sizeOf } from "../../../util/shapes.js";
import { joinLoops } from "./joinLoops.js";
import type { Axes, Nest, Step } from "./nest.js";
import { type Access, type At, accessTo, positionsAlong } from "./nestAccess.js";
import { type Exit, exitOf } from "./nestExits.js";
import { smallLimit } from "./schedule.js";
import type { Frame } from "./unit.js";

/** A nest with addresses. */
export interface NestPlan {
  readonly nest: Nest;
  /** Of the loops that are left when those that run on through each other are joined. The last one is in lanes. */
  readonly sizes: readonly number[];
  readonly made: ReadonlySet<Variable>;
  /** Operands from outside: those of a single element, and the others, which are in memory. */
  readonly singles: ReadonlySet<Variable>;
  readonly read: (variable: Variable, axes: Axes) => Access;
  readonly reads: readonly Access[];
  /** Operands that results of the nest are written over, element by element. */
  readonly overwritten: readonly Access[];
  readonly writes: readonly { readonly variable: Variable; readonly to: Access }[];
  readonly exits: readonly PlannedExit[];
}

/** A fold over loops, and where its results go: to locals if nowhere else. */
export interface PlannedExit extends Exit {
  readonly to: Access | undefined;
}

export function planNest({ values }: Pick<Frame, "values">, nest: Nest, at: number): NestPlan {
  const exits = nest.steps.filter(({ isExit }) => isExit).map((step) => exitOf(step, nest));
  const inner = nest.steps.filter(({ isExit }) => !isExit);
  const made = new Set(inner.flatMap(({ equation }) => equation.outputs));
  const singles = new Set<Variable>();
  const reads = new Map<string, Access>();
  for (const { equation, operands } of nest.steps)
    for (const [i, input] of equation.inputs.entries()) {
      if (made.has(input)) continue;
      const name = nameOf(input, operands[i]!);
      if (sizeOf(input.shape) === 1) singles.add(input);
      else if (!reads.has(name)) reads.set(name, accessTo(input, operands[i]!, values.operand(input).address, nest));
    }
  const target = (variable: Variable, axes: Axes): Access =>
    accessTo(variable, axes, values.target(variable).address, nest);
  // a value under another shape is stored by the equation that made it
  const isKept = ({ equation: { primitive, outputs } }: Step): boolean =>
    primitive.name !== "reshape" && values.isUsedAfter(outputs[0]!, at);
  const kept = inner.filter(isKept).map(({ equation: { outputs }, output }) => ({ variable: outputs[0]!, output }));
  const writes = kept.map(({ variable, output }) => target(variable, output));
  const results = exits.map(({ depth, step: { equation, output } }) => {
    const [variable] = equation.outputs;
    return depth === 0 && sizeOf(variable!.shape) <= smallLimit ? undefined : target(variable!, output);
  });

  const accesses = [...reads.values(), ...writes, ...results.flatMap((each) => each ?? [])];
  const joined = joinLoops({
    sizes: nest.loops.map((loop) => nest.sizes[loop]!),
    strides: accesses.map(({ loops }) => loops),
    depths: exits.map(({ depth }) => depth),
  });
  const placed = new Map(accesses.map((each, i) => [each, { ...each, loops: joined.strides[i]! }]));
  const placedReads = [...reads.values()].map((each) => placed.get(each)!);
  const written = new Set(writes.map(({ address }) => address));
  return {
    nest,
    sizes: joined.sizes,
    made,
    singles,
    read: (variable, axes) => placed.get(reads.get(nameOf(variable, axes))!)!,
    reads: placedReads,
    overwritten: placedReads.filter(({ address }) => written.has(address)),
    writes: kept.map(({ variable }, i) => ({ variable, to: placed.get(writes[i]!)! })),
    exits: exits.map((exit, i) => ({
      ...exit,
      depth: joined.depths[i]!,
      to: results[i] && placed.get(results[i]!)!,
    })),
  };
}

const nameOf = (variable: Variable, axes: Axes): string => `${variable.id}:${axes}`;

/** All positions of a value along its unrolled axes. */
export const positionsOf = ({ unrolled }: Access, { sizes }: Nest): At[] =>
  positionsAlong(
    unrolled.map(([axis]) => axis),
    sizes,
    range(sizes.length).map(() => 0),
  );
