// What is timed on a GPU: the workloads of the other benches, the autoencoder at large batches, and Attend–Infer–Repeat.
import * as tf from "@tensorflow/tfjs-core";
import { bound, makeNetwork, sizes } from "../../models/air.js";
import { canvasSide, makeCanvases } from "../../models/support/canvases.js";
import { loadDigits } from "../../models/support/digits.js";
import type { Variant } from "../harness/workload.js";
import { workloads as benched } from "../workloads/all.js";
import { vaeVariant } from "../workloads/vae.js";
import type { DeviceVariant } from "./measureOnDevice.js";

export interface DeviceWorkload {
  readonly name: string;
  readonly variants: readonly (() => DeviceVariant | Promise<DeviceVariant>)[];
}

/** The network of the measurements in Becker et al., "Probabilistic Programming with Programmable Variational Inference" (2024). */
const published = { pixels: 784, hidden: 200, latent: 10 };

const autoencoder = (batch: number, size?: typeof published) => () =>
  vaeVariant(`${size ? "784-200-10" : "784-400-20"}, B=${batch}`, batch, 1, 5, size);

async function air(batch: number): Promise<DeviceVariant> {
  const { images } = makeCanvases((await loadDigits()).train, batch, 0);
  return {
    name: `enumerate, B=${batch}`,
    parameters: makeNetwork(sizes.full) as unknown as Variant["parameters"],
    data: [tf.tensor2d(images, [batch, canvasSide ** 2])],
    draws: 1,
    learningRate: 1e-4,
    scale: 1,
    objective: () => bound("enumerate") as unknown as ReturnType<Variant["objective"]>,
  };
}

/** All of them, in order; `quick` leaves the large ones out. */
export const deviceWorkloads = (isQuick: boolean): DeviceWorkload[] => [
  ...[...benched].map(([name, make]) => ({ name, variants: make().variants.map((variant) => () => variant) })),
  {
    name: "VAE",
    variants: [
      ...[64, 128, 256, 512, 1024].slice(0, isQuick ? 1 : 5).map((batch) => autoencoder(batch, published)),
      ...[1024, 2048, 8192].slice(0, isQuick ? 1 : 3).map((batch) => autoencoder(batch)),
    ],
  },
  { name: "AIR", variants: [() => air(64)] },
];
