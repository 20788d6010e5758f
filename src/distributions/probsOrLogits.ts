import type { Tensor } from "@tensorflow/tfjs-core";
import { ElbowError } from "../errors.js";
import type { TensorLike } from "../ir/lifted.js";
import type { Family } from "../ir/site.js";
import { described } from "../util/described.js";
import { checkOptionNames, isOptions } from "../util/options.js";
import { type Distribution, distribution } from "./distribution.js";

/** Probabilities, or their logarithms up to what the distribution says; exactly one of both. */
export type ProbsOrLogits =
  | { readonly probs: TensorLike; readonly logits?: undefined }
  | { readonly logits: TensorLike; readonly probs?: undefined };

/**
 * The family that belongs to the option given, with it as the last parameter, behind those that both families have.
 *
 * @throws ElbowError "options" if both are given, or none
 */
export function fromProbsOrLogits<T extends Tensor, Offers extends string>(
  name: string,
  options: ProbsOrLogits,
  families: { readonly probs: Family; readonly logits: Family },
  ...before: readonly TensorLike[]
): Distribution<T, Offers> {
  const isNamed = isOptions(options);
  if (isNamed) checkOptionNames(name, options, ["probs", "logits"]);
  const { probs, logits } = isNamed ? options : {};
  const written = (option: string) => `${name}(${before.length > 0 ? "…, " : ""}{ ${option} })`;
  if ((probs === undefined) === (logits === undefined))
    throw new ElbowError("options", {
      message: `${name} takes probs or logits\n  received: ${isNamed ? (probs === undefined ? "neither" : "both") : described(options)}`,
      hint: `Write ${written("probs")} for probabilities, ${written("logits")} for log odds or unnormalised logarithms.`,
    });
  return probs === undefined
    ? distribution(families.logits, [...before, logits as TensorLike])
    : distribution(families.probs, [...before, probs]);
}
