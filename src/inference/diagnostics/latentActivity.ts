import type { Tensor } from "@tensorflow/tfjs-core";
import * as tf from "@tensorflow/tfjs-core";
import type { Distribution } from "../../distributions/distribution.js";
import { at, type Choices } from "../../dsl/choices.js";
import type { Covers } from "../../dsl/covers.js";
import type { Effect, Effects } from "../../dsl/effects.js";
import type { GenerativeFunction } from "../../dsl/gen.js";
import type { Score } from "../../dsl/meaning.js";
import { simulate } from "../../dsl/simulate.js";
import type { Assess } from "../../dsl/verbEffects.js";
import { ElbowError } from "../../errors.js";
import { captureSource } from "../../util/location.js";
import { checkOptionNames } from "../../util/options.js";
import { formatIndex, range, sizeOf } from "../../util/shapes.js";
import { checkData } from "../checkData.js";
import { type DrawOptions, drawMany } from "../draws.js";
import { checkPrograms } from "../objectives/checkPrograms.js";
import type { GuideParameters } from "../objectives/elbo.js";

/** Options of {@link latentActivity}. */
export interface LatentActivityOptions extends Partial<DrawOptions> {
  /** Draws from the guide. @defaultValue 200 */
  readonly draws?: number;
  /** Latents to look at, nested ones joined by "/". @defaultValue all */
  readonly latents?: readonly string[];
  /** Activity above which a unit counts as active. @defaultValue 0.01 */
  readonly threshold?: number;
}

/** What one unit of a latent does. */
export interface LatentUnit {
  /** The address, with the index behind the axis of rows: `z[3]`. */
  readonly name: string;
  /** KL(q(z | x) ‖ p(z)) in nats, averaged over the rows of data: near zero, the guide says nothing of this unit but its prior. */
  readonly kl: number;
  /** Of `kl`, over draws. */
  readonly standardError: number;
  /** Var_x(E_q(z | x)[z]): how much the mean of the unit moves with the data. NaN for a single row. */
  readonly activity: number;
  readonly isActive: boolean;
}

/**
 * Which units of the latents of a model of many rows (an autoencoder, say) are in use, and which have collapsed onto the prior: their
 * divergence from it, and Burda, Grosse & Salakhutdinov's (2016) activity Var_x(E_q[z]), row by row of the data.
 *
 * The first axis of a latent is that of the rows, all others are units. Scalars are units with a single row: they count as active
 * when their divergence is above the threshold. Divergences are estimated from log q(z) − log p(z); that of a row's
 * elements which are one event of a correlated distribution is not theirs alone, and stands for all of them.
 *
 * @param parameters - of the guide, fitted
 * @param data - rows of data, as many as are to be looked at
 * @throws ElbowError "latents" for addresses that are not there, and choices without densities of their own: those that a guide
 *   draws together, and those in loops and branches; "option"
 * @example
 * ```ts
 * import * as tf from "@tensorflow/tfjs-core";
 * import { gen, iid, latentActivity, normal, observe, sample } from "elbow";
 * const model = gen(function* (x: tf.Tensor) {
 *   const z = yield* sample("z", iid([4, 2], normal(0, 1)));
 *   yield* observe("x", normal(z.slice([0, 0], [4, 1]).reshape([4]), 1), x);
 * });
 * // of the two units the model uses only the first
 * const guide = gen(function* (_q: object, x: tf.Tensor) {
 *   const loc = tf.stack([x.div(2), tf.zerosLike(x)], 1);
 *   yield* sample("z", normal(loc, tf.tensor1d([Math.SQRT1_2, 1])));
 * });
 * const units = await latentActivity(model, guide, {}, [tf.tensor1d([-2, 0, 1, 3])]);
 * console.log(units.map(({ name, isActive }) => `${name} ${isActive}`)); // => [ 'z[0] true', 'z[1] false' ]
 * ```
 */
export async function latentActivity<
  D extends readonly unknown[],
  M,
  R,
  A extends readonly [unknown, ...unknown[]],
  G,
  S,
