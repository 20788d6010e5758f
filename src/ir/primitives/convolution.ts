// Two-dimensional convolution and its two transposes: the three ways to leave out one argument of one trilinear form.
import { ElbowError } from "../../errors.js";
import { broadcastShapes, formatShape, range, type Shape, sizeOf } from "../../util/shapes.js";
import { emitOne } from "../builder.js";
import { type AxisPlace, type MaybeZero, operation, type Primitive, primitive } from "../primitive.js";
import type { Attributes, Elements, NDArray, Variable } from "../program.js";
import { broadcastAxes, movedPlace, sumTo } from "./axes.js";
import { addMaybe } from "./comparison.js";
import { convolve, convolveFilterGradient, convolveInputGradient, type Window } from "./convolutionKernels.js";
import { alignOwnRanks } from "./elementwise.js";
import { matrixIndices } from "./matMul.js";

const own = (shape: Shape): Shape => shape.slice(-4);
const batchOf = (shape: Shape): Shape => shape.slice(0, -4);

/** Number of positions of a window along one axis. */
const positions = (input: number, filter: number, axis: 0 | 1, { strides, dilations, padding }: Window): number =>
  Math.floor((input + padding[axis][0] + padding[axis][1] - (filter - 1) * dilations[axis] - 1) / strides[axis]) + 1;

/** The shape of the result, without batches: [n, height, width, in] * [height, width, in, out]. */
const convolved = (x: Shape, filter: Shape, window: Window): number[] => [
  x[0]!,
  positions(x[1]!, filter[0]!, 0, window),
  positions(x[2]!, filter[1]!, 1, window),
  filter[3]!,
];

/**
 * Calls `visit(flat indices into x, filter and y, channels in, channels out)` for every pair of pixels that the form joins:
 * Σ x[n, i·s + a·d − p, j·s + b·d − p, c] · filter[a, b, c, o] · y[n, i, j, o], channels left to the visitor.
 */
function forEachPixel(
  x: Shape,
  filter: Shape,
  { strides, dilations, padding }: Window,
  y: Shape,
  visit: (atX: number, atFilter: number, atY: number) => void,
): void {
  const [n, height, width, channels] = x as [number, number, number, number];
  const [rows, columns, , outputs] = filter as [number, number, number, number];
  for (let image = 0; image < n; image++)
    for (let i = 0; i < y[1]!; i++)
      for (let j = 0; j < y[2]!; j++)
        for (let a = 0; a < rows; a++) {
          const row = i * strides[0] + a * dilations[0] - padding[0][0];
          if (row < 0 || row >= height) continue;
          for (let b = 0; b < columns; b++) {
            const column = j * strides[1] + b * dilations[1] - padding[1][0];
            if (column < 0 || column >= width) continue;
            visit(
              ((image * height + row) * width + column) * channels,
              (a * columns + b) * channels * outputs,
              ((image * y[1]! + i) * y[2]! + j) * outputs,
            );
          }
        }
}

/** What the axes of the three arrays of the form run over. */
const axisNames = [
  ["image", "height", "width", "in"],
  ["height", "width", "in", "out"],
  ["image", "height", "width", "out"],
] as const;

/**
 * For one of the three arrays, what becomes of its own axes in the result: an axis lives on in the one that runs over the
 * same, unmixed if that is no height or width, or if both are in step (for a filter of one pixel, say).
 */
const ownAxes =
  (shapes: readonly Shape[], window: Window, result: number) =>
  (operand: number): AxisPlace[] =>
    axisNames[operand]!.map((name, axis) => {
      const to = (axisNames[result] as readonly string[]).indexOf(name);
      if (to < 0 || shapes[operand]![axis] !== shapes[result]![to]) return null;
      if (name !== "height" && name !== "width") return to;
      const pixels = joinedPixels(shapes, window, name).map((at) => [at[operand]!, at[result]!] as const);
      if (pixels.every(([from, at]) => from === at)) return to;
      if (pixels.every(([from, at]) => from <= at)) return { axis: to, reverse: false };
      return pixels.every(([from, at]) => from >= at) ? { axis: to, reverse: true } : null;
    });

/** The positions in the three arrays that the form joins, along one side. */
function joinedPixels(
  shapes: readonly Shape[],
  { strides, dilations, padding }: Window,
  name: "height" | "width",
): number[][] {
  const side = name === "height" ? 0 : 1;
  const [input, filter, output] = axisNames.map((names, i) => shapes[i]![(names as readonly string[]).indexOf(name)]!);
  return range(output!)
    .flatMap((i) => range(filter!).map((a) => [i * strides[side] + a * dilations[side] - padding[side][0], a, i]))
    .filter(([at]) => at! >= 0 && at! < input!);
}

