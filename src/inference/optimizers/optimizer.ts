import type { Tensor } from "@tensorflow/tfjs-core";
import { ElbowError } from "../../errors.js";
import { withoutSource } from "../../ir/builder.js";

/** What an optimizer sees of one parameter at one step. All tensors may be traced: nothing can be read. */
export interface OptimizerStep {
  readonly parameter: Tensor;
  /** The gradient of what is minimised, of the parameter's shape; already clipped. */
  readonly gradient: Tensor;
  /** The parameter's slots as the previous step left them. */
  readonly slots: readonly Tensor[];
  /** Steps taken before this one, an int32 scalar. */
  readonly step: Tensor;
}

/** A parameter after one step. */
export interface OptimizerUpdate {
  readonly parameter: Tensor;
  /** As many, and of the same shapes, as before. */
  readonly slots: readonly Tensor[];
}

/**
 * A rule that moves parameters along gradients. It is written with tf operations, is recorded once and becomes part of
 * the compiled step; a user's own optimizer is an object with these three members, like the built-in ones.
 *
 * @example
 * ```ts
 * import * as tf from "@tensorflow/tfjs-core";
 * import type { Optimizer } from "elbow";
 * const signDescent: Optimizer = {
 *   name: "signDescent",
 *   init: () => [],
 *   update: ({ parameter, gradient }) => ({ parameter: parameter.sub(tf.sign(gradient).mul(0.01)), slots: [] }),
 * };
 * console.log(signDescent.init(tf.scalar(0)).length); // => 0
 * ```
 */
export interface Optimizer {
  /** Stands in checkpoints: a run is resumed with the optimizer that it was begun with. */
  readonly name: string;
  /** Starting values of what is remembered for one parameter, on real tensors. */
  readonly init: (parameter: Tensor) => readonly Tensor[];
  readonly update: (at: OptimizerStep) => OptimizerUpdate;
  /**
   * Whether the update does the same to every element, whatever the parameter's shape: then it is recorded once and not
   * for every shape. So do the built-in ones.
   *
   * @defaultValue false
   */
  readonly isElementwise?: boolean;
}

/** An optimizer of Elbow's own: the same for every element, and nobody needs to look for a user's line in it. */
export const builtIn = (optimizer: Omit<Optimizer, "isElementwise">): Optimizer => ({
  ...optimizer,
  isElementwise: true,
  update: (at) => withoutSource(() => optimizer.update(at)),
});

/** @throws ElbowError "option" unless the condition on an optimizer's or a schedule's setting holds */
export function checkSetting(
  isRight: boolean,
  where: string,
  setting: string,
  rule: string,
  received: unknown,
  example?: string,
): void {
  if (isRight) return;
  throw new ElbowError("option", {
    message: `${where}: ${setting} must be ${rule}\n  received: ${received}`,
    hint: example && `Give ${example}, for example.`,
  });
}

/** A decay rate or momentum: 0 ≤ x < 1. */
export const checkDecay = (where: string, setting: string, value: number): void =>
  checkSetting(value >= 0 && value < 1, where, setting, "at least 0 and below 1", value, "0.9");

export const checkNonNegative = (where: string, setting: string, value: number): void =>
  checkSetting(value >= 0 && Number.isFinite(value), where, setting, "a finite number, at least 0", value, "0.1");

export const checkPositive = (where: string, setting: string, value: number): void =>
  checkSetting(value > 0 && Number.isFinite(value), where, setting, "a finite number above 0", value, "0.1");
