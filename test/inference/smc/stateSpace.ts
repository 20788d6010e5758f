// The linear Gaussian state space of rows 31 and 32 of ../shared/seed-rows.md, with its likelihood in plain numbers.
import type { Tensor } from "@tensorflow/tfjs-core";
import * as tf from "@tensorflow/tfjs-core";
import { fivo, normal, type ResamplingOptions, type StateSpaceModel } from "elbow";

export const values = [0.5, 0.9, 0.2, -0.4, -1.1, -0.6, 0.3, 1.4, 1, 0.1];
export const y = tf.tensor1d(values);

export const model = (a: Tensor | number): StateSpaceModel => ({
  initial: () => normal(0, 1),
  transition: (z) => normal(tf.mul(z, a), 0.5),
  observation: (z) => normal(z, 0.8),
});

/** log p(y_1, …, y_T), by the Kalman filter. */
export function truth(a: number, steps = values.length): number {
  let [mean, variance, sum] = [0, 1, 0];
  for (const [t, now] of values.slice(0, steps).entries()) {
    if (t > 0) [mean, variance] = [a * mean, a * a * variance + 0.25];
    const total = variance + 0.64;
    sum += -0.5 * ((now - mean) ** 2 / total + Math.log(2 * Math.PI * total));
    const gain = variance / total;
    [mean, variance] = [mean + gain * (now - mean), (1 - gain) * variance];
  }
  return sum;
}

export const filterBound = (particles: number, resampling: ResamplingOptions = {}) =>
  fivo(({ a }: { a: Tensor }, observations: Tensor) => ({ model: model(a), observations }), { particles, resampling });
