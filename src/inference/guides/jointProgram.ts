// Guides whose choices are drawn together: one vector of unconstrained coordinates, cut up and mapped onto the supports.
import type { Tensor } from "@tensorflow/tfjs-core";
import * as tf from "@tensorflow/tfjs-core";
import type { Call } from "../../dsl/call.js";
import type { Choices } from "../../dsl/choices.js";
import type { Effects } from "../../dsl/effects.js";
import { drive } from "../../dsl/verbs.js";
import { namedKey } from "../../ops/random.js";
import { sizeOf } from "../../util/shapes.js";
import type { Site } from "./sites.js";
import { wholeProgram } from "./wholeProgram.js";

/** The distribution of a vector of all unconstrained coordinates. */
export interface Joint {
  /** Draws a vector, and gives its log density with it. */
  readonly draw: () => Effects<unknown, { readonly vector: Tensor; readonly logDensity: Tensor }>;
  /** The log density of a vector that is given. */
  readonly assess: (vector: Tensor) => Tensor;
}

/** How many unconstrained coordinates there are. */
export const coordinatesOf = (sites: readonly Site[]): number =>
  sites.reduce((sum, { unconstrained }) => sum + sizeOf(unconstrained), 0);

/** Tensors one after the other, flat. */
export const joined = (parts: readonly Tensor[]): Tensor => tf.concat(parts.map((part) => tf.reshape(part, [-1])));

/** log q(x) = log q(u) − Σ log |det ∂x/∂u|, exactly. */
export function jointProgram(name: string, sites: readonly Site[], joint: Joint): Call<Choices, Choices> {
  const outwards = (vectors: readonly Tensor[]): Tensor =>
    sites.reduce((sum, { bijector }, i) => tf.add(sum, tf.sum(bijector.logDet(vectors[i]!))), tf.scalar(0));
  return wholeProgram(name, sites, {
    draw: (key) => {
      const { vector, logDensity } = drive(joint.draw() as Parameters<typeof drive>[0], namedKey(key, "draw")) as {
        readonly vector: Tensor;
        readonly logDensity: Tensor;
      };
      let from = 0;
      const parts = sites.map(({ unconstrained }) => {
        const part = tf.slice(vector, [from], [sizeOf(unconstrained)]);
        from += sizeOf(unconstrained);
        return tf.reshape(part, [...unconstrained]);
      });
      const values = sites.map(({ bijector }, i) => bijector.forward(parts[i]!));
      return { values, logDensity: tf.sub(logDensity, outwards(parts)) };
    },
    assess: (values) => {
      const parts = sites.map(({ bijector }, i) => bijector.inverse(values[i]!));
      return tf.sub(joint.assess(joined(parts)), outwards(parts));
    },
  });
}
