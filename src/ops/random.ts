// Counter-based random numbers as functions on tfjs tensors.

import * as tf from "@tensorflow/tfjs-core";
import { Tensor } from "@tensorflow/tfjs-core";
import { ElbowError } from "../errors.js";
import { applyEmitter, asTensor } from "../ir/lifted.js";
import * as random from "../ir/primitives/random.js";
import { described } from "../util/described.js";
import { checkInteger, checkShape, checkText } from "../util/expected.js";
import { hashAddress, keyFromSeed } from "../util/keys.js";
import type { Shape } from "../util/shapes.js";

/** @throws ElbowError "key" for what is no tensor of keys */
function checkKey(where: string, key: unknown): void {
  if (key instanceof Tensor && key.dtype === "int32" && key.shape.at(-1) === 2) return;
  throw new ElbowError("key", {
    message: `${where} takes a random key\n  expected: int32 [..., 2]\n  received: ${described(key)}`,
    hint: "seedKey(0) makes one; namedKey and foldIn derive others from it.",
  });
}

/** The key of a seed (a non-negative safe integer). */
export const seedKey = (seed: number): Tensor => tf.tensor1d(keyFromSeed(seed), "int32");

/** The key of a named part of a computation. */
export function namedKey(key: Tensor, name: string): Tensor {
  checkText("namedKey", "the name", name, 'Write namedKey(key, "noise").');
  checkKey("namedKey", key);
  return foldIn(key, hashAddress(name));
}

/** Derives keys: key […k, 2] and integers of shape d give keys [...broadcast(k, d), 2]. */
export function foldIn(key: Tensor, data: Tensor | number): Tensor {
  checkKey("foldIn", key);
  if (typeof data === "number") checkInteger("foldIn", "the number", data);
  return applyEmitter((k, d) => [random.foldIn(k!, d!)], [key, asTensor(data, "int32", "foldIn: the number")])[0]!;
}

/** Standard normals of the given shape. */
export function standardNormal(key: Tensor, shape: Shape): Tensor {
  checkKey("standardNormal", key);
  checkShape("standardNormal", shape);
  return applyEmitter((k) => [random.randomNormal(k!, shape)], [key])[0]!;
}

/** Uniforms on the open unit interval. */
export function standardUniform(key: Tensor, shape: Shape): Tensor {
  checkKey("standardUniform", key);
  checkShape("standardUniform", shape);
  return applyEmitter((k) => [random.randomUniform(k!, shape)], [key])[0]!;
}
