// Programs large enough for threads to share, of all kinds of work, and the bits of their results.
import * as tf from "@tensorflow/tfjs-core";
import { build } from "../../../../src/ir/builder.js";
import { reduceSum, transpose } from "../../../../src/ir/primitives/axes.js";
import { add, mul } from "../../../../src/ir/primitives/elementwise.js";
import { exp, tanh } from "../../../../src/ir/primitives/exponential.js";
import { matMul } from "../../../../src/ir/primitives/matMul.js";
import { randomBits, randomNormal, randomUniform } from "../../../../src/ir/primitives/random.js";
import { reduceMax } from "../../../../src/ir/primitives/reductions.js";
import type { DType, Program } from "../../../../src/ir/program.js";
import { sizeOf } from "../../../../src/util/shapes.js";

const float = (...shape: number[]) => ({ shape, dtype: "float32" as const });
const keys = (...shape: number[]) => ({ shape: [...shape, 2], dtype: "int32" as const });

/** Each with work for threads; sizes with and without remainders of four, of blocks and of tiles. */
export const programs: Readonly<Record<string, Program>> = {
  "a long loop": build([float(100_003), float()], (x, y) => [tanh(mul(exp(x), y))]),
  "rows of no multiple of four": build([float(301, 177), float(177)], (x, y) => [tanh(add(x, y)), mul(x, y)]),
  "a sum of everything": build([float(200_001)], (x) => [reduceSum(tanh(x))]),
  "sums alone": build([float(400_003), float(1411, 203), float(30, 90, 70)], (x, y, z) => [
    reduceSum(x),
    reduceMax(x, [0]),
    reduceSum(y, [1]),
    reduceSum(z, [0, 2]),
  ]),
  "sums of rows and of columns": build([float(411, 203)], (x) => [
    reduceSum(exp(x), [1]),
    reduceSum(exp(x), [0]),
    reduceMax(tanh(x), [0, 1]),
  ]),
  "draws from one key": build([keys()], (key) => [
    randomNormal(key, [30_001]),
    randomUniform(key, [40_016]),
    randomBits(key, [50_007]),
  ]),
  "draws from many keys": build([keys(3000)], (key) => [
    randomNormal(key, [20]),
    randomNormal(key, [17]),
    randomUniform(key, []),
    tanh(randomNormal(key, [])),
  ]),
  "products with remainders": build([float(133, 601), float(601, 71), float(133, 601)], (x, y, z) => [
    matMul(x, y),
    matMul(transpose(x, [1, 0]), z),
    matMul(x, transpose(z, [1, 0])),
  ]),
  "a large product": build([float(512, 600), float(600, 520)], (x, y) => [tanh(matMul(x, y))]),
  "thin products": build([float(10, 10_000), float(10_000, 51), float(51, 10), float(10_000, 1)], (x, y, z, w) => [
    matMul(x, y),
    matMul(y, z),
    matMul(x, w),
    matMul(transpose(y, [1, 0]), w),
  ]),
  "products of a batch": build([float(5, 96, 80), float(80, 400)], (x, y) => [matMul(x, y)]),
};

/** Smooth numbers, and any bits for keys. */
export const inputsOf = ({ inputs }: Program): tf.Tensor[] =>
  inputs.map(({ shape, dtype }, k) =>
    tf.tensor(
      Float32Array.from({ length: sizeOf(shape) }, (_, i) =>
        dtype === "int32" ? (1_000_003 * (i + k)) % 65_536 : Math.sin(k + 1.7 * i),
      ),
      [...shape],
      dtype as DType,
    ),
  );

/** A short text for the bits of tensors: equal bits, equal texts. */
export const bitsOf = (tensors: readonly tf.Tensor[]): string[] =>
  tensors.map((tensor) => {
    const values = tensor.dataSync();
    const words = values instanceof Float32Array ? new Int32Array(values.slice().buffer) : Int32Array.from(values);
    return `${words.length}: ${words.reduce((hash, word) => (Math.imul(hash, 31) + word) | 0, 7)}`;
  });
