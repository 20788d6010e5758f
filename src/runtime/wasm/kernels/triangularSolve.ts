import { broadcastShapes, sizeOf } from "../../../util/shapes.js";
import type { Expression, F64, I32, V128 } from "../assembler/expression.js";
import { f32 } from "../assembler/f32.js";
import { f32x4 } from "../assembler/f32x4.js";
import { f64 } from "../assembler/f64.js";
import { f64x2 } from "../assembler/f64x2.js";
import type { FunctionBuilder } from "../assembler/functionBuilder.js";
import { i32 } from "../assembler/i32.js";
import { v128 } from "../assembler/v128.js";
import type { Kernel } from "./kernel.js";
import { matricesOf } from "./matMul.js";
import { storeLanes } from "./productTile.js";
import { forEachBlock, forEachPlace, wordBytes } from "./walks.js";

const doubleBytes = 8;
/** Right-hand sides that are solved for together. */
const blockColumns = 8;

/** Doubles as they are computed with, one or two at a time. */
interface Doubles<T extends "f64" | "v128"> {
  readonly width: number;
  readonly fromSingle: (address: I32, offset: number) => Expression<T>;
  readonly load: (address: I32, offset: number) => Expression<T>;
  readonly spread: (x: F64) => Expression<T>;
  readonly multiply: (x: Expression<T>, y: Expression<T>) => Expression<T>;
  readonly subtract: (x: Expression<T>, y: Expression<T>) => Expression<T>;
  readonly divide: (x: Expression<T>, y: Expression<T>) => Expression<T>;
  readonly storeSingle: (fn: FunctionBuilder, address: I32, x: Expression<T>, count: number, offset: number) => void;
}

const one: Doubles<"f64"> = {
  width: 1,
  fromSingle: (address, offset) => f64.promoteF32(f32.load(address, offset)),
  load: f64.load,
  spread: (x) => x,
  multiply: f64.mul,
  subtract: f64.sub,
  divide: f64.div,
  storeSingle: (fn, address, x, _, offset) => fn.store(address, f32.demoteF64(x), offset),
};

const two: Doubles<"v128"> = {
  width: 2,
  fromSingle: (address, offset) => f64x2.promoteLowF32x4(v128.load64Zero(address, offset)),
  load: v128.load,
  spread: f64x2.splat,
  multiply: f64x2.mul,
  subtract: f64x2.sub,
  divide: f64x2.div,
  storeSingle: (fn, address, x, count, offset) =>
    storeLanes(fn, address, f32x4.demoteF64x2Zero(x as V128), count, offset),
};

interface System {
  readonly n: number;
  readonly columns: number;
  readonly isForward: boolean;
  /** Steps in bytes within the triangle: from one unknown's equation to the next, and along it. */
  readonly equation: number;
  readonly along: number;
  /** Temporary memory for the solutions in double precision, and the bytes of its rows. */
  readonly solutions: number;
  readonly row: number;
}

/** Substitution for some columns, one equation after the other; all walks go backwards if the triangle asks for it. */
function substitute<T extends "f64" | "v128">(
  fn: FunctionBuilder,
  doubles: Doubles<T>,
  { n, columns: all, isForward, equation, along, solutions, row }: System,
  { matrix, b, out, columns }: { matrix: I32; b: I32; out: I32; columns: number },
): void {
  const sign = isForward ? 1 : -1;
  const last = isForward ? 0 : n - 1;
  const single = all * wordBytes;
  const firstRow = solutions + last * row;
  const walks = [
    { start: i32.add(matrix, last * (equation + along)), steps: [sign * equation] },
    { start: i32.add(matrix, last * (equation + along)), steps: [sign * (equation + along)] },
    { start: firstRow, steps: [sign * row] },
    { start: i32.add(b, last * single), steps: [sign * single] },
    { start: i32.add(out, last * single), steps: [sign * single] },
  ];
  const { width } = doubles;
  forEachPlace(fn, [n], walks, ([coefficients, pivot, line, right, result]) =>
    fn.scope(() => {
      const count = Math.ceil(columns / width);
      const rests = Array.from({ length: count }, (_, k) => fn.let(doubles.fromSingle(right!, k * width * wordBytes)));
      const [coefficient, known] = [fn.let(coefficients!), fn.let(i32.const(firstRow))];
      fn.while(i32.ne(known, line!), () =>
        fn.scope(() => {
          const factor = fn.let(doubles.spread(f64.promoteF32(f32.load(coefficient))));
          rests.forEach((rest, k) => {
            const product = doubles.multiply(factor, doubles.load(known, k * width * doubleBytes));
            fn.set(rest, doubles.subtract(rest, product));
          });
          fn.set(coefficient, i32.add(coefficient, sign * along));
          fn.set(known, i32.add(known, sign * row));
        }),
      );
      const divisor = fn.let(doubles.spread(f64.promoteF32(f32.load(pivot!))));
      rests.forEach((rest, k) => {
        fn.set(rest, doubles.divide(rest, divisor));
        fn.store(line!, rest, k * width * doubleBytes);
        doubles.storeSingle(fn, result!, rest, Math.min(width, columns - k * width), k * width * wordBytes);
      });
    }),
  );
}

/** The sums of a substitution are kept in double precision. */
export const triangularSolve: Kernel = ({ fn, scratch }, [matrix, b], [out], { lower, transpose }) => {
  if (sizeOf(out!.shape) === 0) return;
  const [n, columns] = b!.shape.slice(-2) as [number, number];
  const row = Math.min(blockColumns, columns + (columns % 2)) * doubleBytes;
  const system: System = {
    n,
    columns,
    isForward: lower !== transpose,
    equation: transpose ? wordBytes : n * wordBytes,
    along: transpose ? n * wordBytes : wordBytes,
    solutions: scratch(n * row),
    row,
  };
  const batch = broadcastShapes(matrix!.shape.slice(0, -2), b!.shape.slice(0, -2))!;
  const walks = [matrix!, b!, out!].map((operand) => matricesOf(operand, batch));
  forEachPlace(fn, batch, walks, ([triangle, right, result]) => {
    if (columns === 1) {
      substitute(fn, one, system, { matrix: triangle!, b: right!, out: result!, columns });
      return;
    }
    forEachBlock(fn, columns, blockColumns, (column, width) =>
      fn.scope(() => {
        const offset = i32.mul(column, wordBytes);
        const [from, to] = [fn.let(i32.add(right!, offset)), fn.let(i32.add(result!, offset))];
        substitute(fn, two, system, { matrix: triangle!, b: from, out: to, columns: width });
      }),
    );
  });
};
