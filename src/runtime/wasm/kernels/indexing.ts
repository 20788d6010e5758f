// Elements at positions that are computed.
import { sizeOf } from "../../../util/shapes.js";
import type { I32 } from "../assembler/expression.js";
import { f32 } from "../assembler/f32.js";
import type { FunctionBuilder } from "../assembler/functionBuilder.js";
import { i32 } from "../assembler/i32.js";
import type { Kernel, Operand } from "./kernel.js";
import { addRun, copyRun, fillRun } from "./runs.js";
import { forEachPlace, wordBytes } from "./walks.js";

/** The function that stops a program at an index outside its axis: what stands on the stack of the RuntimeError. */
export const outsideFunction = "elbow: index outside its axis";

function stopOutside(fn: FunctionBuilder, index: I32, length: number): void {
  const stop = fn.surroundings.helper(outsideFunction, { params: [], result: "i32" }, (own) =>
    own.return(i32.divS(i32.const(1), i32.const(0))),
  );
  fn.if(i32.geU(index, length), () => fn.scope(() => fn.call(stop)));
}

interface Picking {
  readonly batchDims: number;
  readonly axis: number;
}

/** Visits every pick: where its elements stand in the data, and where in what was picked; `after` words each. */
function forEachPick(
  fn: FunctionBuilder,
  data: Operand,
  indices: Operand,
  picked: Operand,
  { batchDims, axis }: Picking,
  visit: (at: I32, pick: I32, after: number) => void,
): void {
  const batch = sizeOf(data.shape.slice(0, batchDims));
  const before = sizeOf(data.shape.slice(batchDims, axis));
  const length = data.shape[axis]!;
  const after = sizeOf(data.shape.slice(axis + 1));
  const picks = sizeOf(indices.shape.slice(batchDims));
  const row = after * wordBytes;
  const walks = [
    { start: data.address, steps: [before * length * row, length * row, 0] },
    { start: indices.address, steps: [picks * wordBytes, 0, wordBytes] },
    { start: picked.address, steps: [before * picks * row, picks * row, row] },
  ];
  if (after === 0) return;
  forEachPlace(fn, [batch, before, picks], walks, ([from, index, pick]) =>
    fn.scope(() => {
      const at = fn.let(i32.load(index!));
      stopOutside(fn, at, length);
      visit(fn.let(i32.add(from!, i32.mul(at, row))), pick!, after);
    }),
  );
}

const gather: Kernel = ({ fn }, [x, indices], [out], attributes) =>
  forEachPick(fn, x!, indices!, out!, attributes as unknown as Picking, (at, pick, after) =>
    copyRun(fn, pick, at, after),
  );

const scatterAdd: Kernel = ({ fn }, [updates, indices], [out], attributes) => {
  const { shape, dtype, address } = out!;
  if (sizeOf(shape) > 0) fillRun(fn, i32.const(address), 0, sizeOf(shape));
  forEachPick(fn, out!, indices!, updates!, attributes as unknown as Picking, (at, pick, after) =>
    addRun(fn, at, pick, after, dtype),
  );
};

const oneHot: Kernel = ({ fn }, [indices], [out], { depth }) => {
  const count = sizeOf(indices!.shape);
  if (count * depth === 0) return;
  fillRun(fn, i32.const(out!.address), 0, count * depth);
  const walks = [
    { start: indices!.address, steps: [wordBytes] },
    { start: out!.address, steps: [depth * wordBytes] },
  ];
  forEachPlace(fn, [count], walks, ([index, row]) =>
    fn.scope(() => {
      const at = fn.let(i32.load(index!));
      fn.if(i32.ltU(at, depth), () => fn.store(i32.add(row!, i32.mul(at, wordBytes)), f32.const(1)));
    }),
  );
};

export const indexingKernels: Readonly<Record<string, Kernel>> = { gather, scatterAdd, oneHot };
