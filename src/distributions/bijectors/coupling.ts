import type { Tensor } from "@tensorflow/tfjs-core";
import * as tf from "@tensorflow/tfjs-core";
import { ElbowError } from "../../errors.js";
import { type Bijector, bijector } from "./bijector.js";
import { type Conditioner, initMlp, type KeyOrSeed, type Layer, mlp } from "./mlp.js";
import { parameterTree } from "./parameterTree.js";
import { bijectorRule } from "./rule.js";
import { sliceLast } from "./trailingAxes.js";
import { affineTransformer, type Transformer } from "./transformer.js";

/** Which elements a {@link coupling} keeps, and what it does to the others. */
export interface CouplingOptions {
  /** How many elements stay as they are, and say what becomes of the others. @defaultValue half of them, rounded down */
  readonly kept?: number;
  /** Keeps the last elements rather than the first. @defaultValue false */
  readonly reverse?: boolean;
  /** @defaultValue affineTransformer, as in RealNVP */
  readonly transformer?: Transformer;
}

/** Options with a network of one's own. */
export interface ConditionedOptions<P> extends CouplingOptions {
  /**
   * The network: from the kept elements [..., kept] to `transformer.size` parameters for every other element, [..., (n − kept)·size].
   * In a batched program the parameters may come with more leading axes.
   */
  readonly conditioner: Conditioner<P>;
}

/** @throws ElbowError "option" unless some elements are kept and some are not */
function keptOf(n: number, kept = Math.floor(n / 2)): number {
  if (Number.isInteger(kept) && kept >= 1 && kept < n) return kept;
  throw new ElbowError("option", {
    message: `coupling: of ${n} elements some must be kept and some not\n  received: kept ${kept}`,
  });
}

/**
 * A coupling layer: some elements of a vector stay as they are, and a network makes of them the parameters of an
 * invertible map of the others. Both directions cost the same. Stack several with `pipe`, turning `reverse` on and off.
 *
 * Dinh, Sohl-Dickstein & Bengio, "Density estimation using Real NVP" (2017); with splines: Durkan et al. (2019).
 *
 * @param parameters - those of the network: for the default one see `initCoupling`
 * @example
 * ```ts
 * import { bijectors } from "elbow";
 * const flow = bijectors.coupling(bijectors.initCoupling(0, 4));
 * console.log(flow.forward([1, 2, 3, 4]).dataSync().slice(0, 2)); // => Float32Array(2) [ 1, 2 ]
 * ```
 */
export function coupling(parameters: readonly Layer[], options?: CouplingOptions): Bijector<"real", "real", false>;
export function coupling<P extends object>(
  parameters: P,
  options: ConditionedOptions<P>,
): Bijector<"real", "real", false>;
export function coupling<P extends object>(
  parameters: P,
  { kept, reverse = false, transformer = affineTransformer, ...rest }: Partial<ConditionedOptions<P>> = {},
): Bijector<"real", "real", false> {
  const conditioner = rest.conditioner ?? (mlp as unknown as Conditioner<P>);
  const { names, ranks, tensors, rebuilt } = parameterTree(parameters);
  /** The kept elements, the others, and their parameters. */
  const parts = (own: Readonly<Record<string, Tensor>>, x: Tensor) => {
    const n = x.shape.at(-1)!;
    const count = keptOf(n, kept);
    const [first, second] = reverse ? [n - count, n] : [0, count];
    const still = sliceLast(x, first, second);
    const moving = reverse ? sliceLast(x, 0, n - count) : sliceLast(x, count, n);
    const flat = conditioner(rebuilt(names.map((name) => own[name]!)), still);
    return { still, moving, own: tf.reshape(flat, [...flat.shape.slice(0, -1), n - count, transformer.size]) };
  };
  const joined = (still: Tensor, moved: Tensor) => {
    const whole = tf.broadcastTo(still, [...moved.shape.slice(0, -1), still.shape.at(-1)!]);
    return tf.concat(reverse ? [moved, whole] : [whole, moved], -1);
  };
  const rule = bijectorRule({
    name: `coupling(${transformer.name})`,
    domain: "real",
    codomain: "real",
    domainRank: 1,
    parameters: names,
    parameterRanks: Object.fromEntries(names.map((name, i) => [name, ranks[i]!])),
    forward: (all, x) => {
      const { still, moving, own } = parts(all, x);
      return joined(still, transformer.forward(own, moving));
    },
    inverse: (all, y) => {
      const { still, moving, own } = parts(all, y);
      return joined(still, transformer.inverse(own, moving));
    },
    logDet: (all, x) => {
      const { moving, own } = parts(all, x);
      return tf.sum(transformer.logDet(own, moving), -1);
    },
    inverseLogDet: (all, y) => {
      const { moving, own } = parts(all, y);
      return tf.sum(transformer.inverseLogDet(own, moving), -1);
    },
  });
  return bijector(rule, tensors);
}

/** Sizes of a flow with a network. */
export interface NetworkSizes {
  /** Units of the hidden layers. @defaultValue [32, 32] */
  readonly hidden?: readonly number[];
  /** @defaultValue affineTransformer */
  readonly transformer?: Transformer;
}

/**
 * Starting values of the network of a {@link coupling}, close to the identity.
 *
 * @param key - a key or a seed
 * @param size - number of elements of the vectors
 * @param sizes - with the `transformer` and `kept` of the coupling
 */
export function initCoupling(
  key: KeyOrSeed,
  size: number,
  { hidden = [32, 32], transformer = affineTransformer, kept }: NetworkSizes & Pick<CouplingOptions, "kept"> = {},
): Layer[] {
  const inputs = keptOf(size, kept);
  return initMlp(key, [inputs, ...hidden, (size - inputs) * transformer.size]);
}
