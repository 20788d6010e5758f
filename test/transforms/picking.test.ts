// Elements picked at known positions: the table itself, without a comparison per pair of categories.
import * as tf from "@tensorflow/tfjs-core";
import { assess, categorical, enumerate, gen, iid, normal, objective, observe, sample, simulate } from "elbow";
import { describe, expect, test } from "vitest";
import { prepare } from "../../src/inference/prepare.js";
import { build, builder } from "../../src/ir/builder.js";
import { evaluate } from "../../src/ir/evaluate.js";
import { reduceSum } from "../../src/ir/primitives/axes.js";
import { equal, select } from "../../src/ir/primitives/comparison.js";
import { mul } from "../../src/ir/primitives/elementwise.js";
import { gather } from "../../src/ir/primitives/indexing.js";
import { matMul } from "../../src/ir/primitives/matMul.js";
import type { Program, Variable } from "../../src/ir/program.js";
import { valueAndGrad } from "../../src/transforms/grad.js";
import { simplify } from "../../src/transforms/simplify.js";
import { range, type Shape, sizeOf } from "../../src/util/shapes.js";

const constant = (elements: readonly number[], shape: Shape, dtype: "float32" | "int32" | "bool" = "float32") =>
  builder().constant(Float64Array.from(elements), shape, dtype);

const numbers = (shape: Shape, seed: number) => ({
  shape,
  dtype: "float32" as const,
  elements: Float64Array.from({ length: sizeOf(shape) }, (_, n) => Math.sin(7 * seed + n + 1)),
});

const namesOf = ({ equations }: Program): string[] => equations.map(({ primitive }) => primitive.name);

/** What a constant mask or list picks from a table of a shape; the operations that are left. */
const cases: Readonly<Record<string, readonly [shape: Shape, body: (table: Variable) => Variable, left: string]>> = {
  "all entries in order": [
    [5, 4],
    (x) => reduceSum(select(equal(constant(range(4), [4, 1, 1]), constant(range(4), [4])), x, 0), [2]),
    "transpose",
  ],
  "all entries of a table too long for its mask to be written down": [
    [3, 100],
    (x) => reduceSum(select(equal(constant(range(100), [100, 1, 1]), constant(range(100), [100])), x, 0), [2]),
    "transpose",
  ],
  "entries in another order": [
    [5, 4],
    (x) => reduceSum(select(equal(constant([2, 0, 3, 3, 1], [5, 1, 1]), constant(range(4), [4])), x, 0), [2]),
    "gather transpose",
  ],
  "by a product with rows of one 1": [
    [5, 4],
    (x) => reduceSum(mul(x, constant([0, 1, 0, 0, 0, 0, 0, 1], [2, 1, 4])), [2]),
    "gather transpose",
  ],
  "from the middle axis": [
    [3, 4, 2],
    (x) => reduceSum(select(equal(constant([3, 1], [2, 1, 1, 1]), constant(range(4), [4, 1])), x, 0), [2]),
    "gather transpose",
  ],
  "from tables of their own": [
    [5, 4],
    (x) => reduceSum(select(equal(constant([2, 0, 3, 3, 1], [5, 1]), constant(range(4), [4])), x, 0), [1]),
    "reshape gather",
  ],
  "from an entry that stands for all": [
    [5, 1],
    (x) => reduceSum(select(equal(constant([2, 0, 3], [3, 1, 1]), constant(range(4), [4])), x, 0), [2]),
    "reshape broadcastTo",
  ],
  "a mask with two places is none": [
    [5, 4],
    (x) => reduceSum(select(constant([0, 1, 1, 0], [4], "bool"), x, 0), [1]),
    "select reduceSum",
  ],
  "nor is one with an empty row": [
    [5, 4],
    (x) => reduceSum(select(equal(constant([2, 9], [2, 1, 1]), constant(range(4), [4])), x, 0), [2]),
    "select reduceSum",
  ],
  "a whole axis": [[4, 2], (x) => gather(x, constant(range(4), [2, 2], "int32"), 0), "reshape"],
  "a part of an axis": [[4, 2], (x) => gather(x, constant([1, 2], [2, 1], "int32"), 0), "slice reshape"],
  "indices in another order": [[4, 2], (x) => gather(x, constant([1, 0], [2], "int32"), 0), "gather"],
  "a product with one-hot rows": [[3, 2], (x) => matMul(constant([1, 0, 0, 0, 1, 0, 0, 0, 1], [3, 3]), x), ""],
  "a product with other rows": [[3, 2], (x) => matMul(constant([1, 1, 0, 0, 1, 0, 0, 0, 1], [3, 3]), x), "matMul"],
};

