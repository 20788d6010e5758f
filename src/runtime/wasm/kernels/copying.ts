// Operations that only move words.

import { sizeOf } from "../../../util/shapes.js";
import { i32 } from "../assembler/i32.js";
import { select } from "../assembler/select.js";
import type { Kernel, KernelContext, Operand } from "./kernel.js";
import { copyWords, fillRun, wordOf } from "./runs.js";
import { stridedCopy } from "./stridedCopy.js";
import { byteStrides, forEachPlace, type Walk, wordBytes } from "./walks.js";

const whole = ({ address, shape }: Operand): Walk => ({ start: address, steps: byteStrides(shape) });

/** The walk through part of an array that starts some elements after its first one along each axis. */
const from = (operand: Operand, begin: readonly number[]): Walk => {
  const steps = byteStrides(operand.shape);
  return { start: operand.address + steps.reduce((sum, step, axis) => sum + step * begin[axis]!, 0), steps };
};

const fill = ({ fn }: KernelContext, { address, shape, dtype }: Operand, value: number): void => {
  if (sizeOf(shape) > 0) fillRun(fn, i32.const(address), wordOf(value, dtype), sizeOf(shape));
};

const slice: Kernel = ({ fn }, [x], [out], { begin }) => stridedCopy(fn, out!.shape, from(x!, begin), whole(out!));

const pad: Kernel = (context, [x], [out], { paddings, value = 0 }) => {
  const before = paddings.map(([amount]: readonly number[]) => amount);
  fill(context, out!, value);
  stridedCopy(context.fn, x!.shape, whole(x!), from(out!, before));
};

const reverse: Kernel = ({ fn }, [x], [out], { axes }) => {
  const last = x!.shape.map((size, axis) => (axes.includes(axis) ? size - 1 : 0));
  const { start, steps } = from(x!, last);
  const flipped = steps.map((step, axis) => (axes.includes(axis) ? -step : step));
  stridedCopy(fn, out!.shape, { start, steps: flipped }, whole(out!));
};

const concat: Kernel = ({ fn }, inputs, [out], { axis }) => {
  let start = 0;
  for (const x of inputs) {
    const begin = x.shape.map((_, i) => (i === axis ? start : 0));
    stridedCopy(fn, x.shape, whole(x), from(out!, begin));
    start += x.shape[axis]!;
  }
};

const transpose: Kernel = ({ fn }, [x], [out], { permutation }) => {
  const { start, steps } = whole(x!);
  const moved = permutation.map((axis: number) => steps[axis]!);
  stridedCopy(fn, out!.shape, { start, steps: moved }, whole(out!));
};

/** The walk through the diagonals of matrices. */
const diagonal = ({ address, shape }: Operand): Walk => {
  const steps = byteStrides(shape);
  return { start: address, steps: [...steps.slice(0, -2), steps.at(-1)! + steps.at(-2)!] };
};

const diagonalPart: Kernel = ({ fn }, [x], [out]) => stridedCopy(fn, out!.shape, diagonal(x!), whole(out!));

const diagonalMatrix: Kernel = (context, [x], [out]) => {
  fill(context, out!, 0);
  stridedCopy(context.fn, x!.shape, whole(x!), diagonal(out!));
};

const triangle: Kernel = (context, [x], [out], { isUpper, offset }) => {
  const { fn } = context;
  const columns = x!.shape.at(-1)!;
  fill(context, out!, 0);
  const clamped = (bytes: ReturnType<typeof i32.add>) => {
    const low = fn.let(select(i32.gtS(bytes, 0), bytes, i32.const(0)));
    return select(i32.ltS(low, columns * wordBytes), low, i32.const(columns * wordBytes));
  };
  if (sizeOf(x!.shape) === 0) return;
  const matrices = { sizes: [sizeOf(x!.shape.slice(0, -2))], steps: [sizeOf(x!.shape.slice(-2)) * wordBytes] };
  const walks = [x!, out!].map(({ address }) => ({ start: address, steps: matrices.steps }));
  forEachPlace(fn, matrices.sizes, walks, ([source, target]) =>
    fn.loop(x!.shape.at(-2)!, (row) =>
      fn.scope(() => {
        const first = i32.mul(row, columns * wordBytes);
        const border = fn.let(i32.mul(i32.add(row, isUpper ? offset : offset + 1), wordBytes));
        const cut = fn.let(clamped(border));
        const begin = fn.let(isUpper ? i32.add(first, cut) : first);
        const bytes = isUpper ? i32.sub(columns * wordBytes, cut) : cut;
        copyWords(fn, i32.add(target!, begin), i32.add(source!, begin), bytes);
      }),
    ),
  );
};

export const copyingKernels: Readonly<Record<string, Kernel>> = {
  slice,
  pad,
  padWith: pad,
  reverse,
  concat,
  transpose,
  diagonalPart,
  diagonalMatrix,
  triangle,
};
