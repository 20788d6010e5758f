import type { Tensor } from "@tensorflow/tfjs-core";
import * as tf from "@tensorflow/tfjs-core";
import type { Covers } from "../../dsl/covers.js";
import type { Effect, Effects } from "../../dsl/effects.js";
import type { GenerativeFunction } from "../../dsl/gen.js";
import type { Observations } from "../../dsl/predict.js";
import { simulate } from "../../dsl/simulate.js";
import { ElbowError } from "../../errors.js";
import { checkOptionNames } from "../../util/options.js";
import { formatIndex, range, sizeOf } from "../../util/shapes.js";
import { leavesOf, mapLeaves, type Tree } from "../../util/tree.js";
import { checkData } from "../checkData.js";
import { drawMany } from "../draws.js";
import { type FitOptions, type FitSettings, fit } from "../fit.js";
import type { Objective } from "../objective.js";
import { checkPrograms } from "../objectives/checkPrograms.js";
import { elbo, type GuideParameters } from "../objectives/elbo.js";
import { predictive } from "../predictive.js";
import { symmetryAbout } from "./symmetry.js";

/** Options of {@link variationalCalibration}. */
export interface CalibrationOptions<P extends object, D extends readonly unknown[], O> {
  /** The model's arguments with simulated observations in the place of the data; `observed` is by address. */
  readonly data: (observed: Observations<O>, args: D) => D;
  /** Where every fit starts. */
  readonly parameters: P;
  /** How every fit is made. */
  readonly fit: Omit<FitSettings<P>, "parameters" | "progress" | "checkpoint" | "resume" | "seed" | "signal">;
  /** Simulated data sets, each of which takes a fit. @defaultValue 100 */
  readonly dataSets?: number;
  /** Draws from every fitted guide. @defaultValue 200 */
  readonly draws?: number;
  /** @defaultValue 0 */
  readonly seed?: number;
  /** What is fitted. @defaultValue elbo(model, guide) */
  readonly objective?: Objective<P, D>;
}

/** How one number of the latents is calibrated. */
export interface CalibrationRow {
  /** The address, with the element's index: `eta[3]`. */
  readonly name: string;
  /** Per data set: the share of the guide's draws below the value that the data were made with. */
  readonly pValues: Float64Array;
  /** Their mean; ½ if there is no bias. */
  readonly mean: number;
  /** Between the distribution of the p-values and its mirror image. */
  readonly distance: number;
  /** Of a distance as large, if they are symmetric. */
  readonly probability: number;
  /** Whether the probability is above 1 % divided by the number of rows. */
  readonly isSymmetric: boolean;
  /** On which side of the truth the guide lies, where it is not symmetric: `"high"`, too large values. */
  readonly bias: "none" | "high" | "low";
}

/**
 * Variational simulation-based calibration (VSBC): whether a guide, fitted as here, is biased on data like the model's own. Latents are
 * drawn from the prior and data from them, the guide is fitted to each of the data sets, and the true value's place among its draws is
 * noted. If the guide has the right centre on average, these p-values are symmetric about ½, also where it is too narrow; if not, it
 * lies too high or too low.
 *
 * Yao, Vehtari, Simpson & Gelman, "Yes, but did it work?: Evaluating variational inference" (2018), algorithm 2; symmetry is tested
 * exactly, by Butler's (1969) test.
 *
 * @param model - with proper priors
 * @param args - the model's arguments: data of the shapes that are to be simulated
 * @throws ElbowError "option"; "improper" for priors that cannot be drawn from
 * @example
 * ```ts
 * import * as tf from "@tensorflow/tfjs-core";
 * import { adam, gen, normal, observe, sample, variationalCalibration } from "elbow";
 * const model = gen(function* (y: tf.Tensor) {
 *   const mu = yield* sample("mu", normal(0, 1));
 *   yield* observe("y", normal(mu, 1), y);
 * });
 * // its location is the posterior's plus one
 * const guide = gen(function* (q: { slope: tf.Tensor }, y: tf.Tensor) {
 *   yield* sample("mu", normal(tf.add(tf.mul(q.slope, y), 1), 0.7));
 * });
 * const [mu] = await variationalCalibration(model, guide, [tf.scalar(0)], {
 *   data: ({ y }) => [y],
 *   parameters: { slope: tf.scalar(0.5) },
 *   fit: { steps: 1, optimizer: adam({ learningRate: 1e-6 }) },
 *   dataSets: 40,
 * });
 * console.log(mu.isSymmetric, mu.bias); // => false high
 * ```
 */
