// Counter-based random numbers. A key is an int32 tensor of shape […, 2]; nothing here has state or a derivative.
import { ElbowError } from "../../errors.js";
import { broadcastShapes, forEachBroadcast, formatShape, type Shape, sizeOf } from "../../util/shapes.js";
import { threefry } from "../../util/threefry.js";
import { emitOne, lift, type Value } from "../builder.js";
import { operation, type Primitive, primitive } from "../primitive.js";
import type { DType, Elements, Type, Variable } from "../program.js";
import { broadcastAxes, reshape } from "./axes.js";

function checkKey(name: string, key: Type): void {
  if (key.dtype === "int32" && key.shape.at(-1) === 2) return;
  throw new ElbowError("key", {
    message: `${name} takes a random key\n  expected: int32 [..., 2]\n  received: ${key.dtype} ${formatShape(key.shape)}`,
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

/** A source of random numbers: key […k, 2] ↦ [...k, ...shape]. Attributes: `shape`. */
const source = (name: string, dtype: DType, fill: (key0: number, key1: number, out: Elements) => void): Primitive => {
  const self: Primitive = primitive({
    name,
    isRandom: true,
    infer: ([key], { shape }) => {
      checkKey(name, key!);
      return [{ shape: [...key!.shape.slice(0, -1), ...shape], dtype }];
    },
    evaluate: ([key], { shape }) => {
      const size = sizeOf(shape);
      const out = new Float64Array((key!.elements.length / 2) * size);
      for (let i = 0; 2 * i < key!.elements.length; i++)
        fill(key!.elements[2 * i]! | 0, key!.elements[2 * i + 1]! | 0, out.subarray(i * size, (i + 1) * size));
      return [out];
    },
    batch: ([key], attributes) => [emitOne(self, [key!], attributes)],
    axes: ([key]) => [[key!.shape.map((_, axis) => (axis < key!.shape.length - 1 ? axis : null))]],
  });
  return self;
};

/**
 * Elements come from blocks of two words in groups of eight: words 0 of four blocks, then words 1 of the same four. So four
 * SIMD lanes compute four blocks, and an element's value does not depend on how many there are.
 */
const firstElementOf = (block: number): number => ((block >> 2) << 3) | (block & 3);
const blocksOf = (size: number): number => ((size >> 3) << 2) + Math.min(size & 7, 4);

const bits = source("randomBits", "int32", (key0, key1, out) => {
  const words = new Int32Array(2);
  for (let block = 0, count = blocksOf(out.length); block < count; block++) {
    threefry(key0, key1, 0, block, words);
    const at = firstElementOf(block);
    out[at] = words[0]!;
    if (at + 4 < out.length) out[at + 4] = words[1]!;
  }
});

/** The middle of one of 2²³ equal cells of (0, 1): exact in float32, never 0 or 1. */
const unit = (word: number): number => ((word >>> 9) + 0.5) * 2 ** -23;

const uniform = source("randomUniform", "float32", (key0, key1, out) => {
  const words = new Int32Array(2);
  for (let block = 0, count = blocksOf(out.length); block < count; block++) {
    threefry(key0, key1, 0, block, words);
    const at = firstElementOf(block);
    out[at] = unit(words[0]!);
    if (at + 4 < out.length) out[at + 4] = unit(words[1]!);
  }
});

/** Box–Muller on each block: √(−2 log u₁)·(cos 2πu₂, sin 2πu₂). */
const normal = source("randomNormal", "float32", (key0, key1, out) => {
  const words = new Int32Array(2);
  for (let block = 0, count = blocksOf(out.length); block < count; block++) {
    threefry(key0, key1, 0, block, words);
    const radius = Math.sqrt(-2 * Math.log(unit(words[0]!)));
    const angle = 2 * Math.PI * unit(words[1]!);
    const at = firstElementOf(block);
    out[at] = radius * Math.cos(angle);
    if (at + 4 < out.length) out[at + 4] = radius * Math.sin(angle);
  }
});

const drawing = (self: Primitive) =>
  operation((key: Variable, shape: Shape): Variable => emitOne(self, [key], { shape: [...shape] }), self);

/** Uniformly random 32-bit integers (signed): key […k, 2] ↦ [...k, ...shape]. */
export const randomBits = drawing(bits);
/** Uniform numbers in the open interval (0, 1): key […k, 2] ↦ [...k, ...shape]. */
export const randomUniform = drawing(uniform);
/** Standard normal numbers: key […k, 2] ↦ [...k, ...shape]. */
export const randomNormal = drawing(normal);
