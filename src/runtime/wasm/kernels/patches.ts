// Images as matrices: a row for each place of the filter, with the pixels under it.
import type { Attributes, DType } from "../../../ir/program.js";
import { sizeOf } from "../../../util/shapes.js";
import type { I32 } from "../assembler/expression.js";
import type { FunctionBuilder } from "../assembler/functionBuilder.js";
import { i32 } from "../assembler/i32.js";
import { addRun } from "./runs.js";
import { byteStrides, collapsed, forEachPlace, type Walk, wordBytes } from "./walks.js";

export type Four = readonly [number, number, number, number];
type Pair = readonly [number, number];

/** What the filter sees of one image. */
export interface Geometry {
  /** [height, width, channels] */
  readonly image: readonly [number, number, number];
  /** The image with the zeros around it, and without what negative padding cuts off. */
  readonly frame: readonly [number, number, number];
  /** How far the image begins after the frame. */
  readonly before: Pair;
  /** [rows of places, places in a row, filter height, filter width, channels] */
  readonly patches: readonly [number, number, number, number, number];
  /** Steps in bytes through the frame along these. */
  readonly steps: readonly number[];
  /** Whether the frame is anything else than the image. */
  readonly isFramed: boolean;
  /** Whether patches are anything else than the frame's pixels in their order. */
  readonly isPatched: boolean;
}

/** From the own shapes of images [n, height, width, channels], filter and results, and the attributes of the operation. */
export function geometryOf(x: Four, filter: Four, y: Four, { strides, dilations, padding }: Attributes): Geometry {
  const [, height, width, channels] = x;
  const [[top, bottom], [left, right]] = padding as [Pair, Pair];
  const image = [height, width, channels] as const;
  const frame = [height + top + bottom, width + left + right, channels] as const;
  const patches = [y[1], y[2], filter[0], filter[1], channels] as const;
  const [down, across, along] = byteStrides(frame) as [number, number, number];
  const steps = [down * strides[0], across * strides[1], down * dilations[0], across * dilations[1], along];
  const plain = byteStrides(patches);
  return {
    image,
    frame,
    before: [top, left],
    patches,
    steps,
    isFramed: [top, bottom, left, right].some((amount) => amount !== 0),
    isPatched: !plain.every((step, axis) => patches[axis] === 1 || step === steps[axis]),
  };
}

/** The pixels that image and frame have in common: how many, and the walks through them in both. */
export function commonPixels({ image, frame, before }: Geometry, ofImage: I32, ofFrame: I32) {
  const cut = before.map((amount) => Math.max(0, -amount));
  const sizes = cut.map((skipped, axis) => Math.max(0, Math.min(image[axis]!, frame[axis]! - before[axis]!) - skipped));
  const walk = (start: I32, shape: readonly number[], first: readonly number[]): Walk => {
    const steps = byteStrides(shape);
    return { start: i32.add(start, steps[0]! * first[0]! + steps[1]! * first[1]!), steps };
  };
  return {
    sizes: [...sizes, image[2]],
    inImage: walk(ofImage, image, cut),
    inFrame: walk(
      ofFrame,
      frame,
      cut.map((skipped, axis) => skipped + before[axis]!),
    ),
  };
}

/** Patches of that many bytes stay in the second-level cache. */
const blockBytes = 131_072;

/** How many rows of places are worked on together: they divide all rows evenly. */
export function rowsAtOnce({ patches }: Geometry): number {
  const bytes = sizeOf(patches.slice(1)) * wordBytes;
  let rows = Math.max(1, Math.min(patches[0], Math.floor(blockBytes / bytes)));
  while (patches[0] % rows !== 0) rows--;
  return rows;
}

/** Adds an array to another one, in which places may coincide. */
export function stridedAdd(fn: FunctionBuilder, shape: readonly number[], from: Walk, to: Walk, dtype: DType): void {
  const { sizes, walks } = collapsed(shape, [from, to]);
  const isRun = sizes.length > 0 && walks.every(({ steps }) => steps.at(-1) === wordBytes);
  const count = isRun ? sizes.pop()! : 1;
  const outer = walks.map(({ start, steps }) => ({ start, steps: steps.slice(0, sizes.length) }));
  forEachPlace(fn, sizes, outer, ([source, target]) => addRun(fn, target!, source!, count, dtype));
}