>(
  model: GenerativeFunction<D, M, R>,
  guide: GenerativeFunction<A, G, S> & Covers<M, G>,
  parameters: GuideParameters<A>,
  data: D,
  settings: LatentActivityOptions = {},
): Promise<LatentUnit[]> {
  checkPrograms(
    "latentActivity",
    { model, guide },
    "Write latentActivity(model, guide, parameters, [y]), both programs without arguments.",
  );
  checkData("latentActivity", data);
  checkOptionNames("latentActivity", settings, [
    "draws",
    "seed",
    "validate",
    "work",
    "engine",
    "threads",
    "latents",
    "threshold",
  ]);
  const { draws = 200, latents, threshold = 0.01, ...options } = settings;
  if (!Number.isInteger(draws) || draws < 2)
    throw new ElbowError("option", {
      message: `latentActivity: draws must be an integer of at least 2\n  received: ${draws}`,
    });
  let addresses: string[] = [];
  const drawn = await drawMany(
    function* (q: unknown, observed: D): Effects<Effect, { kl: Tensor[]; values: Tensor[] }> {
      const own = guide(...([q, ...observed] as unknown as A));
      const { choices } = yield* simulate(own);
      const scores = [new Map<string, Tensor>(), new Map<string, Tensor>()] as const;
      const calls = [own, model(...observed)];
      for (const [i, call] of calls.entries())
        yield {
          kind: "assess",
          call,
          choices: choices as unknown as Choices,
          score: recordedIn(scores[i]!),
          source: captureSource(),
        } as unknown as Assess;
      const [inGuide, inModel] = scores;
      addresses = [...(latents ?? inGuide.keys())];
      for (const address of addresses) if (!inGuide.has(address) || !inModel.has(address)) refuse(address, inGuide);
      if (addresses.length === 0) refuse("", inGuide);
      return {
        kl: addresses.map((address) => difference(inGuide.get(address)!, inModel.get(address)!)),
        values: addresses.map((address) => at(choices as unknown as Choices, address) as Tensor),
      };
    },
    [parameters, data] as const,
    { ...options, draws },
  );
  try {
    const all = await Promise.all(
      addresses.map(async (address, i) => {
        const [kl, values] = [drawn.kl[i]!, drawn.values[i]!];
        const shape = values.shape.slice(1);
        return unitsOf(address, shape, await perElement(kl, shape), await values.data(), draws, threshold);
      }),
    );
    return all.flat();
  } finally {
    tf.dispose([...drawn.kl, ...drawn.values]);
  }
}

/** Keeps the log densities of choices, as many of their elements as are independent. */
const recordedIn =
  (into: Map<string, Tensor>): Score =>
  ({ address, distribution, value, logDensity }) => {
    into.set(address, elementwise(distribution, value));
    return logDensity();
  };

/** The log density with axes that `independent` made to events taken one by one. */
function elementwise({ family, parameters }: Distribution<Tensor, never>, value: Tensor): Tensor {
  const { wraps } = family;
  return wraps?.kind === "independent"
    ? elementwise({ family: wraps.family, parameters } as unknown as Distribution<Tensor, never>, value)
    : family.logDensity(parameters, value);
}

/** log q − log p, summed over the axes that one of them does not tell apart. */
function difference(q: Tensor, p: Tensor): Tensor {
  const rank = Math.min(q.rank, p.rank);
  const cut = (x: Tensor): Tensor =>
    x.rank === rank
      ? x
      : tf.sum(
          x,
          range(x.rank - rank).map((i) => rank + i),
        );
  return tf.sub(cut(q), cut(p));
}

function refuse(address: string, known: ReadonlyMap<string, Tensor>): never {
  throw new ElbowError("latents", {
    message: `latentActivity: ${address === "" ? "no choice" : `"${address}" is no choice that`} has a density of its own in model and guide\n  those of the guide that have: ${[...known.keys()].join(", ") || "none"}`,
    hint: "Choices that a guide draws together, and those in loops and branches, cannot be looked at one by one: take meanField, or a guide by hand.",
  });
}

/** Divergences of all elements of a latent: those of events stand for every element of them. */
async function perElement(kl: Tensor, shape: readonly number[]): Promise<ArrayLike<number>> {
  const missing = shape.length + 1 - kl.rank;
  const spread = tf.tidy(() =>
    tf.broadcastTo(tf.reshape(kl, [...kl.shape, ...range(missing).map(() => 1)]), [kl.shape[0]!, ...shape]),
  );
  try {
    return await spread.data();
  } finally {
    spread.dispose();
  }
}

function unitsOf(
  address: string,
  shape: readonly number[],
  kl: ArrayLike<number>,
  values: ArrayLike<number>,
  draws: number,
  threshold: number,
): LatentUnit[] {
  const [rows, unitShape] = [shape[0] ?? 1, shape.slice(1)];
  const units = sizeOf(unitShape);
  const meanOf = (n: number, x: (i: number) => number): number => range(n).reduce((sum, i) => sum + x(i), 0) / n;
  const varianceOf = (n: number, x: (i: number) => number): number => {
    const mean = meanOf(n, x);
    return (meanOf(n, (i) => (x(i) - mean) ** 2) * n) / (n - 1);
  };
  return range(units).map((unit) => {
    const of = (all: ArrayLike<number>, draw: number, row: number) => all[(draw * rows + row) * units + unit]!;
    const perDraw = range(draws).map((draw) => meanOf(rows, (row) => of(kl, draw, row)));
    const mean = meanOf(draws, (i) => perDraw[i]!);
    const means = range(rows).map((row) => meanOf(draws, (draw) => of(values, draw, row)));
    // the noise of the means makes them vary, too
    const noise = meanOf(rows, (row) => varianceOf(draws, (draw) => of(values, draw, row))) / draws;
    const activity = rows < 2 ? Number.NaN : Math.max(0, varianceOf(rows, (row) => means[row]!) - noise);
    return {
      name: `${address}${formatIndex(unit, unitShape)}`,
      kl: mean,
      standardError: Math.sqrt(varianceOf(draws, (i) => perDraw[i]!) / draws),
      activity,
      isActive: (rows < 2 ? mean : activity) > threshold,
    };
  });
}
