// Effects of coaching on test scores in eight schools (Rubin 1981): each was estimated on its own, with a standard error. The
// model lets the schools learn from one another: their effects scatter around a common mean.
import * as tf from "@tensorflow/tfjs-core";
import { adam, clipByNorm, gen, halfCauchy, iid, logNormal, normal, observe, readCsv, sample } from "elbow";

/** The data; `elbow fit model.ts --data other.csv` takes another file. */
export const dataFile = "data.csv";
export const data = async (file: string): Promise<[tf.Tensor, tf.Tensor]> => {
  const { effect, error } = await readCsv(file, { columns: ["effect", "error"] });
  return [effect, error];
};

/** Mean and spread of the true effects; `eta` is how many spreads a school is away from the mean. */
export const model = gen(function* schools(effect: tf.Tensor, error: tf.Tensor) {
  const mean = yield* sample("mean", normal(0, 5));
  const spread = yield* sample("spread", halfCauchy(5));
  const eta = yield* sample("eta", iid(effect.size, normal(0, 1)));
  yield* observe("effect", normal(mean.add(spread.mul(eta)), error), effect);
});

const schools = 8;
/** Where the fit starts: centres and log widths. */
export const parameters = {
  mean: { loc: tf.scalar(0), logScale: tf.scalar(0) },
  spread: { loc: tf.scalar(0), logScale: tf.scalar(0) },
  eta: { loc: tf.zeros([schools]), logScale: tf.zeros([schools]) },
};

/** What the posterior is approximated by: it samples every address of the model. */
export const guide = gen(function* independent({ mean, spread, eta }: typeof parameters) {
  yield* sample("mean", normal(mean.loc, tf.exp(mean.logScale)));
  yield* sample("spread", logNormal(spread.loc, tf.exp(spread.logScale)));
  yield* sample("eta", normal(eta.loc, tf.exp(eta.logScale)));
});

export const fit = { steps: 3000, draws: 16, clip: clipByNorm(100), optimizer: adam({ learningRate: 0.01 }) };