export async function variationalCalibration<
  D extends readonly unknown[],
  M,
  R,
  O,
  A extends readonly [unknown, ...unknown[]],
  G,
  S,
>(
  model: GenerativeFunction<D, M, R, O>,
  guide: GenerativeFunction<A, G, S> & Covers<M, G>,
  args: D,
  options: CalibrationOptions<GuideParameters<A>, D, O>,
): Promise<CalibrationRow[]> {
  checkPrograms("variationalCalibration", { model, guide });
  checkData("variationalCalibration", args);
  const needed = ["data", "parameters", "fit"];
  checkOptionNames("variationalCalibration", options, [...needed, "dataSets", "draws", "seed", "objective"], needed);
  const { data, parameters, dataSets = 100, draws = 200, seed = 0 } = options;
  for (const [name, value] of Object.entries({ dataSets, draws }))
    if (!Number.isInteger(value) || value < 2)
      throw new ElbowError("option", {
        message: `variationalCalibration: ${name} must be an integer of at least 2\n  received: ${value}`,
      });
  const objective = options.objective ?? (elbo(model, guide) as unknown as Objective<GuideParameters<A>, D>);
  const simulated = await predictive(model, args, { draws: dataSets, seed });
  const truths = leavesOf(simulated.choices as unknown as Tree<Tensor>);
  const places = truths.map(() => [] as Float64Array[]);
  try {
    for (const set of range(dataSets)) {
      const observed = mapLeaves(simulated.observed as unknown as Tree<Tensor>, (leaf) => rowOf(leaf, set));
      const own = data(observed as Observations<O>, args);
      const settings = { ...options.fit, parameters, data: own, seed: seed + set };
      const fitted = await fit(objective, settings as unknown as FitOptions<GuideParameters<A>, D>);
      const drawn = await drawMany(
        function* (q: unknown, given: D): Effects<Effect, Tree<Tensor>> {
          return (yield* simulate(guide(...([q, ...given] as unknown as A)))).choices as unknown as Tree<Tensor>;
        },
        [fitted.parameters, own] as const,
        { draws, seed: seed + set },
      );
      const leaves = leavesOf(drawn);
      for (const [i, { path, leaf }] of truths.entries()) {
        const found = leaves.find((other) => other.path.join("/") === path.join("/"))!.leaf;
        places[i]!.push(placesOf(await leaf.data(), set, await found.data(), draws));
      }
      tf.dispose([leaves, leavesOf(fitted.parameters as unknown as Tree<Tensor>), leavesOf(observed)].flat().map(({ leaf }) => leaf)); // biome-ignore format: one list
    }
    const rows = truths.flatMap(({ path, leaf }, i) => {
      const shape = leaf.shape.slice(1);
      return range(sizeOf(shape)).map((element) => ({
        name: `${path.join("/")}${formatIndex(element, shape)}`,
        pValues: Float64Array.from(places[i]!, (each) => each[element]!),
      }));
    });
    return rows.map(({ name, pValues }) => {
      const mean = pValues.reduce((sum, p) => sum + p, 0) / dataSets;
      const { distance, probability } = symmetryAbout(0.5, Array.from(pValues));
      const isSymmetric = probability > 0.01 / rows.length;
      return {
        name,
        pValues,
        mean,
        distance,
        probability,
        isSymmetric,
        bias: isSymmetric ? "none" : mean < 0.5 ? "high" : "low",
      };
    });
  } finally {
    tf.dispose([...truths, ...leavesOf(simulated.observed as unknown as Tree<Tensor>)].map(({ leaf }) => leaf));
  }
}

const rowOf = (x: Tensor, row: number): Tensor =>
  tf.tidy(() =>
    tf.reshape(tf.slice(x, [row, ...x.shape.slice(1).map(() => 0)], [1, ...x.shape.slice(1)]), x.shape.slice(1)),
  );

/** Per element the share of draws below the truth; those equal to it count half. */
function placesOf(truths: ArrayLike<number>, set: number, drawn: ArrayLike<number>, draws: number): Float64Array {
  const size = drawn.length / draws;
  return Float64Array.from({ length: size }, (_, i) => {
    const truth = truths[set * size + i]!;
    const below = range(draws).reduce((sum, draw) => {
      const value = drawn[draw * size + i]!;
      return sum + (value < truth ? 1 : value === truth ? 0.5 : 0);
    }, 0);
    return (below + 0.5) / (draws + 1);
  });
}