/** The part of the form that one operation computes: which array is the result, and how a product is added to it. */
type Accumulate = (x: Elements, filter: Elements, y: Elements, channels: number, outputs: number) => Visit;
type Visit = (atX: number, atFilter: number, atY: number) => void;

interface ConvolutionRules {
  readonly name: string;
  /** Own shape of the result. */
  readonly shape: (first: Shape, second: Shape, window: Window) => Shape;
  /** The three arrays of the form, [x, filter, y], from [first, second, result]. */
  readonly roles: <T>(first: T, second: T, result: T) => [T, T, T];
  readonly accumulate: Accumulate;
  /** Cotangents of both operands. */
  readonly transposes: readonly [
    (ct: Variable, first: Variable, second: Variable, window: Window) => Variable,
    (ct: Variable, first: Variable, second: Variable, window: Window) => Variable,
  ];
  readonly tfjs: Primitive["tfjs"];
}

/** One of the three operations, with its operands' leading axes as batches that broadcast. */
function convolution({ name, shape, roles, accumulate, transposes, tfjs }: ConvolutionRules): Primitive {
  const resultShape = (first: Shape, second: Shape, window: Attributes) => {
    const batch = broadcastShapes(batchOf(first), batchOf(second));
    return first.length >= 4 && second.length >= 4 && batch
      ? [...batch, ...shape(own(first), own(second), window as Window)]
      : undefined;
  };
  const isConsistent = (x: Shape, filter: Shape, y: Shape, window: Window) =>
    x[3] === filter[2] && convolved(x, filter, window).every((size, axis) => size === y[axis] && size >= 0);
  const self: Primitive = primitive({
    name,
    infer: ([first, second], window) => {
      const result = resultShape(first!.shape, second!.shape, window);
      const shapes = result && roles(own(first!.shape), own(second!.shape), own(result));
      if (!result || !shapes || !isConsistent(...shapes, window as Window))
        throw new ElbowError("shape", {
          message: `${name}: ${formatShape(first!.shape)} and ${formatShape(second!.shape)} do not fit`,
          hint: "Images are [n, height, width, channels], filters [height, width, channels in, channels out].",
        });
      return [{ shape: result, dtype: first!.dtype }];
    },
    evaluate: ([first, second], window) => {
      const result = resultShape(first!.shape, second!.shape, window)!;
      const out = new Float64Array(sizeOf(result));
      const [x, filter, y] = roles(own(first!.shape), own(second!.shape), own(result));
      const cut = (array: NDArray, i: number) => {
        const size = sizeOf(own(array.shape));
        return array.elements.subarray(i * size, (i + 1) * size);
      };
      const ofFirst = matrixIndices(batchOf(first!.shape), batchOf(result));
      const ofSecond = matrixIndices(batchOf(second!.shape), batchOf(result));
      const whole: NDArray = { shape: result, dtype: "float32", elements: out };
      ofFirst.forEach((i, lane) => {
        const arrays = roles(cut(first!, i), cut(second!, ofSecond[lane]!), cut(whole, lane));
        forEachPixel(x, filter, window as Window, y, accumulate(...arrays, filter[2]!, filter[3]!));
      });
      return [out];
    },
    jvp: ({ inputs: [first, second], attributes }, [da, db]) => [
      addMaybe(da && emitOne(self, [da, second!], attributes), db && emitOne(self, [first!, db], attributes)),
    ],
    vjp: ({ inputs: [first, second], attributes, isNeeded }, [ct]): MaybeZero[] => [
      ct && isNeeded[0] ? sumTo(transposes[0](ct, first!, second!, attributes as Window), first!.shape) : undefined,
      ct && isNeeded[1] ? sumTo(transposes[1](ct, first!, second!, attributes as Window), second!.shape) : undefined,
    ],
    batch: (inputs, attributes, rank) => [emitOne(self, alignOwnRanks(inputs, rank), attributes)],
    axes: ([first, second], window, [output]) => {
      const batch = batchOf(output!.shape);
      const shapes = roles(own(first!.shape), own(second!.shape), own(output!.shape));
      const [firstPlace, secondPlace, resultPlace] = range(3).map((i) => roles(0, 1, 2).indexOf(i));
      const inner = ownAxes(shapes, window as Window, resultPlace!);
      const ofOperand = (shape: Shape, place: number) => [
        ...broadcastAxes(batchOf(shape), batch),
        ...inner(place).map((at) => movedPlace(at, batch.length)),
      ];
      return [[ofOperand(first!.shape, firstPlace!), ofOperand(second!.shape, secondPlace!)]];
    },
    isContinuousIn: () => true,
    linearIn: [[0], [1]],
    ...(tfjs && { tfjs }),
  });
  return self;
}

