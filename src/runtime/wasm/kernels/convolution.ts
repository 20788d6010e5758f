// The three convolutions as matrix products with patches of the images.

import type { Attributes } from "../../../ir/program.js";
import { broadcastShapes, broadcastStrides, sizeOf } from "../../../util/shapes.js";
import type { I32 } from "../assembler/expression.js";
import { i32 } from "../assembler/i32.js";
import type { Kernel, KernelContext, Operand } from "./kernel.js";
import { commonPixels, type Four, type Geometry, geometryOf, rowsAtOnce, stridedAdd } from "./patches.js";
import { productOf } from "./product.js";
import type { Product } from "./productForm.js";
import { fillRun } from "./runs.js";
import { stridedCopy } from "./stridedCopy.js";
import { byteStrides, forEachPlace, type Walk, wordBytes } from "./walks.js";

/** The arrays of the form Σ x·filter·y, and which of them is computed from the others. */
interface Form {
  readonly x: Operand;
  readonly filter: Operand;
  readonly y: Operand;
  readonly result: "x" | "filter" | "y";
}

const own = (shape: readonly number[]): Four => shape.slice(-4) as unknown as Four;

/** The walk of an operand through the batch axes before its own ones. */
function lanesOf({ address, shape }: Operand, batch: readonly number[]): Walk {
  const bytes = sizeOf(own(shape)) * wordBytes;
  return { start: address, steps: broadcastStrides(shape.slice(0, -4), batch).map((step) => step * bytes) };
}

/** One image's pixels and its results; the filter, for the gradient of x turned to [channels out, …]. */
type WorkOnImage = (image: I32, filter: I32, pixels: I32) => void;

/** The product that does the work on some places of an image, with rows of patches as one of its matrices. */
function productFor({ result, x, filter }: Form, places: number): Product {
  const outputs = filter.shape.at(-1)!;
  const depth = sizeOf(own(filter.shape)) / outputs;
  const row = (columns: number): number => columns * wordBytes;
  const left = (columns: number) => ({ row: row(columns), inner: wordBytes });
  const right = (columns: number) => ({ inner: row(columns), column: wordBytes });
  const { dtype } = x;
  if (result === "filter") {
    const a = { row: wordBytes, inner: row(depth) };
    const sizes = { rows: depth, inner: places, columns: outputs };
    return { dtype, ...sizes, a, b: right(outputs), cRow: row(outputs), isAdded: true };
  }
  const [inner, columns] = result === "y" ? [depth, outputs] : [outputs, depth];
  return { dtype, rows: places, inner, columns, a: left(inner), b: right(columns), cRow: row(columns), isAdded: false };
}

function workOnImages(context: KernelContext, form: Form, geometry: Geometry): WorkOnImage {
  const { fn, scratch } = context;
  const { result, filter, x } = form;
  const { frame, patches, steps, isFramed, isPatched } = geometry;
  const rows = rowsAtOnce(geometry);
  const block = [rows, ...patches.slice(1)];
  const multiply = productOf(context, productFor(form, rows * patches[1]));
  const frameSpace = isFramed ? i32.const(scratch(sizeOf(frame) * wordBytes)) : undefined;
  const patchSpace = isPatched ? i32.const(scratch(sizeOf(block) * wordBytes)) : undefined;

  const workOnBlock = (corner: I32, weights: I32, pixels: I32): void => {
    const inFrame: Walk = { start: corner, steps };
    const inPatches: Walk = { start: patchSpace ?? corner, steps: byteStrides(block) };
    const lines = patchSpace ?? corner;
    if (patchSpace && result !== "x") stridedCopy(fn, block, inFrame, inPatches);
    if (result === "y") multiply(lines, weights, pixels);
    else if (result === "filter") multiply(lines, pixels, weights);
    else multiply(pixels, weights, lines);
    if (patchSpace && result === "x") stridedAdd(fn, block, inPatches, inFrame, x.dtype);
  };

  return (image, weights, pixels) => {
    const start = frameSpace ?? image;
    const { sizes, inImage, inFrame } = commonPixels(geometry, image, start);
    if (frameSpace) fillRun(fn, frameSpace, 0, sizeOf(frame));
    if (frameSpace && result !== "x") stridedCopy(fn, sizes, inImage, inFrame);
    const blocks = [
      { start, steps: [rows * steps[0]!] },
      { start: pixels, steps: [rows * patches[1] * filter.shape.at(-1)! * wordBytes] },
    ];
    forEachPlace(fn, [patches[0] / rows], blocks, ([corner, places]) => workOnBlock(corner!, weights, places!));
    if (frameSpace && result === "x") stridedCopy(fn, sizes, inFrame, inImage);
  };
}

function convolve(context: KernelContext, form: Form, attributes: Attributes): void {
  const { fn, scratch } = context;
  const operands = [form.x, form.filter, form.y];
  const [x, filter, y] = operands.map(({ shape }) => own(shape)) as [Four, Four, Four];
  const { address, shape } = form[form.result];
  if (sizeOf(shape) === 0) return;
  // Nothing is left over where the filter does not reach, and sums begin at zero.
  fillRun(fn, i32.const(address), 0, sizeOf(shape));
  if ([x, filter, y].some((sizes) => sizes.includes(0))) return;
  const workOnImage = workOnImages(context, form, geometryOf(x, filter, y, attributes));
  const turned = form.result === "x" ? i32.const(scratch(sizeOf(filter) * wordBytes)) : undefined;
  const batch = broadcastShapes(...operands.map((operand) => operand.shape.slice(0, -4)))!;
  const lanes = operands.map((operand) => lanesOf(operand, batch));
  forEachPlace(fn, batch, lanes, ([images, weights, pixels]) => {
    if (turned) {
      const [outputs, depth] = [filter[3], sizeOf(filter.slice(0, 3))];
      const from = { start: weights!, steps: [wordBytes, outputs * wordBytes] };
      stridedCopy(fn, [outputs, depth], from, { start: turned, steps: byteStrides([outputs, depth]) });
    }
    const walks = [
      { start: images!, steps: [sizeOf(x.slice(1)) * wordBytes] },
      { start: pixels!, steps: [sizeOf(y.slice(1)) * wordBytes] },
    ];
    forEachPlace(fn, [x[0]], walks, ([image, places]) => workOnImage(image!, turned ?? weights!, places!));
  });
}

export const convolutionKernels: Readonly<Record<string, Kernel>> = {
  conv2d: (context, [x, filter], [y], attributes) =>
    convolve(context, { x: x!, filter: filter!, y: y!, result: "y" }, attributes),
  conv2dInputGradient: (context, [y, filter], [x], attributes) =>
    convolve(context, { x: x!, filter: filter!, y: y!, result: "x" }, attributes),
  conv2dFilterGradient: (context, [x, y], [filter], attributes) =>
    convolve(context, { x: x!, filter: filter!, y: y!, result: "filter" }, attributes),
};
