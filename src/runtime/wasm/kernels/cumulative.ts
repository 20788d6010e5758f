// Running sums and products along an axis. Floats are added up in double precision.
import { sizeOf } from "../../../util/shapes.js";
import type { F64, I32, V128 } from "../assembler/expression.js";
import { f32 } from "../assembler/f32.js";
import { f32x4 } from "../assembler/f32x4.js";
import { f64 } from "../assembler/f64.js";
import { f64x2 } from "../assembler/f64x2.js";
import type { FunctionBuilder } from "../assembler/functionBuilder.js";
import { i32 } from "../assembler/i32.js";
import { v128 } from "../assembler/v128.js";
import type { Kernel } from "./kernel.js";
import { forEachPlace, wordBytes } from "./walks.js";

/** What is accumulated. */
interface Operation {
  readonly initial: number;
  readonly floats: (x: F64, y: F64) => F64;
  readonly pairs: (x: V128, y: V128) => V128;
  readonly integers: (x: I32, y: I32) => I32;
}

/** How one line of numbers, or several next to each other, is kept: its total, and how elements come and go. */
interface Line {
  readonly reset: () => void;
  readonly add: (from: I32) => void;
  readonly write: (to: I32) => void;
}

function floatLine(fn: FunctionBuilder, { initial, floats }: Operation): Line {
  const total = fn.local("f64");
  return {
    reset: () => fn.set(total, f64.const(initial)),
    add: (from) => fn.set(total, floats(total, f64.promoteF32(f32.load(from)))),
    write: (to) => fn.store(to, f32.demoteF64(total)),
  };
}

function twoFloatLines(fn: FunctionBuilder, { initial, pairs }: Operation): Line {
  const total = fn.local("v128");
  return {
    reset: () => fn.set(total, f64x2.const(initial)),
    add: (from) => fn.set(total, pairs(total, f64x2.promoteLowF32x4(v128.load64Zero(from)))),
    write: (to) => fn.storeLane64(to, f32x4.demoteF64x2Zero(total), 0),
  };
}

function integerLine(fn: FunctionBuilder, { initial, integers }: Operation): Line {
  const total = fn.local("i32");
  return {
    reset: () => fn.set(total, i32.const(initial)),
    add: (from) => fn.set(total, integers(total, i32.load(from))),
    write: (to) => fn.store(to, total),
  };
}

const cumulative =
  (operation: Operation): Kernel =>
  ({ fn }, [x], [out], { axis, exclusive, reverse }) => {
    const length = x!.shape[axis]!;
    const inner = sizeOf(x!.shape.slice(axis + 1));
    const step = inner * wordBytes;
    const outer = { size: sizeOf(x!.shape.slice(0, axis)), step: length * step };
    const first = reverse ? (length - 1) * step : 0;
    const lines = (from: number, count: number, width: number, line: Line): void => {
      const walks = [x!, out!].map(({ address }) => ({
        start: address + first + from * wordBytes,
        steps: [outer.step, width * wordBytes],
      }));
      forEachPlace(fn, [outer.size, count], walks, ([source, target]) => {
        line.reset();
        const along = [source!, target!].map((start) => ({ start, steps: [reverse ? -step : step] }));
        forEachPlace(fn, [length], along, ([element, result]) => {
          if (exclusive) line.write(result!);
          line.add(element!);
          if (!exclusive) line.write(result!);
        });
      });
    };
    if (x!.dtype !== "float32") {
      lines(0, inner, 1, integerLine(fn, operation));
      return;
    }
    const single = inner % 2;
    if (inner > 1) lines(0, (inner - single) / 2, 2, twoFloatLines(fn, operation));
    if (single === 1) lines(inner - 1, 1, 1, floatLine(fn, operation));
  };

export const cumulativeKernels: Readonly<Record<string, Kernel>> = {
  cumsum: cumulative({ initial: 0, floats: f64.add, pairs: f64x2.add, integers: i32.add }),
  cumprod: cumulative({ initial: 1, floats: f64.mul, pairs: f64x2.mul, integers: i32.mul }),
};
