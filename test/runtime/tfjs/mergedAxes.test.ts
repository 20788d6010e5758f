// What backends of few axes run is what others run, on the cpu backend, which takes many.
import "@tensorflow/tfjs-backend-cpu";
import * as tf from "@tensorflow/tfjs-core";
import { beforeAll, expect, test } from "vitest";
import { ndarrayFromTensor, tensorFromNDArray } from "../../../src/runtime/arrays.js";
import { onMergedAxes } from "../../../src/runtime/tfjs/mergedAxes.js";
import { sampled } from "../../ir/conformance/applications.js";
import { cases } from "../../ir/conformance/cases/all.js";
import { expectAgreement } from "../../ir/conformance/properties.js";

beforeAll(() => tf.setBackend("cpu"));

const merging = cases.filter(
  ({ primitive }) => primitive.tfjs && onMergedAxes(primitive, primitive.tfjs) !== primitive.tfjs,
);

test("sums, products, transpositions and many more have their axes merged", () => {
  expect(merging.map(({ primitive }) => primitive.name)).toEqual(
    expect.arrayContaining(["reduceSum", "cumsum", "transpose", "concat", "slice", "oneHot", "diagonalMatrix"]),
  );
});

test.each(merging.map((entry) => [entry.primitive.name, entry] as const))("%s on merged axes", (_, entry) => {
  const { primitive } = entry;
  let most = 0;
  for (let seed = 1; seed <= 40; seed++) {
    const application = sampled(entry, seed, { onManyAxes: true });
    const { equations } = application.program;
    if (equations.length !== 1 || application.program.inputs.length === 0) continue;
    const { attributes } = equations[0]!;
    tf.tidy(() => {
      const operands = application.inputs.map(tensorFromNDArray);
      const rule = onMergedAxes(primitive, (merged, inner) => {
        most = Math.max(most, ...merged.map(({ rank }) => rank));
        return primitive.tfjs!(merged, inner);
      });
      expectAgreement(application, rule(operands, attributes).map(ndarrayFromTensor));
    });
  }
  // operands have up to eight axes
  expect(most).toBeGreaterThan(0);
  expect(most).toBeLessThanOrEqual(6);
});
