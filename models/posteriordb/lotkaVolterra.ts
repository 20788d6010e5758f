// Lynxes and hares, 1900 to 1920: the Lotka–Volterra equations, solved by Runge and Kutta's method of order four.
import type { Tensor } from "@tensorflow/tfjs-core";
import * as tf from "@tensorflow/tfjs-core";
import { gen, iid, logNormal, loop, normal, observe, sample, truncated } from "elbow";
import { column, type Named, posterior } from "./support/posterior.js";

/** Steps of the solver per year. */
const perYear = 20;

/** (u, v) after a step of the equations u' = (a − b·v)·u, v' = (−c + d·u)·v. */
function runge([a, b, c, d]: readonly Tensor[], [u, v]: readonly Tensor[]): Tensor[] {
  const h = 1 / perYear;
  const slope = (u: Tensor, v: Tensor): [Tensor, Tensor] => [
    tf.mul(tf.sub(a!, tf.mul(b!, v)), u),
    tf.mul(tf.sub(tf.mul(d!, u), c!), v),
  ];
  const along = ([du, dv]: [Tensor, Tensor], by: number): [Tensor, Tensor] =>
    slope(tf.add(u!, tf.mul(by, du)), tf.add(v!, tf.mul(by, dv)));
  const k1 = slope(u!, v!);
  const k2 = along(k1, h / 2);
  const k3 = along(k2, h / 2);
  const k4 = along(k3, h);
  return [u!, v!].map((x, i) =>
    tf.add(x, tf.mul(h / 6, tf.add(tf.add(k1[i]!, k4[i]!), tf.mul(2, tf.add(k2[i]!, k3[i]!))))),
  );
}

const parts = (x: Tensor): Tensor[] => tf.unstack(x);

const model = gen(function* lotkaVolterra(first: Tensor, y: Tensor) {
  const growth = yield* sample("growth", iid(2, truncated(normal(1, 0.5), { low: 0 })));
  const contact = yield* sample("contact", iid(2, truncated(normal(0.05, 0.05), { low: 0 })));
  const start = yield* sample("z_init", iid(2, logNormal(Math.log(10), 1)));
  const sigma = yield* sample("sigma", iid(2, logNormal(-1, 1)));
  const [a, c] = parts(growth) as [Tensor, Tensor];
  const [b, d] = parts(contact) as [Tensor, Tensor];
  const year = (populations: readonly Tensor[]) => {
    const step = (before: readonly Tensor[]) => ({ carry: runge([a, b, c, d], before), outputs: [] });
    const { carry } = loop(step, populations, [], { length: perYear });
    return { carry, outputs: [tf.stack(carry)] };
  };
  const [populations] = loop(year, parts(start), [], { length: y.shape[0]! }).outputs;
  yield* observe("first", logNormal(tf.log(start), sigma), first);
  yield* observe("y", logNormal(tf.log(populations!), sigma), y);
});

/** Intercept and slope of the least squares line. */
function line(x: readonly number[], y: readonly number[]): [intercept: number, slope: number] {
  const [meanX, meanY] = [x, y].map((each) => each.reduce((sum, one) => sum + one, 0) / each.length) as [
    number,
    number,
  ];
  const covariance = x.reduce((sum, each, i) => sum + (each - meanX) * (y[i]! - meanY), 0);
  const slope = covariance / x.reduce((sum, each) => sum + (each - meanX) ** 2, 0);
  return [meanY - slope * meanX, slope];
}

/**
 * Rates by gradient matching: (log u)' = a − b·v and (log v)' = −c + d·u, with the differences of the data in the place of
 * derivatives. From the prior's median fits end where the cycles are out of step.
 */
function matched(data: Named) {
  const first = column(data, "y_init");
  const series = [first, ...(data.y as readonly (readonly number[])[])];
  const [u, v] = [0, 1].map((k) => series.map((row) => row[k]!)) as [number[], number[]];
  const slope = (x: readonly number[]) => x.slice(2).map((next, i) => (Math.log(next) - Math.log(x[i]!)) / 2);
  const [a, b] = line(v.slice(1, -1), slope(u));
  const [c, d] = line(u.slice(1, -1), slope(v));
  return { growth: tf.tensor1d([a, -c]), contact: tf.tensor1d([-b, d]), z_init: tf.tensor1d([...first]) };
}

/** log Φ(2) and log Φ(1): what the truncations add to the densities, twice each. */
const logMasses = 2 * Math.log(0.9772498680518208) + 2 * Math.log(0.8413447460685429);

export const lotkaVolterra = posterior({
  name: "hudson_lynx_hare-lotka_volterra",
  model,
  inputs: (data) => [column(data, "y_init"), data.y!],
  parameters: ({ growth, contact, z_init, sigma }) => {
    const [[a, c], [b, d]] = [growth, contact] as [number[], number[]];
    return { theta: [a!, b!, c!, d!], z_init: z_init!, sigma: sigma! };
  },
  choices: ({ theta, z_init, sigma }) => {
    const [a, b, c, d] = theta as readonly number[];
    return { growth: [a!, c!], contact: [b!, d!], z_init: z_init!, sigma: sigma! };
  },
  offset: -logMasses,
  start: matched,
  learningRate: 0.02,
});
