import { ElbowError } from "../errors.js";
import { asTensor, type TensorLike } from "../ir/lifted.js";
import { checkArray } from "../util/expected.js";
import { captureSource } from "../util/location.js";
import { asked } from "./asked.js";
import type { Call } from "./call.js";
import type { Branch, Branched, Effects, Result } from "./effects.js";
import { checkBranch } from "./effects.js";
import type { ChoicesOf } from "./gen.js";

/**
 * Runs one of several programs. The choices under the address are those of the one that ran; in a compiled program they hold
 * the addresses of all, and zeros where they did not run. An index that is a random choice may have any strategy: where it is
 * enumerated, every branch counts with its probability.
 *
 * @param index - an integer scalar from 0; in a compiled program what lies outside picks the first or the last
 * @param branches - programs that return the same structure of tensors; names of equal choices must have equal shapes
 * @throws ElbowError "switch-index" for an index that no branch has, and where there are no branches
 * @example
 * ```ts
 * import { categorical, gen, normal, run, sample, simulate, switchOn } from "elbow";
 * const component = gen(function* (m: number) {
 *   return yield* sample("x", normal(m, 1));
 * });
 * const model = gen(function* () {
 *   const k = yield* sample("k", categorical({ probs: [0.2, 0.3, 0.5] }));
 *   return yield* switchOn("part", k, [component(-5), component(0), component(5)]);
 * });
 * console.log(run(0, simulate(model())).returnValue.shape); // => []
 * ```
 */
export const switchOn = asked("switchOn", function* switchOn<
  const A extends string,
  R extends Result,
  const B extends readonly Call<unknown, R>[],
>(address: A, index: TensorLike, branches: B & readonly Call<unknown, R>[]): Effects<
  Branched<A, ChoicesOf<B[number]>>,
  R
> {
  checkArray("switchOn", "the third argument", branches, 'Write switchOn("z", index, [first(), second()]).');
  for (const [i, call] of branches.entries()) checkBranch("switchOn", `${i}`, call, address);
  const source = captureSource();
  const selector = asTensor(index, "float32", "switchOn: the index");
  if (branches.length === 0 || selector.size !== 1 || selector.dtype === "bool")
    throw new ElbowError("switch-index", {
      message: `switchOn("${address}") needs a branch, and an integer scalar to pick it\n  received: ${branches.length} branches, and ${selector.dtype}[${selector.shape}]`,
      at: { address, source: source.line },
    });
  return yield {
    kind: "cond",
    address,
    selector,
    branches: branches.map((call, i) => ({ name: `${i}`, call })) as Branch<ChoicesOf<B[number]>>[],
    source,
  };
});
