// One pass of Attend–Infer–Repeat over its training set, as `fit` makes it: minibatches are picked on the device.
import * as tf from "@tensorflow/tfjs-core";
import { adam, type Engine, fit, minibatches } from "elbow";
import { bound, makeNetwork, sizes } from "../../models/air.js";
import { canvasPixels, makeCanvases } from "../../models/support/canvases.js";
import { loadDigits } from "../../models/support/digits.js";

export interface Epoch {
  readonly engine: string;
  readonly canvases: number;
  readonly steps: number;
  /** Wall time of the steps, without tracing and compiling. */
  readonly seconds: number;
  readonly compileMs: number;
  /** The bound, as a mean over the epoch. */
  readonly objective: number;
}

const batch = 64;

/** Full networks, all numbers of objects enumerated, learning rate 10⁻⁴, batches of 64. */
export async function measureEpoch(engine: Engine, canvases: number): Promise<Epoch> {
  const { images } = makeCanvases((await loadDigits()).train, canvases, 0);
  const data = tf.tensor2d(images, [canvases, canvasPixels]);
  const steps = Math.floor(canvases / batch);
  try {
    const { parameters, seconds, compileMs, history } = await fit(bound("enumerate"), {
      parameters: makeNetwork(sizes.full),
      data: minibatches([data], { size: batch }),
      steps,
      reportEvery: steps,
      optimizer: adam({ learningRate: 1e-4 }),
      engine,
    });
    tf.dispose(parameters as unknown as tf.TensorContainer);
    const { objective } = history[0]!;
    return { engine: engine.name, canvases, steps, seconds: seconds - compileMs / 1000, compileMs, objective };
  } finally {
    data.dispose();
  }
}
