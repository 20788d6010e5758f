import type { Tensor } from "@tensorflow/tfjs-core";
import * as tf from "@tensorflow/tfjs-core";
import { asTensor } from "../../ir/lifted.js";
import { loop } from "../../ops/control.js";
import { stopGradient } from "../../ops/marks.js";
import { foldIn, standardNormal } from "../../ops/random.js";
import { where } from "../../ops/where.js";
import { type Bijector, bijector } from "./bijector.js";
import { asKey, type KeyOrSeed } from "./mlp.js";
import { bijectorRule } from "./rule.js";

/** Parameters of a {@link planar} flow. */
export interface PlanarParameters {
  /** Shape [..., n]: what is added, before it is made to leave the map invertible. */
  readonly u: Tensor;
  /** Shape [..., n]: the direction in which the map changes. */
  readonly w: Tensor;
  /** Shape [...]: where it does. */
  readonly b: Tensor;
}

type Named = Readonly<Record<"u" | "w" | "b", Tensor>>;

const dot = (x: Tensor, y: Tensor): Tensor => tf.sum(tf.mul(x, y), -1);

/** û = u + (m(wᵀu) − wᵀu)·w/‖w‖², m(a) = log(1 + eᵃ) − 1, and wᵀû = m(wᵀu) > −1, with which the map is invertible. */
function invertible({ u, w }: Named): { pushed: Tensor; along: Tensor } {
  const product = dot(w, u);
  const along = tf.sub(tf.softplus(product), 1);
  const squared = tf.add(dot(w, w), 1e-12);
  const lack = tf.div(tf.sub(along, product), squared);
  return { pushed: tf.add(u, tf.mul(tf.expandDims(lack, -1), w)), along };
}

const bisections = 40;
/** Each step at the root makes twice as many derivatives exact. */
const newtonSteps = 4;

/** The solution a of a + c·tanh(a + b) = t, c > −1: by bisection, then by Newton's method, which carries derivatives. */
function solve(target: Tensor, c: Tensor, b: Tensor): Tensor {
  const [t, held, shift] = [target, c, b].map((each) => stopGradient(each)) as [Tensor, Tensor, Tensor];
  const reach = tf.add(tf.add(tf.abs(held), tf.zerosLike(t)), tf.zerosLike(shift));
  const { carry } = loop(
    ([low, high]) => {
      const middle = tf.mul(0.5, tf.add(low!, high!));
      const isBelow = tf.less(tf.add(middle, tf.mul(held, tf.tanh(tf.add(middle, shift)))), t);
      return { carry: [where(isBelow, middle, low!), where(isBelow, high!, middle)], outputs: [] };
    },
    [tf.sub(t, reach), tf.add(t, reach)],
    [],
    { length: bisections },
  );
  let a = tf.mul(0.5, tf.add(carry[0]!, carry[1]!));
  for (let step = 0; step < newtonSteps; step++) {
    const bend = tf.tanh(tf.add(a, b));
    const error = tf.sub(tf.add(a, tf.mul(c, bend)), target);
    a = tf.sub(a, tf.div(error, tf.add(1, tf.mul(c, tf.sub(1, tf.square(bend))))));
  }
  return a;
}

const planarRule = /* @__PURE__ */ bijectorRule({
  name: "planar",
  domain: "real",
  codomain: "real",
  domainRank: 1,
  parameters: ["u", "w", "b"],
  parameterRanks: { u: 1, w: 1 },
  forward: (own, x) => {
    const bend = tf.tanh(tf.add(dot(own.w, x), own.b));
    return tf.add(x, tf.mul(invertible(own).pushed, tf.expandDims(bend, -1)));
  },
  // wᵀx solves a + wᵀû·tanh(a + b) = wᵀy
  inverse: (own, y) => {
    const { pushed, along } = invertible(own);
    const a = solve(dot(own.w, y), along, own.b);
    return tf.sub(y, tf.mul(pushed, tf.expandDims(tf.tanh(tf.add(a, own.b)), -1)));
  },
  // log(1 + wᵀû·(1 − tanh²(wᵀx + b)))
  logDet: (own, x) => {
    const bend = tf.tanh(tf.add(dot(own.w, x), own.b));
    return tf.log1p(tf.mul(invertible(own).along, tf.sub(1, tf.square(bend))));
  },
});

/**
 * A planar flow of vectors: y = x + û·tanh(wᵀx + b), where û is u changed along w as far as it must be for the map to be
 * invertible. The inverse is found numerically.
 *
 * Rezende & Mohamed, "Variational inference with normalizing flows" (2015), appendix A.1.
 *
 * @param parameters - see `initPlanar`
 * @example
 * ```ts
 * import { bijectors } from "elbow";
 * const flow = bijectors.planar(bijectors.initPlanar(0, 2));
 * console.log(flow.forward([1, 2]).shape); // => [ 2 ]
 * ```
 */
export const planar = ({ u, w, b }: PlanarParameters): Bijector<"real", "real", false> =>
  bijector(planarRule, [u, w, b]);

/**
 * Starting values of a {@link planar} flow.
 *
 * @param key - a key or a seed
 * @param size - number of elements of the vectors
 */
export function initPlanar(key: KeyOrSeed, size: number): PlanarParameters {
  const root = asKey(key);
  const scaled = (part: number) => tf.div(standardNormal(foldIn(root, part), [size]), asTensor(Math.sqrt(size)));
  return { u: tf.mul(0.1, scaled(0)), w: scaled(1), b: tf.zeros([]) };
}
