import { sizeOf } from "../../../util/shapes.js";
import { f32x4 } from "../assembler/f32x4.js";
import { v128 } from "../assembler/v128.js";
import { accessTo, forEachChunk, storeAt } from "../loops.js";
import { exp } from "../math/exp.js";
import { log } from "../math/log.js";
import type { Kernel, Operand } from "./kernel.js";
import { emitFold, foldOf } from "./reductions.js";

/** log Σ exp x = m + log Σ exp(x − m), m the largest element; the largest itself where it is infinite. */
export const logSumExp: Kernel = (context, [input], [output], { axes }) => {
  const { fn, scratch } = context;
  const kept = input!.shape.map((size, axis) => (axes.includes(axis) ? 1 : size));
  const temporary = (size: number): number => scratch(4 * size);
  const largest: Operand = { ...output!, address: temporary(sizeOf(kept)) };
  const shifted: Operand = { ...input!, address: temporary(sizeOf(input!.shape)) };
  emitFold(context, foldOf("reduceMax", input!)!, input!, largest, axes);
  const sources = [accessTo(input!.address, input!.shape, input!.shape), accessTo(largest.address, kept, input!.shape)];
  const target = accessTo(shifted.address, input!.shape, input!.shape);
  forEachChunk(fn, input!.shape, sources, [target], ([x, m], [to]) => storeAt(fn, to!, exp(fn, f32x4.sub(x!, m!))));
  emitFold(context, foldOf("reduceSum", input!)!, shifted, output!, axes);
  const own = output!.shape;
  const parts = [accessTo(output!.address, own, own), accessTo(largest.address, own, own)];
  forEachChunk(fn, own, parts, [parts[0]!], ([sum, m], [to]) => {
    const finite = f32x4.lt(f32x4.abs(m!), Number.POSITIVE_INFINITY);
    const isNumber = v128.or(finite, f32x4.ne(m!, m!));
    storeAt(fn, to!, v128.bitselect(f32x4.add(m!, log(fn, sum!)), m!, isNumber));
  });
};
