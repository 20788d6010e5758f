// Special functions at infinities, NaN, denormal numbers, the ends of their domains and beyond.
import "@tensorflow/tfjs-backend-cpu";
import * as tf from "@tensorflow/tfjs-core";
import { beforeAll, describe, expect, it } from "vitest";
import { evaluate } from "../../src/ir/evaluate.js";
import type { NDArray } from "../../src/ir/program.js";
import { trace } from "../../src/ir/tracing.js";
import * as special from "../../src/ops/special.js";
import { valueAndGrad } from "../../src/transforms/grad.js";
import { engines } from "../ir/conformance/engines.js";
import { entries, type Run } from "./specialTables.js";

beforeAll(() => tf.setBackend("cpu"));

const { NaN: nan, POSITIVE_INFINITY: inf } = Number;
type Case = readonly [f: (...x: tf.Tensor[]) => tf.Tensor, operands: readonly number[], value: number];
const at = (f: unknown, operands: readonly number[], value: number): Case => [f as Case[0], operands, value];

/** Values, to 1e−6 relative where they are finite. */
const cases: Readonly<Record<string, readonly Case[]>> = {
  lgamma: [at(special.lgamma, [inf], inf), at(special.lgamma, [0], inf), at(special.lgamma, [-3], inf)],
  digamma: [at(special.digamma, [inf], inf), at(special.digamma, [-3], nan)],
  trigamma: [at(special.trigamma, [0], inf)],
  erf: [at(special.erf, [inf], 1), at(special.erf, [-inf], -1), at(special.erf, [1e-30], 1.1283791671e-30)],
  erfc: [at(special.erfc, [inf], 0), at(special.erfc, [-inf], 2)],
  erfinv: [at(special.erfinv, [1], inf), at(special.erfinv, [-1], -inf), at(special.erfinv, [1.5], nan)],
  ndtr: [at(special.ndtr, [inf], 1), at(special.ndtr, [-inf], 0), at(special.ndtr, [-12], 1.7764821121e-33)],
  logNdtr: [
    at(special.logNdtr, [-inf], -inf),
    at(special.logNdtr, [inf], 0),
    at(special.logNdtr, [-1e4], -50000010.129278915),
  ],
  ndtri: [
    at(special.ndtri, [0], -inf),
    at(special.ndtri, [1], inf),
    at(special.ndtri, [-0.25], nan),
    at(special.ndtri, [1.25], nan),
    at(special.ndtri, [Math.fround(1e-30)], -11.464024688169063),
    at(special.ndtri, [2 ** -140], -13.674855035788477),
  ],
  log1p: [at(special.log1p, [-1], -inf), at(special.log1p, [-2], nan), at(special.log1p, [inf], inf)],
  expm1: [at(special.expm1, [-inf], -1), at(special.expm1, [inf], inf)],
  softplus: [at(special.softplus, [-inf], 0), at(special.softplus, [inf], inf), at(special.softplus, [1e30], 1e30)],
  logSigmoid: [at(special.logSigmoid, [inf], 0), at(special.logSigmoid, [-inf], -inf)],
  i0e: [at(special.i0e, [inf], 0), at(special.i0e, [-inf], 0), at(special.i0e, [1e30], 3.98942280401e-16)],
  i1e: [at(special.i1e, [inf], 0), at(special.i1e, [0], 0), at(special.i1e, [-1e30], -3.98942280401e-16)],
  logI0: [at(special.logI0, [inf], inf), at(special.logI0, [-inf], inf), at(special.logI0, [1e-15], 2.5e-31)],
  lambertw: [at(special.lambertw, [inf], inf), at(special.lambertw, [0], 0), at(special.lambertw, [-0.5], nan)],
  gammainc: [at(special.gammainc, [2, 0], 0), at(special.gammainc, [2, inf], 1), at(special.gammainc, [-1, 2], nan)],
  gammaincc: [at(special.gammaincc, [2, 0], 1), at(special.gammaincc, [2, inf], 0)],
  betainc: [
    at(special.betainc, [2, 3, 0], 0),
    at(special.betainc, [2, 3, 1], 1),
    at(special.betainc, [2, 3, 1.5], nan),
    at(special.betainc, [-2, 3, 0.5], nan),
  ],
  betaln: [
    at(special.betaln, [1, 1], 0),
    at(special.betaln, [0, 2], inf),
    at(special.betaln, [2, inf], -inf),
    at(special.betaln, [-1, 2], nan),
    at(special.betaln, [1e30, 0.5], -33.966411451985984),
  ],
  logAddExp: [at(special.logAddExp, [-inf, -inf], -inf), at(special.logAddExp, [-inf, 3], 3)],
  xlogy: [at(special.xlogy, [0, 0], 0), at(special.xlogy, [2, 0], -inf)],
  xlog1py: [at(special.xlog1py, [0, -1], 0), at(special.xlog1py, [2, -1], -inf)],
};

