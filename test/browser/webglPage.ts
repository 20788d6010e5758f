// The page's program: the conformance suite's programs and a fit on tfjs' webgl backend, which a page has to import itself.
import "@tensorflow/tfjs-backend-webgl";
import * as tf from "@tensorflow/tfjs-core";
import { build } from "../../src/ir/builder.js";
import { div } from "../../src/ir/primitives/arithmetic.js";
import { reduceSum, reshape, transpose } from "../../src/ir/primitives/axes.js";
import { cast, greater } from "../../src/ir/primitives/comparison.js";
import { add, mul } from "../../src/ir/primitives/elementwise.js";
import {
  acosh,
  asinh,
  atanh,
  cosh,
  exp,
  expm1,
  log,
  log1p,
  sinh,
  softplus,
  sqrt,
} from "../../src/ir/primitives/exponential.js";
import { gather } from "../../src/ir/primitives/indexing.js";
import { logSumExp } from "../../src/ir/primitives/logSumExp.js";
import { pow } from "../../src/ir/primitives/power.js";
import { reduceMax, reduceMin } from "../../src/ir/primitives/reductions.js";
import { lgamma } from "../../src/ir/primitives/special.js";
import { engineByName } from "../../src/runtime/engines.js";
import { codeOf } from "./codeOf.js";
import { type PlainArray, page, runOn } from "./conformancePage.js";
import { fitEightSchools } from "./fits.js";

// else tfjs computes small tensors on the processor
tf.env().set("WEBGL_CPU_FORWARD", false);

/** Sums, products, counts and picks of large integers. */
function integers(engineName: string): Promise<PlainArray[]> {
  const integer = { shape: [2, 3], dtype: "int32" } as const;
  const real = { shape: [2, 3], dtype: "float32" } as const;
  const program = build([integer, integer, real], (a, b, x) => {
    const count = reduceSum(cast(greater(mul(x, x), 1), "int32"));
    return [
      add(a, b),
      mul(a, b),
      transpose(a, [1, 0]),
      add(mul(a, count), 1),
      gather(a, cast(x, "int32"), 0),
      cast(x, "int32"),
    ];
  });
  return runOn(engineName, program, [
    { ...integer, elements: Float64Array.of(16777217, 123456789, -7, 33554433, 2147483647, 0) },
    { ...integer, elements: Float64Array.of(1, 987654321, 3, 16777216, 1, -5) },
    { ...real, elements: Float64Array.of(0.5, 1, 1.75, 0, 1.25, 0.25) },
  ]);
}

/** Quotients, powers and extrema of zeros, infinities and what is no number. */
function specialValues(engineName: string): Promise<PlainArray[]> {
  const numbers = [Number.NaN, Infinity, -Infinity, 0, 1, -1, 0.5, 100, -100, 1e30, -1e30];
  const vector = { shape: [numbers.length], dtype: "float32" } as const;
  const rows = { shape: [4, 3], dtype: "float32" } as const;
  const long = { shape: [2, 100], dtype: "float32" } as const;
  const program = build([vector, rows, long], (x, y, z) => {
    const column = reshape(x, [numbers.length, 1]);
    const unary = [exp, expm1, sinh, cosh, softplus, asinh, acosh, atanh, log, log1p, sqrt, lgamma].map((f) => f(x));
    const extrema = [y, z].flatMap((each) => [reduceMax(each, [1]), reduceMin(each, [1]), logSumExp(each, [1])]);
    return [div(x, column), mul(x, column), ...unary, pow(x, 2), pow(x, -3), ...extrema];
  });
  return runOn(engineName, program, [
    { ...vector, elements: Float64Array.from(numbers) },
    {
      ...rows,
      elements: Float64Array.of(
        ...[-Infinity, -Infinity, -Infinity],
        ...[Infinity, Infinity, 1],
        ...[1, Number.NaN, 2],
        ...[-1e30, -1e25, -2e30],
      ),
    },
    { ...long, elements: Float64Array.from({ length: 200 }, (_, k) => ((k * 37) % 101) - (k < 100 ? 0 : 1000)) },
  ]);
}

/** The code of the error that the engine ends in where textures are of half precision. */
async function errorInHalfPrecision(): Promise<string> {
  // what WEBGL_FORCE_F16_TEXTURES leads to, unless tfjs has looked already
  tf.env().set("WEBGL_RENDER_FLOAT32_ENABLED", false);
  return codeOf(() => engineByName("tfjs:webgl"));
}

const webglPage = {
  ...page,
  integers,
  specialValues,
  fitEightSchools,
  errorInHalfPrecision,
  numTensors: () => tf.memory().numTensors,
};

export type WebglPage = typeof webglPage;

Object.assign(globalThis, { page: webglPage });
