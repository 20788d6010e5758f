import type { Tensor } from "@tensorflow/tfjs-core";
import type { Data } from "./arrays.js";
import type { Engine } from "./engine.js";

/** The values of tensors that the engine has made, or others. */
export const readTensors = (engine: Engine, tensors: readonly Tensor[]): Promise<Data[]> =>
  engine.read?.(tensors) ?? Promise.all(tensors.map((tensor) => tensor.data() as Promise<Data>));
