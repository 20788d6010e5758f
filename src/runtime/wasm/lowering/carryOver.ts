// What a step carries goes to where the next step reads it: most of it is computed there, little is copied.
import type { Program, Variable } from "../../../ir/program.js";
import { sizeOf } from "../../../util/shapes.js";
import type { Operand } from "../kernels/kernel.js";
import { copy } from "./copy.js";
import { mayOverwrite } from "./nestAccess.js";
import { equationsOf, type Item, smallLimit } from "./schedule.js";
import type { Frame } from "./unit.js";
import type { ValueStore } from "./valueStore.js";

/** The item that computes each value, reshaped ones included, and the value of which it is another shape. */
function producersOf(items: readonly Item[]) {
  const producers = new Map<Variable, number>();
  const sources = new Map<Variable, Variable>();
  const sourceOf = (variable: Variable): Variable => sources.get(variable) ?? variable;
  items.forEach((item, at) => {
    for (const { primitive, inputs, outputs } of equationsOf(item))
      for (const output of outputs) {
        const isReshaped = primitive.name === "reshape";
        if (isReshaped) sources.set(output, sourceOf(inputs[0]!));
        const producer = isReshaped ? producers.get(inputs[0]!) : at;
        if (producer !== undefined) producers.set(output, producer);
      }
  });
  return { producers, sourceOf };
}

/**
 * Gives outputs the memory of the inputs that they will be, where nothing reads these any more by then. To be called before
 * anything is emitted, when all uses are known.
 */
export function placeCarried(
  values: ValueStore,
  items: readonly Item[],
  { inputs, outputs }: Program,
  operands: readonly Operand[],
  carried: number,
): void {
  const { producers, sourceOf } = producersOf(items);
  /** Whether an item may write over the input that it is the last to read: each element is read before it is written. */
  const isInStep = (item: Item, output: Variable, input: Variable): boolean =>
    item.kind === "small" || (item.kind === "nest" && mayOverwrite(item.nest, sourceOf(output), input, sourceOf));
  for (let i = 0; i < carried; i++) {
    const at = producers.get(outputs[i]!);
    if (at === undefined) continue;
    const isRead = values.isUsedAfter(inputs[i]!, isInStep(items[at]!, outputs[i]!, inputs[i]!) ? at : at - 1);
    if (!isRead) values.reserve(outputs[i]!, operands[i]!);
  }
}

/** Copies to its place what is not computed there, when everything is emitted. */
export function copyCarried(
  { fn, unit, values }: Frame,
  { outputs }: Program,
  operands: readonly Operand[],
  carried: number,
): void {
  const addresses = new Set(operands.map(({ address }) => address));
  const isSmall = (output: Variable): boolean => sizeOf(output.shape) <= smallLimit;
  // an output may be another one's input: all of those are read before any is written
  const moves = outputs.slice(0, carried).flatMap((output, i): (() => void)[] => {
    const to = operands[i]!;
    if (values.isReserved(output, to)) {
      values.operand(output);
      return [];
    }
    if (isSmall(output)) {
      values.chunks(output);
      return [() => values.storeTo(to.address, output)];
    }
    const from = values.operand(output);
    if (from.address === to.address) return [];
    const staged = addresses.has(from.address) ? unit.layout.allocate(output) : from;
    copy(fn, from, staged);
    return [() => copy(fn, staged, to)];
  });
  for (const move of moves) move();
}
