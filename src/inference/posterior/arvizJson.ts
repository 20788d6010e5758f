import { checkResultOf } from "../../util/expected.js";
import { sizeOf } from "../../util/shapes.js";
import type { InferenceData, InferenceVariable } from "./inferenceData.js";

/**
 * The text of a file that `arviz.from_json` reads: the arguments of `arviz.from_dict`, arrays as nested lists.
 *
 * As Python writes and reads them, numbers that are none stand there as NaN, Infinity and -Infinity: only then the text is no JSON
 * to the letter.
 *
 * @example
 * ```ts
 * import { gen, normal, observe, posterior, sample, toArvizJson } from "elbow";
 * import * as tf from "@tensorflow/tfjs-core";
 * const model = gen(function* (y: tf.Tensor) {
 *   const mu = yield* sample("mu", normal(0, 1));
 *   yield* observe("y", normal(mu, 1), y);
 * });
 * const guide = gen(function* (q: { loc: tf.Tensor }) {
 *   yield* sample("mu", normal(q.loc, 0.7));
 * });
 * const fitted = { parameters: { loc: tf.scalar(1) } };
 * const data = await posterior(model, guide, fitted, { data: [tf.scalar(2)] }).inferenceData({ draws: 3 });
 * const file = JSON.parse(toArvizJson(data));
 * console.log(file.observed_data, file.posterior.mu[0].length, Object.keys(file.log_likelihood)); // => { y: 2 } 3 [ 'y' ]
 * ```
 */
export function toArvizJson(data: InferenceData): string {
  checkResultOf("await posterior(…).inferenceData()", "toArvizJson", data, ["groups", "coords", "attrs"]);
  const { groups, coords, attrs } = data;
  const variables = Object.values(groups).flatMap((group) => Object.entries(group));
  const own = ({ dims }: InferenceVariable) => dims.filter((dim) => dim !== "chain" && dim !== "draw");
  const named = Object.keys(coords).filter((dim) => dim !== "chain" && dim !== "draw");
  const entries: [string, string][] = [
    ...Object.entries(groups).map(([group, members]): [string, string] => [
      group,
      object(Object.entries(members).map(([name, variable]) => [name, listOf(variable)])),
    ]),
    ["dims", JSON.stringify(Object.fromEntries(variables.map(([name, variable]) => [name, own(variable)])))],
    ["coords", JSON.stringify(Object.fromEntries(named.map((dim) => [dim, coords[dim]])))],
    ["attrs", JSON.stringify(attrs)],
  ];
  return `${object(entries)}\n`;
}

const object = (entries: readonly (readonly [string, string])[]): string =>
  `{${entries.map(([name, text]) => `${JSON.stringify(name)}:${text}`).join(",")}}`;

function listOf({ shape, values, dtype }: InferenceVariable): string {
  const write = (i: number): string => {
    const x = values[i]!;
    if (dtype === "bool") return x ? "true" : "false";
    return Object.is(x, -0) ? "-0.0" : String(x);
  };
  const nest = (axis: number, from: number): string => {
    if (axis === shape.length) return write(from);
    const size = sizeOf(shape.slice(axis + 1));
    return `[${Array.from({ length: shape[axis]! }, (_, i) => nest(axis + 1, from + i * size)).join(",")}]`;
  };
  return nest(0, 0);
}