/** y = x * filter */
const conv2dPrimitive = convolution({
  name: "conv2d",
  shape: convolved,
  roles: (x, filter, y) => [x, filter, y],
  accumulate: (x, filter, y, channels, outputs) => (atX, atFilter, atY) => {
    for (let c = 0; c < channels; c++) {
      const factor = x[atX + c]!;
      const from = atFilter + c * outputs;
      for (let o = 0; o < outputs; o++) y[atY + o]! += factor * filter[from + o]!;
    }
  },
  transposes: [
    (ct, x, filter, window) => conv2dInputGradient(ct, filter, own(x.shape), window),
    (ct, x, filter, window) => conv2dFilterGradient(x, ct, own(filter.shape), window),
  ],
  tfjs: ([x, filter], window) => [convolve(x!, filter!, window as Window)],
});

/** x̄ from (ȳ, filter): the transpose of `conv2d` in the images. Attributes: also `shape`. */
const inputGradientPrimitive = convolution({
  name: "conv2dInputGradient",
  shape: (_, __, { shape }) => shape!,
  roles: (y, filter, x) => [x, filter, y],
  accumulate: (x, filter, y, channels, outputs) => (atX, atFilter, atY) => {
    for (let c = 0; c < channels; c++) {
      const from = atFilter + c * outputs;
      for (let o = 0; o < outputs; o++) x[atX + c]! += y[atY + o]! * filter[from + o]!;
    }
  },
  transposes: [
    (ct, _, filter, window) => conv2d(ct, filter, window),
    (ct, y, filter, window) => conv2dFilterGradient(ct, y, own(filter.shape), window),
  ],
  tfjs: ([y, filter], window) => [convolveInputGradient(y!, filter!, window as Window)],
});

/** The filter's cotangent from (x, ȳ): the transpose of `conv2d` in the filter. Attributes: also `shape`. */
const filterGradientPrimitive = convolution({
  name: "conv2dFilterGradient",
  shape: (_, __, { shape }) => shape!,
  roles: (x, y, filter) => [x, filter, y],
  accumulate: (x, filter, y, channels, outputs) => (atX, atFilter, atY) => {
    for (let c = 0; c < channels; c++) {
      const factor = x[atX + c]!;
      const to = atFilter + c * outputs;
      for (let o = 0; o < outputs; o++) filter[to + o]! += factor * y[atY + o]!;
    }
  },
  transposes: [
    (ct, x, y, window) => conv2dInputGradient(y, ct, own(x.shape), window),
    (ct, x, _, window) => conv2d(x, ct, window),
  ],
  tfjs: ([x, y], window) => [convolveFilterGradient(x!, y!, window as Window)],
});

const windowOf = ({
  strides = [1, 1],
  dilations = [1, 1],
  padding = [
    [0, 0],
    [0, 0],
  ],
}: Partial<Window>): Window => ({
  strides: [...strides],
  dilations: [...dilations],
  padding: [[...padding[0]], [...padding[1]]],
});

/** Convolves images [...batch, n, height, width, in] with filters [...batch, height, width, in, out]; batches broadcast. */
export const conv2d = operation(
  (x: Variable, filter: Variable, window: Partial<Window> = {}): Variable =>
    emitOne(conv2dPrimitive, [x, filter], windowOf(window)),
  conv2dPrimitive,
);
/** The cotangent of the images of own shape `shape` from that of the result. */
export const conv2dInputGradient = operation(
  (y: Variable, filter: Variable, shape: Shape, window: Partial<Window> = {}): Variable =>
    emitOne(inputGradientPrimitive, [y, filter], { ...windowOf(window), shape: [...shape] }),
  inputGradientPrimitive,
);
/** The cotangent of the filters of own shape `shape` from that of the result. */
export const conv2dFilterGradient = operation(
  (x: Variable, y: Variable, shape: Shape, window: Partial<Window> = {}): Variable =>
    emitOne(filterGradientPrimitive, [x, y], { ...windowOf(window), shape: [...shape] }),
  filterGradientPrimitive,
);
