// The page's program: Elbow's webgpu engine and tfjs' webgpu backend, which the page imports as users do.
import * as tf from "@tensorflow/tfjs-core";
import "@tensorflow/tfjs-backend-webgpu";
import { elbo, engineByName, fit, gen, normal, observe, sample } from "elbow";
import { build } from "../../src/ir/builder.js";
import { greater } from "../../src/ir/primitives/comparison.js";
import { add, mul } from "../../src/ir/primitives/elementwise.js";
import type { TfjsBackend } from "../../src/runtime/webgpu/tfjsBuffers.js";
import type { WebgpuEngine } from "../../src/runtime/webgpu/webgpuEngine.js";
import { mappedBytes } from "../runtime/webgpu/mappedBytes.js";

export interface SharingReport {
  readonly isSameDevice: boolean;
  /** Read by the host during rounds of programs and tfjs' operations, and in a fit. */
  readonly bytesOfRounds: number;
  readonly bytesOfFit: number;
  /** The first and last elements of each result of the rounds. */
  readonly results: readonly (readonly number[])[];
  readonly fitted: number;
}

const length = 30_000;
const type = { shape: [length], dtype: "float32" as const };

const page = {
  share: async (): Promise<SharingReport> => {
    await tf.setBackend("webgpu");
    const engine = (await engineByName("webgpu")) as WebgpuEngine;
    const program = build([type, type], (x, y) => [add(x, mul(y, 2)), greater(x, y)]);
    const executable = engine.compile(program);
    let [x, y]: tf.Tensor[] = tf.tidy(() => [tf.mul(tf.range(0, length), 0.5), tf.ones([length])]);
    let flags: tf.Tensor | undefined;
    const bytesOfRounds = await mappedBytes(async () => {
      for (let round = 0; round < 3; round++) {
        const [sum, isGreater] = await executable.runAsync([x!, y!]);
        [x, y] = tf.tidy(() => [tf.sub(sum!, 1), tf.add(y!, tf.cast(isGreater!, "float32"))]);
        flags = isGreater;
      }
    });
    const ends = async (tensor: tf.Tensor) => {
      const values = await tensor.data();
      return [values[0]!, values[length - 1]!, values.length];
    };
    const model = gen(function* (from: tf.Tensor, to: tf.Tensor) {
      const b = yield* sample("b", normal(0, 1));
      yield* observe("y", normal(tf.mul(from, b), 0.5), to);
    });
    const guide = gen(function* (q: { loc: tf.Tensor; scale: tf.Tensor }, _from: tf.Tensor, _to: tf.Tensor) {
      yield* sample("b", normal(q.loc, tf.exp(q.scale)));
    });
    const data = tf.tidy((): [tf.Tensor, tf.Tensor] => {
      const from = tf.sin(tf.range(0, length));
      return [from, tf.mul(from, 0.7)];
    });
    let fitted = Number.NaN;
    const bytesOfFit = await mappedBytes(async () => {
      const parameters: { loc: tf.Tensor; scale: tf.Tensor } = { loc: tf.scalar(0.5), scale: tf.scalar(-3) };
      const result = await fit(elbo(model, guide), { parameters, data, steps: 300, engine: "webgpu" });
      fitted = (await result.parameters.loc.data())[0]!;
    });
    return {
      isSameDevice: (tf.backend() as unknown as TfjsBackend).device === engine.device,
      bytesOfRounds,
      bytesOfFit,
      results: [await ends(x!), await ends(y!), await ends(flags!)],
      fitted,
    };
  },
};

export type SharingPage = typeof page;

Object.assign(globalThis, { page });
