// Counter-based random numbers as functions on tfjs tensors.
import type { Tensor } from "@tensorflow/tfjs-core";
import * as tf from "@tensorflow/tfjs-core";
import { applyEmitter, asTensor } from "../ir/lifted.js";
import * as random from "../ir/primitives/random.js";
import { hashAddress, keyFromSeed } from "../util/keys.js";
import type { Shape } from "../util/shapes.js";

/** The key of a seed (a non-negative safe integer). */
export const seedKey = (seed: number): Tensor => tf.tensor1d(keyFromSeed(seed), "int32");

/** The key of a named part of a computation. */
export const namedKey = (key: Tensor, name: string): Tensor => foldIn(key, hashAddress(name));

/** Derives keys: key […k, 2] and integers of shape d give keys [...broadcast(k, d), 2]. */
export const foldIn = (key: Tensor, data: Tensor | number): Tensor =>
  applyEmitter((k, d) => [random.foldIn(k!, d!)], [key, asTensor(data, "int32")])[0]!;

/** Standard normals of the given shape. */
export const standardNormal = (key: Tensor, shape: Shape): Tensor =>
  applyEmitter((k) => [random.randomNormal(k!, shape)], [key])[0]!;

/** Uniforms on the open unit interval. */
export const standardUniform = (key: Tensor, shape: Shape): Tensor =>
  applyEmitter((k) => [random.randomUniform(k!, shape)], [key])[0]!;
