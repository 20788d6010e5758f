// W5: a mixture of K Gaussians in the plane with unknown means and shares, N data, every assignment summed out exactly.
// W5s: the same with a categorical guide per datum, estimated by the score function with each datum's own cost.
import type { Tensor } from "@tensorflow/tfjs-core";
import * as tf from "@tensorflow/tfjs-core";
import { categorical, elbo, enumerate, gen, iid, normal, observe, reinforce, sample } from "elbow";
import { eagerNormal, eagerUniform } from "../harness/eagerNoise.js";
import { randomSource } from "../harness/random.js";
import { type HandWritten, type Variant, variant, type Workload } from "../harness/workload.js";

const components = 8;
const priorScale = 10;
const logTwoPi = Math.log(2 * Math.PI);

/** Eight clusters of unit variance on a circle: [N, 2]. */
export function makeData(rows: number): Float32Array {
  const source = randomSource(51);
  const noise = new Float64Array(2 * rows);
  source.fillNormals(noise);
  return Float32Array.from(noise, (epsilon, i) => {
    const angle = (2 * Math.PI * ((i >> 1) % components)) / components;
    return 8 * (i % 2 === 0 ? Math.cos(angle) : Math.sin(angle)) + epsilon;
  });
}

/** Means start on a smaller circle, so that every run finds the same optimum. */
const startingMeans = (): Tensor =>
  tf.tensor2d(
    Array.from({ length: components }, (_, k) => {
      const angle = (2 * Math.PI * k) / components;
      return [6 * Math.cos(angle), 6 * Math.sin(angle)];
    }),
  );

const model = gen(function* (x: Tensor) {
  const shares = yield* sample("shares", iid(components, normal(0, 1)));
  const means = yield* sample("means", iid([components, 2], normal(0, priorScale)));
  const z = yield* sample("z", iid(x.shape[0]!, categorical({ logits: shares })));
  yield* observe("x", normal(tf.gather(means, tf.cast(z, "int32")), 1), x);
});

interface Normal {
  readonly loc: Tensor;
  readonly logScale: Tensor;
}
interface Globals {
  readonly shares: Normal;
  readonly means: Normal;
}

const normalOf = ({ loc, logScale }: Normal) => normal(loc, tf.exp(logScale));

/** The assignments' exact posterior given shares and means; summed out, the bound on the other two is that of the marginal likelihood. */
const enumeratingGuide = gen(function* (q: Globals, x: Tensor) {
  const shares = yield* sample("shares", normalOf(q.shares));
  const means = yield* sample("means", normalOf(q.means));
  const distances = tf.sum(tf.squaredDifference(tf.expandDims(x, 1), means), 2);
  yield* sample("z", enumerate(categorical({ logits: shares.sub(distances.mul(0.5)) })));
});

interface WithAssignments extends Globals {
  /** Logits of each datum's component: [N, K]. */
  readonly assignments: Tensor;
}

export const scoreGuide = gen(function* (q: WithAssignments) {
  yield* sample("shares", normalOf(q.shares));
  yield* sample("means", normalOf(q.means));
  yield* sample("z", reinforce(categorical({ logits: q.assignments })));
});

const globals = (): Globals => ({
  shares: { loc: tf.zeros([components]), logScale: tf.fill([components], -2) },
  means: { loc: startingMeans(), logScale: tf.fill([components, 2], -2) },
});

/** Where each part of the flat parameters starts: m and r of shares[K], then of means[K, 2]. */
const [sharesLoc, sharesScale, meansLoc, meansScale] = [0, components, 2 * components, 4 * components];
const globalCount = 6 * components;

/** Draws shares and means, and turns what their gradients are into those of their parameters. */
class GlobalPart {
  readonly shares = new Float64Array(components);
  readonly logShares = new Float64Array(components);
  readonly means = new Float64Array(2 * components);
  readonly sharesSlope = new Float64Array(components);
  readonly meansSlope = new Float64Array(2 * components);

  /** Returns log p(shares, means) − log q, up to nothing. */
  draw(parameters: Float64Array, noise: Float64Array): number {
    let value = -2 * components * Math.log(priorScale);
    let largest = Number.NEGATIVE_INFINITY;
    for (let k = 0; k < components; k++) {
      const share = parameters[sharesLoc + k]! + Math.exp(parameters[sharesScale + k]!) * noise[k]!;
      this.shares[k] = share;
      this.sharesSlope[k] = -share;
      largest = Math.max(largest, share);
      value += 0.5 * (noise[k]! * noise[k]! - share * share) + parameters[sharesScale + k]!;
    }
    let sum = 0;
    for (let k = 0; k < components; k++) sum += Math.exp(this.shares[k]! - largest);
    const logSum = largest + Math.log(sum);
    for (let k = 0; k < components; k++) this.logShares[k] = this.shares[k]! - logSum;
    for (let i = 0; i < 2 * components; i++) {
      const epsilon = noise[components + i]!;
      const mean = parameters[meansLoc + i]! + Math.exp(parameters[meansScale + i]!) * epsilon;
      const scaled = mean / priorScale;
      this.means[i] = mean;
      this.meansSlope[i] = -scaled / priorScale;
      value += 0.5 * (epsilon * epsilon - scaled * scaled) + parameters[meansScale + i]!;
    }
    return value;
  }

