// Counter-based random numbers. A key is an int32 tensor of shape […, 2]; nothing here has state or a derivative.
import { ElbowError } from "../../errors.js";
import {
  broadcastShapes,
  forEachBroadcast,
  formatShape,
  range,
  type Shape,
  sameShape,
  sizeOf,
} from "../../util/shapes.js";
import { threefry } from "../../util/threefry.js";
import { emitOne, lift, type Value } from "../builder.js";
import { operation, type Primitive, primitive } from "../primitive.js";
import type { DType, Elements, Type, Variable } from "../program.js";
import { broadcastAxes, broadcastTo, reshape } from "./axes.js";

function checkKey(name: string, key: Type): void {
  if (key.dtype === "int32" && key.shape.at(-1) === 2) return;
  throw new ElbowError("key", {
    message: `${name} takes a random key\n  expected: int32 [..., 2]\n  received: ${key.dtype} ${formatShape(key.shape)}`,
    hint: "seedKey(0) makes one; namedKey and foldIn derive others from it.",
  });
}

/** A new key for every (key, datum): threefry(key, counter (0, datum)), which is JAX's `fold_in`. */
const foldInPrimitive: Primitive = primitive({
  name: "foldIn",
  isRandom: true,
  infer: ([key, data]) => {
    checkKey("foldIn", key!);
    const shape = broadcastShapes(key!.shape.slice(0, -1), data!.shape);
    if (!shape || data!.dtype !== "int32")
      throw new ElbowError("shape", {
        message: `foldIn: keys ${formatShape(key!.shape)} and data ${data!.dtype} ${formatShape(data!.shape)} do not fit`,
      });
    return [{ shape: [...shape, 2], dtype: "int32" }];
  },
  evaluate: ([key, data]) => {
    const keys = key!.shape.slice(0, -1);
    const shape = broadcastShapes(keys, data!.shape)!;
    const out = new Float64Array(2 * sizeOf(shape));
    const words = new Int32Array(2);
    forEachBroadcast(shape, [keys, data!.shape], (at, [i, j]) => {
      threefry(key!.elements[2 * i!]!, key!.elements[2 * i! + 1]!, 0, data!.elements[j!]!, words);
      out[2 * at] = words[0]!;
      out[2 * at + 1] = words[1]!;
    });
    return [out];
  },
  batch: ([key, data], _, rank) => {
    const own = Math.max(key!.shape.length - 1, data!.shape.length);
    const pad = (x: Variable, ownRank: number): Variable => {
      const missing = new Array<number>(own - ownRank).fill(1);
      return reshape(x, [...x.shape.slice(0, rank), ...missing, ...x.shape.slice(rank)]);
    };
    return [foldIn(pad(key!, key!.shape.length - 1), pad(data!, data!.shape.length))];
  },
  axes: ([key, data], _, [output]) => {
    const to = output!.shape.slice(0, -1);
    return [[[...broadcastAxes(key!.shape.slice(0, -1), to), null], broadcastAxes(data!.shape, to)]];
  },
});
/** Derives keys: key […k, 2] and int32 data of any shape d give keys [...broadcast(k, d), 2]. */
export const foldIn = operation(
  (key: Variable, data: Value): Variable => emitOne(foldInPrimitive, [key, ...lift([data], "int32")]),
  foldInPrimitive,
);

/** Writes one key's numbers of a stream. */
type Fill = (key0: number, key1: number, stream: number, out: Elements) => void;

/**
 * A source of random numbers: key […k, 2] and stream (int32 scalar or […k], absent: 0) ↦ [...k, ...shape]. Block c of
 * stream t is threefry(key, counter (t, c)), so streams of one key are as independent as keys are, and cost no derivation.
 * Attributes: `shape`.
 */
