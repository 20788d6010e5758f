// Functions as shaders of tfjs' webgl backend, one each, where its own kernels are wrong for some numbers: 0/0 and ∞/∞ are 1 for them,
// powers and hyperbolic functions of NaN are infinite, asinh and acosh overflow at 10¹⁹ and lose the digits of negative numbers. What GLSL
// leaves open, logarithms of 0 above all, is said here.
import * as tf from "@tensorflow/tfjs-core";
import { broadcastShapes } from "../../util/shapes.js";
import { lgammaNearTwo, sinePi, stirlingTail } from "../../util/special/singlePrecision.js";
import type { Rule } from "./lowering.js";

/** The part of tfjs' webgl backend that runs programs in its own dialect of GLSL, which has the constant NAN. */
interface WebglBackend {
  readonly compileAndRun: (
    program: { variableNames: string[]; outputShape: number[]; userCode: string },
    inputs: readonly tf.TensorInfo[],
    dtype: "float32",
  ) => tf.TensorInfo;
}

const operandNames = ["A", "B"];

/** Runs a shader on operands that it knows as A and B. */
export function runProgram(operands: readonly tf.Tensor[], shape: readonly number[], userCode: string): [tf.Tensor] {
  const program = { variableNames: operandNames.slice(0, operands.length), outputShape: [...shape], userCode };
  const result = (tf.backend() as unknown as WebglBackend).compileAndRun(program, operands, "float32");
  return [tf.engine().makeTensorFromTensorInfo(result)];
}

/** The rule of a GLSL function `f` of one or two numbers. */
const shader =
  (source: string): Rule =>
  (operands) => {
    const values = operands.map((_, i) => `get${operandNames[i]}AtOutCoords()`);
    const shape = operands.map((each) => each.shape as readonly number[]).reduce((a, b) => broadcastShapes(a, b)!);
    return runProgram(operands, shape, `${source}\nvoid main() { setOutput(f(${values.join(", ")})); }`);
  };

/** A polynomial, lowest power first. */
const polynomial = (x: string, coefficients: readonly number[]): string =>
  coefficients.reduceRight((rest, each) => `${each.toExponential()}${rest && ` + ${x} * (${rest})`}`, "");

/** A driver may make −88 of log 0. */
const logarithm = "float logarithm(float x) { return x == 0.0 ? -1.0 / abs(x) : log(x); }";

/** artanh(s)/s in s² for |s| ≤ ½ */
const artanhSeries = Array.from({ length: 10 }, (_, k) => 1 / (2 * k + 1));

/** By primitive. */
export const webglPrograms: ReadonlyMap<string, Rule> = new Map<string, Rule>(
  Object.entries({
    div: "float f(float x, float y) { return x == y && x == x + x ? NAN : x / y; }",
    // a driver may make 2⁻¹²⁷ of e^−∞
    exp: "float f(float x) { return x < -87.33654 ? 0.0 : isnan(x) ? x : exp(x); }",
    log: `${logarithm} float f(float x) { return isnan(x) || x < 0.0 ? NAN : logarithm(x); }`,
    log1p: `
      ${logarithm}
      float f(float x) {
        if (isnan(x) || x < -1.0) return NAN;
        if (abs(x) > 0.5) return logarithm(1.0 + x);
        float s = x / (2.0 + x);
        float z = s * s;
        return 2.0 * s * (${polynomial("z", artanhSeries)});
      }`,
    pow: `
      float f(float x, float y) {
        if (y == 0.0 || x == 1.0) return 1.0;
        if (isnan(x) || isnan(y) || (x < 0.0 && floor(y) != y)) return NAN;
        if (x == 0.0) return y > 0.0 ? 0.0 : 1.0 / abs(x);
        float size = pow(abs(x), y);
        return x < 0.0 && mod(y, 2.0) == 1.0 ? -size : size;
      }`,
    expm1: `
      float f(float x) {
        if (isnan(x)) return x;
        if (abs(x) > 0.5) return exp(x) - 1.0;
        return x * (${polynomial("x", [1, 1 / 2, 1 / 6, 1 / 24, 1 / 120, 1 / 720, 1 / 5040, 1 / 40320])});
      }`,
    sinh: `
      float f(float x) {
        if (isnan(x)) return x;
        if (abs(x) > 0.5) return 0.5 * (exp(x) - exp(-x));
        float z = x * x;
        return x * (${polynomial("z", [1, 1 / 6, 1 / 120, 1 / 5040])});
      }`,
    cosh: "float f(float x) { return isnan(x) ? x : 0.5 * (exp(x) + exp(-x)); }",
    softplus: `
      float f(float x) {
        if (isnan(x)) return x;
        float t = exp(-abs(x));
        return max(x, 0.0) + (t < 1e-3 ? t - 0.5 * t * t : log(1.0 + t));
      }`,
    asinh: `
      float f(float x) {
        if (isnan(x)) return x;
        float a = abs(x);
        float z = a * a;
        if (a < 0.125) return x * (${polynomial("z", [1, -1 / 6, 3 / 40, -15 / 336])});
        return sign(x) * (a > 1e9 ? log(a) + ${Math.LN2} : log(a + sqrt(z + 1.0)));
      }`,
    acosh: `
      float f(float x) {
        if (isnan(x) || x < 1.0) return NAN;
        if (x > 1e9) return log(x) + ${Math.LN2};
        float t = x - 1.0;
        float s = t + sqrt(t * (x + 1.0));
        return s < 1e-3 ? s * (1.0 - s * (0.5 - s / 3.0)) : log(1.0 + s);
      }`,
    atanh: `
      ${logarithm}
      float f(float x) {
        if (isnan(x) || abs(x) > 1.0) return NAN;
        float z = x * x;
        return abs(x) < 0.5 ? x * (${polynomial("z", artanhSeries)}) : 0.5 * logarithm((1.0 + x) / (1.0 - x));
      }`,
    // as the engine wasm does it: the zeros at 1 and 2 keep their digits
    lgamma: `
      ${logarithm}
      float above(float x) {
        if (x >= 3.0) {
          float r = 1.0 / x;
          float z = r * r;
          return (x - 0.5) * (log(x) - 1.0) + (r * (${polynomial("z", stirlingTail)}) + ${0.5 * Math.log(2 * Math.PI) - 0.5});
        }
        float z = x < 0.5 ? x : x < 1.0 ? x - 1.0 : x - 2.0;
        float product = x < 0.5 ? abs(x * (x + 1.0)) : x < 1.0 ? x : 1.0;
        return z * (z + 1.0) * (${polynomial("z", lgammaNearTwo)}) - logarithm(product);
      }
      float f(float x) {
        if (isnan(x)) return x;
        if (x >= -0.5) return above(x);
        float fraction = x < -8388608.0 ? 0.0 : x - floor(x + 0.5);
        if (fraction == 0.0) return 1.0 / abs(fraction);
        float z = fraction * fraction;
        return -log(-x * ${1 / Math.PI} * abs(fraction * (${polynomial("z", sinePi)}))) - above(-x);
      }`,
  }).map(([name, source]) => [name, shader(source)]),
);