  finish(parameters: Float64Array, noise: Float64Array, gradient: Float64Array, rows: number): void {
    for (let k = 0; k < components; k++) {
      // Σₙ rₙₖ − N πₖ
      const slope = this.sharesSlope[k]! - rows * Math.exp(this.logShares[k]!);
      gradient[sharesLoc + k] = -slope;
      gradient[sharesScale + k] = -slope * Math.exp(parameters[sharesScale + k]!) * noise[k]! - 1;
    }
    for (let i = 0; i < 2 * components; i++) {
      const slope = this.meansSlope[i]!;
      gradient[meansLoc + i] = -slope;
      gradient[meansScale + i] = -slope * Math.exp(parameters[meansScale + i]!) * noise[components + i]! - 1;
    }
  }
}

/** log p(x) = log Σₖ πₖ N(x; mₖ, 1), whose slopes are those of the responsibilities. */
export function handWrittenEnumerated(x: Float32Array): HandWritten {
  const rows = x.length / 2;
  const data = Float64Array.from(x);
  const part = new GlobalPart();
  const { logShares, means, sharesSlope, meansSlope } = part;
  const joint = new Float64Array(components);
  return {
    noise: 3 * components,
    gradient: (parameters, noise, gradient) => {
      let value = part.draw(parameters, noise) - rows * logTwoPi;
      for (let n = 0; n < rows; n++) {
        const x0 = data[2 * n]!;
        const x1 = data[2 * n + 1]!;
        let largest = Number.NEGATIVE_INFINITY;
        for (let k = 0; k < components; k++) {
          const d0 = x0 - means[2 * k]!;
          const d1 = x1 - means[2 * k + 1]!;
          const each = logShares[k]! - 0.5 * (d0 * d0 + d1 * d1);
          joint[k] = each;
          if (each > largest) largest = each;
        }
        let sum = 0;
        for (let k = 0; k < components; k++) {
          const e = Math.exp(joint[k]! - largest);
          joint[k] = e;
          sum += e;
        }
        value += largest + Math.log(sum);
        const share = 1 / sum;
        for (let k = 0; k < components; k++) {
          const responsibility = joint[k]! * share;
          sharesSlope[k]! += responsibility;
          meansSlope[2 * k]! += responsibility * (x0 - means[2 * k]!);
          meansSlope[2 * k + 1]! += responsibility * (x1 - means[2 * k + 1]!);
        }
      }
      part.finish(parameters, noise, gradient, rows);
      return -value;
    },
  };
}

/** Per datum: z ~ q, cost s = log π_z + log N(x; m_z, 1) − log q(z); the slope of q's logits is (s − 1)·∇ log q(z). */
export function handWrittenScore(
  x: Float32Array,
  assignmentOf?: (row: number) => number,
): HandWritten & { readonly uniforms: number } {
  const rows = x.length / 2;
  const data = Float64Array.from(x);
  const part = new GlobalPart();
  const { logShares, means, sharesSlope, meansSlope } = part;
  const probabilities = new Float64Array(components);
  return {
    noise: 3 * components,
    uniforms: rows,
    gradient: (parameters, noise, gradient, uniforms) => {
      let value = part.draw(parameters, noise) - rows * logTwoPi;
      for (let n = 0; n < rows; n++) {
        const row = globalCount + n * components;
        let largest = Number.NEGATIVE_INFINITY;
        for (let k = 0; k < components; k++) largest = Math.max(largest, parameters[row + k]!);
        let sum = 0;
        for (let k = 0; k < components; k++) {
          const e = Math.exp(parameters[row + k]! - largest);
          probabilities[k] = e;
          sum += e;
        }
        let z = 0;
        if (assignmentOf) z = assignmentOf(n);
        else
          for (let rest = uniforms[n]! * sum - probabilities[0]!; rest > 0 && z < components - 1; ) {
            z++;
            rest -= probabilities[z]!;
          }
        const d0 = data[2 * n]! - means[2 * z]!;
        const d1 = data[2 * n + 1]! - means[2 * z + 1]!;
        const logGuide = parameters[row + z]! - largest - Math.log(sum);
        const cost = logShares[z]! - 0.5 * (d0 * d0 + d1 * d1) - logGuide;
        value += cost;
        sharesSlope[z]! += 1;
        meansSlope[2 * z]! += d0;
        meansSlope[2 * z + 1]! += d1;
        // like Elbow's: a constant of the density is no cost of any choice
        const score = cost - 1;
        const share = score / sum;
        for (let k = 0; k < components; k++) gradient[row + k] = share * probabilities[k]!;
        gradient[row + z]! -= score;
      }
      part.finish(parameters, noise, gradient, rows);
      return -value;
    },
  };
}