describe("picks", () => {
  for (const [name, [shape, body, left]] of Object.entries(cases))
    test(name, () => {
      const original = build([{ shape, dtype: "float32" }], (x) => [body(x!)]);
      const simple = simplify(original);
      expect(namesOf(simple).join(" ")).toBe(left);
      const [before, after] = [original, simple].map((each) => evaluate(each, [numbers(shape, 1)])[0]!);
      expect(after).toEqual(before);
    });
});

const [rows, categories] = [7, 5];
type Densities = { readonly logits: tf.Tensor; readonly means: tf.Tensor };

/** A mixture whose assignments are summed out; `of` says how the model uses an assignment. */
const mixture = (parameter: "probs" | "logits", of: (means: tf.Tensor, z: tf.Tensor) => tf.Tensor) => {
  const distribution = (logits: tf.Tensor) =>
    parameter === "logits" ? categorical({ logits }) : categorical({ probs: tf.softmax(logits) });
  const model = gen(function* ({ logits, means }: Densities, x: tf.Tensor) {
    const z = yield* sample("z", iid(rows, distribution(logits)));
    yield* observe("x", normal(of(means, z), 1), x);
  });
  const guide = gen(function* ({ means }: Densities, x: tf.Tensor) {
    const distances = tf.squaredDifference(tf.expandDims(x, 1), means);
    yield* sample("z", enumerate(distribution(tf.neg(distances))));
  });
  return objective(function* (q: Densities, x: tf.Tensor) {
    const { choices, logDensity } = yield* simulate(guide(q, x));
    return (yield* assess(model(q, x), choices)).sub(logDensity);
  });
};

const table = (means: tf.Tensor) => tf.reshape(means, [categories, 1]);
const uses: Readonly<Record<string, (means: tf.Tensor, z: tf.Tensor) => tf.Tensor>> = {
  gather: (means, z) => tf.gather(means, tf.cast(z, "int32")),
  "one-hot rows": (means, z) =>
    tf.reshape(tf.matMul(tf.oneHot(tf.cast(z, "int32") as tf.Tensor1D, categories).toFloat(), table(means)), z.shape),
};

describe("an enumerated mixture", () => {
  const parameters = {
    logits: tf.tensor1d([0.3, -0.2, 0.5, 0, 0.1]),
    means: tf.tensor1d([-2, -1, 0, 1, 2]),
  };
  const x = tf.tensor1d([-2.2, -0.7, 0.3, 1.4, 2.6, 0.1, -1.2]);
  /** −KL of q(z) ∝ e^{−d²} from the posterior plus the log evidence, by loops. */
  const expected = (): number => {
    const [logits, means, data] = [parameters.logits, parameters.means, x].map((each) => [...each.dataSync()]);
    const normalizer = Math.log(logits!.reduce((sum, each) => sum + Math.exp(each), 0));
    return data!.reduce((total, at) => {
      const weights = means!.map((mean) => Math.exp(-((at - mean) ** 2)));
      const sum = weights.reduce((a, b) => a + b);
      return weights.reduce((part, weight, k) => {
        const likelihood = -0.5 * (at - means![k]!) ** 2 - 0.5 * Math.log(2 * Math.PI);
        return part + (weight / sum) * (logits![k]! - normalizer + likelihood - Math.log(weight / sum));
      }, total);
    }, 0);
  };
  for (const parameter of ["logits", "probs"] as const)
    for (const [use, of] of Object.entries(uses))
      test(`${parameter}, ${use}: K·N elements at most, and right`, async () => {
        const { program } = prepare(mixture(parameter, of), parameters, [x] as [tf.Tensor]);
        const whole = simplify(valueAndGrad(program, { wrt: [1, 2] }));
        const largest = Math.max(
          ...whole.equations.flatMap(({ outputs }) => outputs.map((output) => sizeOf(output.shape))),
        );
        expect(largest).toBeLessThanOrEqual(rows * categories);
        const value = await mixture(parameter, of).estimate({ seed: 0, engine: "reference" }, parameters, x);
        expect(value.dataSync()[0]).toBeCloseTo(expected(), 4);
      });

  test("a comparison per pair is seen (negative control)", () => {
    const { program } = prepare(
      mixture("logits", (means, z) =>
        tf.sum(tf.mul(tf.cast(tf.lessEqual(tf.range(0, categories), tf.expandDims(z, 1)), "float32"), means), 1),
      ),
      parameters,
      [x] as [tf.Tensor],
    );
    const largest = Math.max(
      ...program.equations.flatMap(({ outputs }) => outputs.map((output) => sizeOf(output.shape))),
    );
    expect(largest).toBeGreaterThan(rows * categories);
  });
});