const source = (name: string, dtype: DType, fill: Fill): Primitive => {
  const self: Primitive = primitive({
    name,
    isRandom: true,
    infer: ([key, stream], { shape }) => {
      checkKey(name, key!);
      const keys = key!.shape.slice(0, -1);
      if (stream && (stream.dtype !== "int32" || (stream.shape.length > 0 && !sameShape(stream.shape, keys))))
        throw new ElbowError("key", {
          message: `${name} takes one stream, or one for each key\n  expected: int32 [] or int32 ${formatShape(keys)}\n  received: ${stream.dtype} ${formatShape(stream.shape)}`,
        });
      return [{ shape: [...keys, ...shape], dtype }];
    },
    evaluate: ([key, stream], { shape }) => {
      const size = sizeOf(shape);
      const out = new Float64Array((key!.elements.length / 2) * size);
      const streamOf = (i: number): number => stream?.elements[stream.shape.length === 0 ? 0 : i] ?? 0;
      for (let i = 0; 2 * i < key!.elements.length; i++)
        fill(
          key!.elements[2 * i]! | 0,
          key!.elements[2 * i + 1]! | 0,
          streamOf(i),
          out.subarray(i * size, (i + 1) * size),
        );
      return [out];
    },
    batch: ([key, stream], attributes, rank) => {
      if (!stream) return [emitOne(self, [key!], attributes)];
      if (sizeOf(stream.shape) === 1 && stream.shape.length === rank)
        return [emitOne(self, [key!, reshape(stream, [])], attributes)];
      const own = key!.shape.slice(rank);
      const batch = range(rank).map((axis) => Math.max(key!.shape[axis]!, stream.shape[axis]!));
      const missing = new Array<number>(own.length - 1 - (stream.shape.length - rank)).fill(1);
      const streams = reshape(stream, [...stream.shape.slice(0, rank), ...missing, ...stream.shape.slice(rank)]);
      const operands = [broadcastTo(key!, [...batch, ...own]), broadcastTo(streams, [...batch, ...own.slice(0, -1)])];
      return [emitOne(self, operands, attributes)];
    },
    axes: ([key, stream]) => [
      [
        key!.shape.map((_, axis) => (axis < key!.shape.length - 1 ? axis : null)),
        ...(stream ? [stream.shape.map((_, axis) => axis)] : []),
      ],
    ],
  });
  return self;
};

/**
 * Elements come from blocks of two words in groups of eight: words 0 of four blocks, then words 1 of the same four. So four
 * SIMD lanes compute four blocks, and an element's value does not depend on how many there are.
 */
const firstElementOf = (block: number): number => ((block >> 2) << 3) | (block & 3);
const blocksOf = (size: number): number => ((size >> 3) << 2) + Math.min(size & 7, 4);

const bits = source("randomBits", "int32", (key0, key1, stream, out) => {
  const words = new Int32Array(2);
  for (let block = 0, count = blocksOf(out.length); block < count; block++) {
    threefry(key0, key1, stream, block, words);
    const at = firstElementOf(block);
    out[at] = words[0]!;
    if (at + 4 < out.length) out[at + 4] = words[1]!;
  }
});

/** The middle of one of 2²³ equal cells of (0, 1): exact in float32, never 0 or 1. */
const unit = (word: number): number => ((word >>> 9) + 0.5) * 2 ** -23;

const uniform = source("randomUniform", "float32", (key0, key1, stream, out) => {
  const words = new Int32Array(2);
  for (let block = 0, count = blocksOf(out.length); block < count; block++) {
    threefry(key0, key1, stream, block, words);
    const at = firstElementOf(block);
    out[at] = unit(words[0]!);
    if (at + 4 < out.length) out[at + 4] = unit(words[1]!);
  }
});

/** Box–Muller on each block: √(−2 log u₁)·(cos 2πu₂, sin 2πu₂). */
const normal = source("randomNormal", "float32", (key0, key1, stream, out) => {
  const words = new Int32Array(2);
  for (let block = 0, count = blocksOf(out.length); block < count; block++) {
    threefry(key0, key1, stream, block, words);
    const radius = Math.sqrt(-2 * Math.log(unit(words[0]!)));
    const angle = 2 * Math.PI * unit(words[1]!);
    const at = firstElementOf(block);
    out[at] = radius * Math.cos(angle);
    if (at + 4 < out.length) out[at + 4] = radius * Math.sin(angle);
  }
});

const drawing = (self: Primitive) =>
  operation(
    (key: Variable, shape: Shape, stream?: Variable): Variable =>
      emitOne(self, stream ? [key, stream] : [key], { shape: [...shape] }),
    self,
  );

/** Uniformly random 32-bit integers (signed): key […k, 2], stream ↦ [...k, ...shape]. */
export const randomBits = drawing(bits);
/** Uniform numbers in the open interval (0, 1): key […k, 2], stream ↦ [...k, ...shape]. */
export const randomUniform = drawing(uniform);
/** Standard normal numbers: key […k, 2], stream ↦ [...k, ...shape]. */
export const randomNormal = drawing(normal);
