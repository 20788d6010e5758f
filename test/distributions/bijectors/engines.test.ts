// The rows of the table on the engine wasm, in single precision, and flows there against double precision.
import "@tensorflow/tfjs-backend-cpu";
import * as tf from "@tensorflow/tfjs-core";
import { beforeAll, describe, expect, it } from "vitest";
import type { Bijector } from "../../../src/distributions/bijectors/bijector.js";
import * as bijectors from "../../../src/distributions/bijectors/bijectors.js";
import { evaluate } from "../../../src/ir/evaluate.js";
import { toNDArray, toTensor } from "../../../src/ir/lifted.js";
import { typeOf } from "../../../src/ir/program.js";
import { trace } from "../../../src/ir/tracing.js";
import { compile } from "../../../src/runtime/compile.js";
import { wasmEngine } from "../../../src/runtime/wasm/wasmEngine.js";
import { valueAndGrad } from "../../../src/transforms/grad.js";
import { flatten, toArray } from "../arrays.js";
import { stirred } from "./stirred.js";
import { builders, expectClose, tables } from "./table.js";

beforeAll(() => tf.setBackend("cpu"));

describe.each(Object.entries(builders))("%s", (name, build) => {
  it("is accurate in every row", () => {
    const rows = tables[name]!;
    const inputsOf = (row: (typeof rows)[number]) => [row.x, ...Object.values(row.params ?? {})].map(toArray);
    const types = inputsOf(rows[0]!).map(typeOf);
    const value = compile(
      trace(types, (x, ...rest) => [build(...rest).forward(x!)]),
      { engine: wasmEngine },
    );
    const logDet = compile(valueAndGrad(trace(types, (x, ...rest) => [build(...rest).logDet(x!)])), {
      engine: wasmEngine,
    });
    for (const row of rows) {
      if (Math.max(...flatten(row.x).map(Math.abs), ...flatten(row.y).map(Math.abs)) > 1e38) continue;
      const inputs = inputsOf(row).map(toTensor);
      const terms = flatten(row.x).reduce((sum, each) => sum + Math.abs(each), 1);
      expectClose(value.run(inputs)[0]!.dataSync(), flatten(row.y), 1e-5 + 2e-7 * terms, 1e-37);
      const [total, gradient] = logDet.run(inputs);
      expectClose(total!.dataSync(), flatten(row.log_det), 1e-5, 2e-7 * terms);
      expectClose(gradient!.dataSync(), flatten(row.d_log_det), 1e-5, 2e-6);
    }
  });
});

const spline = bijectors.splineTransformer({ bins: 4, bound: 3 });
const hidden = [7, 5];
const flows: Readonly<Record<string, () => Bijector>> = {
  planar: () => bijectors.planar(stirred(bijectors.initPlanar(1, 3))),
  coupling: () => bijectors.coupling(stirred(bijectors.initCoupling(1, 3, { hidden }))),
  "coupling of splines": () =>
    bijectors.coupling(stirred(bijectors.initCoupling(2, 3, { hidden, transformer: spline })), { transformer: spline }),
  maskedAutoregressive: () =>
    bijectors.maskedAutoregressive(stirred(bijectors.initAutoregressive(3, 3, { hidden }), 5, 0.4)),
  inverseAutoregressive: () =>
    bijectors.inverseAutoregressive(stirred(bijectors.initAutoregressive(4, 3, { hidden }), 5, 0.4)),
};

it.each(Object.entries(flows))("%s is the same in single precision", (_, build) => {
  const flow = build();
  const x = tf.tensor2d([
    [0.3, -0.7, 1.1],
    [-2.1, 0.4, 0.2],
  ]);
  const program = trace([typeOf(toNDArray(x))], (at) => [
    flow.forward(at!),
    flow.inverse(at!),
    flow.logDet(at!),
    flow.inverseLogDet(at!),
  ]);
  const expected = evaluate(program, [toNDArray(x)]);
  compile(program, { engine: wasmEngine })
    .run([x])
    .forEach((result, i) => {
      expect(result.shape).toEqual([...expected[i]!.shape]);
      expectClose(result.dataSync(), [...expected[i]!.elements], 2e-4, 2e-5);
    });
});