/** Draws of the eager versions: log p − log q of the globals, the log shares, and the means. */
function eagerGlobals(q: Globals): { value: Tensor; logShares: Tensor; means: Tensor } {
  const sharesNoise = eagerNormal([components]);
  const meansNoise = eagerNormal([components, 2]);
  const shares = q.shares.loc.add(tf.exp(q.shares.logScale).mul(sharesNoise));
  const means = q.means.loc.add(tf.exp(q.means.logScale).mul(meansNoise));
  const squares = tf
    .sum(sharesNoise.square().sub(shares.square()))
    .add(tf.sum(meansNoise.square().sub(means.square().div(priorScale ** 2))));
  const entropy = tf.sum(q.shares.logScale).add(tf.sum(q.means.logScale));
  const value = squares
    .mul(0.5)
    .add(entropy)
    .sub(2 * components * Math.log(priorScale));
  return { value, logShares: tf.logSoftmax(shares), means };
}

export function enumeratedVariant(rows: number): Variant {
  const x = makeData(rows);
  return variant({
    name: "P=1",
    parameters: globals(),
    data: [tf.tensor2d(x, [rows, 2])] as [Tensor],
    learningRate: 0.1,
    comparison: { steps: 50, tolerance: 0.02 * rows },
    quickComparison: { steps: 10, tolerance: 0.3 * rows },
    gigaflops: rows * components * 5e-8,
    objective: () => elbo(model, enumeratingGuide),
    handWritten: () => handWrittenEnumerated(x),
    eager: (q, data) => {
      const { value, logShares, means } = eagerGlobals(q);
      const distances = tf.sum(tf.square(tf.expandDims(data, 1).sub(means)), 2);
      const joint = logShares.sub(distances.mul(0.5));
      return tf.neg(value.add(tf.sum(tf.logSumExp(joint, 1))).sub(rows * logTwoPi));
    },
  });
}

export function scoreVariant(rows: number): Variant {
  const x = makeData(rows);
  return variant({
    name: "P=1",
    parameters: { ...globals(), assignments: tf.zeros([rows, components]) },
    data: [tf.tensor2d(x, [rows, 2])] as [Tensor],
    learningRate: 0.1,
    comparison: { steps: 100, tolerance: rows },
    quickComparison: { steps: 10, tolerance: 5 * rows },
    gigaflops: rows * components * 5e-8,
    objective: () => elbo(model, scoreGuide),
    handWritten: () => handWrittenScore(x),
    eager: (q, data) => {
      const { value, logShares, means } = eagerGlobals(q);
      // Gumbel's trick; one-hot rows, since gather has no gradient on wasm
      const noise = tf.neg(tf.log(tf.neg(tf.log(eagerUniform([rows, components], 1e-20, 1)))));
      const chosen = tf.oneHot(tf.argMax(q.assignments.add(noise), 1), components);
      const z = tf.cast(chosen, "float32");
      const logGuide = tf.sum(tf.logSoftmax(q.assignments).mul(z), 1);
      const distances = tf.sum(tf.square(data.sub(tf.matMul(z, means))), 1);
      const cost = tf.sum(z.mul(logShares), 1).sub(distances.mul(0.5)).sub(logGuide);
      // a value whose gradient is that of the score function: cost·∇ log q
      const fixed = stopped(cost);
      const score = fixed.mul(logGuide.sub(stopped(logGuide)));
      return tf.neg(value.add(tf.sum(cost.add(score))).sub(rows * logTwoPi));
    },
  });
}

/** The value without its derivative, which tfjs has no operation for. */
const stopped = (x: Tensor): Tensor =>
  tf.customGrad((...args) => {
    const [value] = args as [Tensor];
    return { value: tf.clone(value), gradFunc: (dy) => tf.zerosLike(dy as Tensor) };
  })(x);

export const mixture = (): Workload => ({
  name: "W5",
  title: "mixture of 8 Gaussians in the plane, N=1000, assignments enumerated",
  variants: [enumeratedVariant(1000)],
});

export const mixtureScore = (): Workload => ({
  name: "W5s",
  title: "the same with a categorical guide per datum, score function with each datum's own cost",
  variants: [scoreVariant(1000)],
});
