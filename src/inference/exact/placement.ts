// Where the nodes of a quadrature rule go: every element of a random choice gets a coordinate t, and its value is a smooth
// function of t that puts the nodes where its distribution has its mass.
import type { Tensor } from "@tensorflow/tfjs-core";
import * as tf from "@tensorflow/tfjs-core";
import { asTensor } from "../../ir/lifted.js";
import type { Family, SampleAttributes } from "../../ir/site.js";
import { stopGradient } from "../../ops/marks.js";
import { seedKey } from "../../ops/random.js";
import { range } from "../../util/shapes.js";

/** What the coordinates of a choice are: values of a finite support, numbers 0, 1, …, points of a line, or nothing at all. */
export type Coordinates =
  | { readonly kind: "finite"; readonly values: readonly number[] }
  | { readonly kind: "count" }
  | { readonly kind: "line"; readonly reach: number }
  | { readonly kind: "point" };

/** How a family's values are computed from coordinates. */
export interface Placement {
  readonly coordinates: Coordinates;
  /** Value and log dx/dt, of the value's shape; the parameters are constants unless the support moves with them. */
  readonly place: (parameters: readonly Tensor[], t: Tensor) => { readonly value: Tensor; readonly logSlope: Tensor };
  /** A value without consequences, which stands in where a node has no weight. */
  readonly centre: (parameters: readonly Tensor[], t: Tensor) => Tensor;
}

/** The placement for a site, or why there is none. */
export function placementOf({ family, parameterShapes, batch, event }: SampleAttributes): Placement | string {
  const values = family.supportValues?.(parameterShapes);
  if (values) return discrete({ kind: "finite", values });
  if (family.name === "delta")
    return { ...discrete({ kind: "point" }), place: ([x], t) => ({ value: tf.add(x!, t), logSlope: tf.zerosLike(t) }) };
  if (family.support === "nonNegativeInteger" && event.length === 0) return discrete({ kind: "count" });
  const line = lines[family.support];
  if (line && family.isScorable) return onLine(family, line, [...batch, ...event].length);
  if (family.support === "interval") return onInterval(family) ?? `${family.name} has no bounds "low" and "high"`;
  return `there is no quadrature rule for values of ${family.name} (${family.support})`;
}

const discrete = (coordinates: Coordinates): Placement => ({
  coordinates,
  place: (_, t) => ({ value: t, logSlope: tf.zerosLike(t) }),
  centre: (_, t) => tf.zerosLike(t),
});

/** A support as the image of the real line. */
interface Line {
  readonly from: (u: Tensor) => Tensor;
  readonly to: (x: Tensor) => Tensor;
  readonly logSlope: (u: Tensor) => Tensor;
}

const positive: Line = { from: tf.exp, to: tf.log, logSlope: (u) => u };
const logistic = (u: Tensor): Tensor => tf.neg(tf.add(tf.softplus(u), tf.softplus(tf.neg(u))));
const lines: Readonly<Record<string, Line>> = {
  real: { from: (u) => u, to: (x) => x, logSlope: (u) => tf.zerosLike(u) },
  positive,
  nonNegative: positive,
  unitInterval: {
    from: tf.sigmoid,
    to: (x) => tf.sub(tf.log(x), tf.log1p(tf.neg(x))),
    logSlope: logistic,
  },
};

/**
 * u = m + s·sinh t for location m and scale s, which reaches 24 standard deviations with t = 3.9; where there is no
 * variance, u = m + s·sinh(½π sinh t), which reaches 10¹⁸ scales with t = 4.
 */
function onLine(family: Family, line: Line, rank: number): Placement {
  const isReal = family.support === "real";
  const hasTails = isReal && !family.variance;
  const locate = (parameters: readonly Tensor[], t: Tensor): { m: Tensor; s: Tensor } => {
    const fixed = parameters.map((parameter) => stopGradient(parameter));
    if (isReal && family.mean && family.variance) return { m: family.mean(fixed), s: tf.sqrt(family.variance(fixed)) };
    return quantiles(family, fixed, t, line, rank);
  };
  return {
    coordinates: { kind: "line", reach: hasTails ? 4 : isReal ? 3.9 : 4.8 },
    place: (parameters, t) => {
      const { m, s } = locate(parameters, t);
      const inner = hasTails ? tf.mul(asTensor(Math.PI / 2), tf.sinh(t)) : t;
      const u = tf.add(m, tf.mul(s, tf.sinh(inner)));
      const slopes = [
        tf.log(s),
        logCosh(inner),
        line.logSlope(u),
        ...(hasTails ? [tf.log(tf.mul(asTensor(Math.PI / 2), tf.cosh(t)))] : []),
      ];
      return {
        value: stopGradient(line.from(u)),
        logSlope: slopes.reduce((sum, each) => tf.add(sum, each), tf.zerosLike(t)),
      };
    },
    centre: (parameters, t) => stopGradient(tf.add(line.from(locate(parameters, t).m), tf.zerosLike(t))),
  };
}

/** log cosh x = |x| + log(1 + e^(−2|x|)) − log 2 */
const logCosh = (x: Tensor): Tensor =>
  tf.sub(tf.add(tf.abs(x), tf.log1p(tf.exp(tf.mul(-2, tf.abs(x))))), asTensor(Math.LN2));

const sampleSize = 129;

/** Location and scale on the line by the quartiles of a fixed sample. */
function quantiles(family: Family, parameters: readonly Tensor[], t: Tensor, line: Line, rank: number) {
  const { batch } = family.shapes(parameters.map(({ shape }) => shape));
  const draws = line.to(family.draw(parameters, seedKey(1), [sampleSize, ...batch]));
  const last = tf.transpose(draws, [...range(rank).map((axis) => axis + 1), 0]);
  const sorted = tf.unstack(tf.topk(last, sampleSize).values, -1);
  const [upper, m, lower] = [0.25, 0.5, 0.75].map((p) => sorted[Math.floor(p * sampleSize)]!) as [
    Tensor,
    Tensor,
    Tensor,
  ];
  // the quartiles of the normal distribution are 1.35 standard deviations apart
  return { m: tf.add(m, tf.zerosLike(t)), s: tf.div(tf.sub(upper, lower), 1.35) };
}

/** x = low + (high − low)·σ(2 sinh t); the nodes move with the bounds, as no score function would do. */
function onInterval({ parameterNames, isScorable }: Family): Placement | undefined {
  const [low, high] = ["low", "high"].map((name) => parameterNames.indexOf(name)) as [number, number];
  if (low < 0 || high < 0) return undefined;
  const hold = (x: Tensor): Tensor => (isScorable ? stopGradient(x) : x);
  const at = (parameters: readonly Tensor[], fraction: Tensor) => {
    const width = tf.sub(hold(parameters[high]!), hold(parameters[low]!));
    return { value: tf.add(hold(parameters[low]!), tf.mul(width, fraction)), width };
  };
  return {
    coordinates: { kind: "line", reach: 3.4 },
    place: (parameters, t) => {
      const u = tf.mul(2, tf.sinh(t));
      const { value, width } = at(parameters, tf.sigmoid(u));
      return { value, logSlope: tf.add(tf.add(tf.log(width), logistic(u)), tf.add(logCosh(t), asTensor(Math.LN2))) };
    },
    centre: (parameters, t) => at(parameters, tf.mul(0.5, tf.onesLike(t))).value,
  };
}
