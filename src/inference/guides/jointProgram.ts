// Guides whose choices are drawn together: one vector of unconstrained coordinates, cut up and mapped onto the supports.
import type { Tensor } from "@tensorflow/tfjs-core";
import * as tf from "@tensorflow/tfjs-core";
import type { Call } from "../../dsl/call.js";
import type { Choices } from "../../dsl/choices.js";
import type { Effects } from "../../dsl/effects.js";
import { drive } from "../../dsl/verbs.js";
import { namedKey } from "../../ops/random.js";
import { type Shape, sizeOf } from "../../util/shapes.js";
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

/** The distribution of the unconstrained coordinates of every site. */
export interface JointParts {
  /** Draws the coordinates of all sites, and gives their log density. */
  readonly draw: () => Effects<unknown, { readonly parts: readonly Tensor[]; readonly logDensity: Tensor }>;
  /** The log density of coordinates that are given. */
  readonly assess: (parts: readonly Tensor[]) => Tensor;
}

/** log q(x) = log q(u) − Σ log |det ∂x/∂u|, exactly. */
export function partsProgram(name: string, sites: readonly Site[], joint: JointParts): Call<Choices, Choices> {
  const outwards = (parts: readonly Tensor[]): Tensor =>
    sites.reduce((sum, { bijector }, i) => tf.add(sum, tf.sum(bijector.logDet(parts[i]!))), tf.scalar(0));
  return wholeProgram(name, sites, {
    draw: (key) => {
      const { parts, logDensity } = drive(joint.draw() as Parameters<typeof drive>[0], namedKey(key, "draw")) as {
        readonly parts: readonly Tensor[];
        readonly logDensity: Tensor;
      };
      const values = sites.map(({ bijector }, i) => bijector.forward(parts[i]!));
      return { values, logDensity: tf.sub(logDensity, outwards(parts)) };
    },
    assess: (values) => {
      const parts = sites.map(({ bijector }, i) => bijector.inverse(values[i]!));
      return tf.sub(joint.assess(parts), outwards(parts));
    },
  });
}

/** A vector cut into tensors of these shapes. */
export function cut(vector: Tensor, shapes: readonly Shape[]): Tensor[] {
  let from = 0;
  return shapes.map((shape) => {
    const part = tf.slice(vector, [from], [sizeOf(shape)]);
    from += sizeOf(shape);
    return tf.reshape(part, [...shape]);
  });
}

/** {@link partsProgram} of one vector of all coordinates. */
export const jointProgram = (name: string, sites: readonly Site[], joint: Joint): Call<Choices, Choices> =>
  partsProgram(name, sites, {
    *draw(): Effects<unknown, { readonly parts: readonly Tensor[]; readonly logDensity: Tensor }> {
      const { vector, logDensity } = yield* joint.draw();
      return {
        parts: cut(
          vector,
          sites.map(({ unconstrained }) => unconstrained),
        ),
        logDensity,
      };
    },
    assess: (parts) => joint.assess(joined(parts)),
  });
