// Monotone rational-quadratic splines: Durkan, Bekasov, Murray & Papamakarios, "Neural spline flows" (2019), section 3.1.
import type { Tensor } from "@tensorflow/tfjs-core";
import * as tf from "@tensorflow/tfjs-core";
import { asTensor } from "../../ir/lifted.js";
import { stopGradient } from "../../ops/marks.js";
import { logSoftmax } from "../../ops/special.js";
import { runningSum, sliceLast } from "./trailingAxes.js";

/** Options of splines. */
export interface SplineOptions {
  /** Number of pieces. @defaultValue 8 */
  readonly bins?: number;
  /** The spline is the identity outside of [−bound, bound]. @defaultValue 5 */
  readonly bound?: number;
}

/** What a spline is made of: zeros make the identity. */
export interface SplineParameters {
  /** Logarithms of the widths of the pieces, up to a constant: [..., bins]. */
  readonly widths: Tensor;
  /** Logarithms of their heights, up to a constant: [..., bins]. */
  readonly heights: Tensor;
  /** Derivatives at the inner knots, before softplus: [..., bins − 1]. */
  readonly derivatives: Tensor;
}

/** No piece is less wide or high than this share of the interval, and no derivative less than this. */
const least = 1e-3;
/** softplus(offset) + least = 1 */
const offset = Math.log(Math.expm1(1 - least));

/** Sizes of the pieces, which sum to 2·bound, and where they begin. */
function pieces(raw: Tensor, bound: number): { sizes: Tensor; starts: Tensor } {
  const bins = raw.shape.at(-1)!;
  const shares = tf.add(tf.mul(tf.exp(logSoftmax(raw)), asTensor(1 - bins * least)), asTensor(least));
  const sizes = tf.mul(2 * bound, shares);
  return { sizes, starts: tf.sub(runningSum(sizes, { exclusive: true }), bound) };
}

/** A spline as functions of x and y of the parameters' shape without the last axis. */
export function splineFrom({ widths, heights, derivatives }: SplineParameters, bound: number) {
  const [across, up] = [pieces(widths, bound), pieces(heights, bound)];
  const inner = tf.add(tf.softplus(tf.add(derivatives, asTensor(offset))), asTensor(least));
  const one = tf.ones([...inner.shape.slice(0, -1), 1]);
  /** What belongs to the piece in which `at` lies: its begin, size and slope, and the derivatives at its ends. */
  const pieceAt = (at: Tensor, starts: Tensor) => {
    const bins = starts.shape.at(-1)!;
    // value and derivative go on across knots: only which piece it is jumps there
    const place = tf.expandDims(stopGradient(at), -1);
    const isPast = tf.cast(tf.greaterEqual(place, stopGradient(sliceLast(starts, 1, bins))), "float32");
    const edge = tf.ones([...isPast.shape.slice(0, -1), 1]);
    const isHere = tf.sub(tf.concat([edge, isPast], -1), tf.concat([isPast, tf.zerosLike(edge)], -1));
    const here = (values: Tensor) => tf.sum(tf.mul(isHere, values), -1);
    const [x, y, width, height] = [across.starts, up.starts, across.sizes, up.sizes].map(here) as [
      Tensor,
      Tensor,
      Tensor,
      Tensor,
    ];
    const [left, right] = [here(tf.concat([one, inner], -1)), here(tf.concat([inner, one], -1))];
    const slope = tf.div(height, width);
    return { x, y, width, height, left, right, slope, bend: tf.sub(tf.add(left, right), tf.mul(2, slope)) };
  };
  const clipped = (at: Tensor) => tf.clipByValue(at, -bound, bound);
  return {
    // y + h·(sξ² + lξ(1 − ξ)) / (s + (l + r − 2s)ξ(1 − ξ)), ξ = (at − x)/w
    forward: (at: Tensor): Tensor => {
      const inside = clipped(at);
      const { x, y, width, height, left, slope, bend } = pieceAt(inside, across.starts);
      const share = tf.div(tf.sub(inside, x), width);
      const product = tf.mul(share, tf.sub(1, share));
      const rise = tf.add(tf.mul(slope, tf.square(share)), tf.mul(left, product));
      const value = tf.add(y, tf.div(tf.mul(height, rise), tf.add(slope, tf.mul(bend, product))));
      return tf.add(value, tf.sub(at, inside));
    },
    // ξ = 2c/(−b − √(b² − 4ac)) solves the equation of `forward` for ξ
    inverse: (at: Tensor): Tensor => {
      const inside = clipped(at);
      const { x, y, width, height, left, slope, bend } = pieceAt(inside, up.starts);
      const risen = tf.sub(inside, y);
      const bent = tf.mul(risen, bend);
      const a = tf.add(tf.mul(height, tf.sub(slope, left)), bent);
      const b = tf.sub(tf.mul(height, left), bent);
      const c = tf.neg(tf.mul(slope, risen));
      const root = tf.sqrt(tf.sub(tf.square(b), tf.mul(4, tf.mul(a, c))));
      const share = tf.div(tf.mul(-2, c), tf.add(b, root));
      return tf.add(tf.add(x, tf.mul(width, share)), tf.sub(at, inside));
    },
    // s²(rξ² + 2sξ(1 − ξ) + l(1 − ξ)²) / (s + (l + r − 2s)ξ(1 − ξ))²
    logDet: (at: Tensor): Tensor => {
      const inside = clipped(at);
      const { x, width, left, right, slope, bend } = pieceAt(inside, across.starts);
      const share = tf.div(tf.sub(inside, x), width);
      const rest = tf.sub(1, share);
      const product = tf.mul(share, rest);
      const ends = tf.add(tf.mul(right, tf.square(share)), tf.mul(left, tf.square(rest)));
      const numerator = tf.add(ends, tf.mul(2, tf.mul(slope, product)));
      const denominator = tf.add(slope, tf.mul(bend, product));
      return tf.add(tf.mul(2, tf.sub(tf.log(slope), tf.log(denominator))), tf.log(numerator));
    },
  };
}
