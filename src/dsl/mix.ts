import type { Tensor } from "@tensorflow/tfjs-core";
import { checkDistribution } from "../distributions/checkDistribution.js";
import type { CategoryIndex, Distribution } from "../distributions/distribution.js";
import { ElbowError } from "../errors.js";
import { checkArray } from "../util/expected.js";
import type { Tree } from "../util/tree.js";
import { asked } from "./asked.js";
import type { BranchChoices } from "./branchChoices.js";
import type { Call } from "./call.js";
import { call, type Effects, type Nested, sample } from "./effects.js";
import { type ChoicesOf, gen } from "./gen.js";
import { switchOn } from "./switchOn.js";

/** The choices of a mixture; C is the union of those of its components. */
export interface Mixed<C = unknown> {
  readonly component: CategoryIndex;
  /** Those of the component that ran. */
  readonly part: BranchChoices<C>;
}

const mixed = gen(function* mix(
  component: Distribution<CategoryIndex, never>,
  parts: readonly Call<unknown, Tree<Tensor>>[],
) {
  const index = yield* sample("component", component);
  return yield* switchOn("part", index, parts);
});

/**
 * A mixture of programs: draws which one runs. Under the address stand `component`, the index, and `part`, the choices of the
 * program that ran, as {@link switchOn} has them. For mixtures of distributions, with the index summed out, see `mixture`.
 *
 * @param component - a categorical distribution, with or without a strategy
 * @param parts - one program per category
 * @example
 * ```ts
 * import * as tf from "@tensorflow/tfjs-core";
 * import { categorical, enumerate, gen, mix, normal, objective, sample, simulate } from "elbow";
 * const part = gen(function* (m: number) {
 *   return yield* sample("x", normal(m, 1));
 * });
 * const model = gen(function* (logits: tf.Tensor) {
 *   return yield* mix("z", enumerate(categorical({ logits })), [part(-3), part(3)]);
 * });
 * const mean = objective(function* (logits: tf.Tensor) {
 *   return (yield* simulate(model(logits))).returnValue;
 * });
 * const value = await mean.estimate({ seed: 0, draws: 10_000 }, tf.tensor1d([0, Math.log(3)]));
 * console.log(Math.abs(value.dataSync()[0]! - 1.5) < 0.05); // => true
 * ```
 */
export const mix = asked("mix", function* mix<
  const A extends string,
  R extends Tree<Tensor>,
  const B extends readonly Call<unknown, R>[],
>(address: A, component: Distribution<CategoryIndex, never>, parts: B & readonly Call<unknown, R>[]): Effects<
  Nested<A, Mixed<ChoicesOf<B[number]>>, R>,
  R
> {
  checkDistribution("mix", component, "the second argument");
  checkArray(
    "mix",
    "the third argument",
    parts,
    'Write mix("z", categorical({ probs: [0.5, 0.5] }), [first(), second()]).',
  );
  const { family, parameters, batch } = component;
  const categories = family.supportValues?.(parameters.map(({ shape }) => shape)).length;
  if (batch.length > 0 || (categories !== undefined && categories !== parts.length))
    throw new ElbowError("switch-index", {
      message: `mix("${address}") needs one program for each category, and one draw of them\n  categories: ${categories}, batch shape [${batch}]\n  programs:   ${parts.length}`,
      hint: "Give as many programs as categories; for rows with a component each, put mix into a plate.",
      at: { address },
    });
  const program = mixed(component, parts) as unknown as Call<Mixed<ChoicesOf<B[number]>>, R>;
  return yield* call(address, program);
});
