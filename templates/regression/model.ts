// Stopping distances of cars, in feet, against their speed, in miles per hour (Ezekiel 1930): a straight line.
import * as tf from "@tensorflow/tfjs-core";
import { adam, gen, halfNormal, logNormal, normal, observe, readCsv, sample } from "elbow";

/** The data; `elbow fit model.ts --data other.csv` takes another file. */
export const dataFile = "data.csv";
export const data = async (file: string): Promise<[tf.Tensor, tf.Tensor]> => {
  const { speed, distance } = await readCsv(file, { columns: ["speed", "distance"] });
  return [speed.sub(15), distance];
};

/** What is believed before the data are seen, and how they come about. Speeds are counted from 15 mph. */
export const model = gen(function* line(speed: tf.Tensor, distance: tf.Tensor) {
  const typical = yield* sample("typical", normal(50, 50));
  const slope = yield* sample("slope", normal(0, 5));
  const noise = yield* sample("noise", halfNormal(20));
  yield* observe("distance", normal(typical.add(slope.mul(speed)), noise), distance);
});

/** Where the fit starts: a centre and a log width for every unknown of the model. */
export const parameters = {
  typical: { loc: tf.scalar(50), logScale: tf.scalar(1) },
  slope: { loc: tf.scalar(0), logScale: tf.scalar(0) },
  noise: { loc: tf.scalar(3), logScale: tf.scalar(-1) },
};

/** What the posterior is approximated by: it samples every address of the model. */
export const guide = gen(function* independent({ typical, slope, noise }: typeof parameters) {
  yield* sample("typical", normal(typical.loc, tf.exp(typical.logScale)));
  yield* sample("slope", normal(slope.loc, tf.exp(slope.logScale)));
  yield* sample("noise", logNormal(noise.loc, tf.exp(noise.logScale)));
});

export const fit = { steps: 3000, draws: 16, optimizer: adam({ learningRate: 0.02 }) };