const scalar = (x: number): NDArray => ({ shape: [], dtype: "float32", elements: Float64Array.of(x) });

function resultOf([f, operands]: Case, run: Run): number {
  const types = operands.map(() => ({ shape: [], dtype: "float32" as const }));
  return run(
    trace(types, (...x) => [f(...x)]),
    operands.map(scalar),
  )[0]!.elements[0]!;
}

const runs = [["reference", evaluate] as const, ...engines];

describe.each(Object.keys(cases))("%s", (name) => {
  it.each(runs)("at the edges, on %s", (_, run) => {
    for (const each of cases[name]!) {
      const [, operands, value] = each;
      const received = resultOf(each, run);
      const isClose = Number.isFinite(value)
        ? Math.abs(received - value) <= 1e-6 * Math.abs(value)
        : received === value;
      expect({ operands, received, isClose: isClose || (Number.isNaN(value) && Number.isNaN(received)) }).toEqual({
        operands,
        received,
        isClose: true,
      });
    }
  });
});

it.each(runs)("NaN stays NaN, on %s", (_, run) => {
  const kept = entries.map(({ name, f, operands }) => [
    name,
    operands.map((_operand, k) =>
      resultOf(
        at(
          f,
          operands.map((_each, i) => (i === k ? nan : 0.5)),
          nan,
        ),
        run,
      ),
    ),
  ]);
  expect(kept).toEqual(entries.map(({ name, operands }) => [name, operands.map(() => nan)]));
});

/** Derivatives at the ends of domains, where a formula inside has no value. */
const slopes: readonly (readonly [
  name: string,
  f: Case[0],
  operands: readonly number[],
  gradient: readonly number[],
])[] = [
  ["ndtr", special.ndtr as Case[0], [-inf], [0]],
  ["logNdtr", special.logNdtr as Case[0], [inf], [0]],
  ["ndtri", special.ndtri as Case[0], [0], [inf]],
  ["ndtri", special.ndtri as Case[0], [1], [inf]],
  ["i0e at its kink", special.i0e as Case[0], [0], [0]],
  ["i1e", special.i1e as Case[0], [0], [0.5]],
  ["logI0", special.logI0 as Case[0], [inf], [1]],
  ["lambertw", special.lambertw as Case[0], [0], [1]],
  ["gammainc of shape 1", special.gammainc as Case[0], [1, 0], [0, 1]],
  ["gammainc of shape 2", special.gammainc as Case[0], [2, 0], [0, 0]],
  ["gammainc of shape ½", special.gammainc as Case[0], [0.5, 0], [0, inf]],
  ["betainc at 0", special.betainc as Case[0], [1, 3, 0], [0, 0, 3]],
  ["betainc at 1", special.betainc as Case[0], [2, 1, 1], [0, 0, 2]],
];

describe.each(slopes)("the derivative of %s", (_name, f, operands, gradient) => {
  it.each(runs)("on %s", (_, run) => {
    const types = operands.map(() => ({ shape: [], dtype: "float32" as const }));
    const received = run(valueAndGrad(trace(types, (...x) => [f(...x)])), operands.map(scalar)).slice(1);
    // +0 and −0 alike
    expect(received.map(({ elements }) => elements[0]! + 0)).toEqual(gradient);
  });
});

describe("the second derivative of log Φ far below 0, where x + φ/Φ would cancel", () => {
  it.each(runs)("on %s", (_, run) => {
    const gradient = valueAndGrad(trace([{ shape: [], dtype: "float32" }], (x) => [special.logNdtr(x)]));
    const second = valueAndGrad({ ...gradient, outputs: [gradient.outputs[1]!] });
    // −1 + 1/x² − 6/x⁴ + …
    for (const [x, truth] of [
      [-1000, -0.999999000006],
      [-1e4, -0.99999999],
    ] as const) {
      const [, received] = run(second, [scalar(x)]);
      expect(Math.abs(received!.elements[0]! - truth)).toBeLessThan(5e-7);
    }
  });
});
