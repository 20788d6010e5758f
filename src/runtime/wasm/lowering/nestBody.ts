// What happens in the innermost loop of a nest.
import type { Variable } from "../../../ir/program.js";
import type { Local } from "../assembler/expression.js";
import type { FunctionBuilder } from "../assembler/functionBuilder.js";
import type { Accumulators } from "../kernels/accumulators.js";
import { maskedTo } from "../kernels/reductions.js";
import type { Step } from "./nest.js";
import { type Access, type At, type Chunk, loadLanes, offsetAt, storeGroups, storeLanes } from "./nestAccess.js";
import { elementsOf, joinPairwise } from "./nestElements.js";
import { type NestPlan, positionsOf } from "./nestPlan.js";

type Vector = Local<"v128">;

/** Elements that have been loaded. */
export type Loaded = Map<Access, Map<number, Vector>>;

/** The element of a value in memory, loaded if need be. */
export function loadOnce(plan: NestPlan, chunk: Chunk, loaded: Loaded, from: Access, at: At): Vector {
  const known = loaded.get(from) ?? new Map<number, Vector>();
  loaded.set(from, known);
  const offset = offsetAt(from, at);
  if (!known.has(offset))
    loadLanes(chunk, from, at, plan.nest.sizes, (place, value) => known.set(offsetAt(from, place), value));
  return known.get(offset)!;
}

/** A function that a nest, or a thread's part of it, is written into, and what it has in locals. */
export interface Site {
  readonly fn: FunctionBuilder<readonly [], undefined>;
  /** Operands of a single element, in all lanes. */
  readonly singles: ReadonlyMap<Variable, Vector>;
  readonly hoisted: Loaded;
}

/** All equations on four lanes, and what becomes of their results. The accumulators are those of the exits, in order. */
export function emitBody(
  { fn, singles, hoisted }: Site,
  plan: NestPlan,
  chunk: Chunk,
  accumulators: readonly Accumulators[],
): void {
  const { nest, made } = plan;
  const loaded: Loaded = new Map([...hoisted].map(([access, known]) => [access, new Map(known)]));
  const load = ({ equation, operands }: Step, i: number, at: At): Vector => {
    const input = equation.inputs[i]!;
    return singles.get(input) ?? loadOnce(plan, chunk, loaded, plan.read(input, operands[i]!), at);
  };
  const element = elementsOf(fn, nest, load);
  for (const each of plan.overwritten)
    for (const at of positionsOf(each, nest)) loadOnce(plan, chunk, loaded, each, at);

  const actions: { readonly order: number; readonly act: () => void }[] = [];
  for (const { variable, to } of plan.writes)
    storeGroups(to, nest.sizes).forEach((group, i, { length }) => {
      const values = (): Vector[] => group.map((at) => element(variable, at));
      actions.push({ order: (i + 1) / length, act: () => storeLanes(chunk, to, group, values()) });
    });
  plan.exits.forEach(({ fold: { join, map = (_, x) => x }, fold, step, terms }, k) => {
    const input = step.equation.inputs[0]!;
    const term = (at: At): Vector => fn.let(map(fn, made.has(input) ? element(input, at) : load(step, 0, at)));
    terms.forEach((positions, i) => {
      const accumulator = accumulators[k]!.locals[i]!;
      const act = (): void => {
        const sum = joinPairwise(fn, positions.map(term), join);
        fn.set(accumulator, join(accumulator, maskedTo(fold, sum, chunk.count)));
      };
      actions.push({ order: (i + 1) / terms.length, act });
    });
  });
  // what belongs to the same unrolled elements comes together, so that few of them live at a time
  for (const { act } of actions.toSorted((x, y) => x.order - y.order)) act();
}
