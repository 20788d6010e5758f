// Draws that need an unknown count of random numbers: deterministic functions of a key of their own, element by element.
import { binomialDraw as drawBinomial } from "../../util/samplers/binomial.js";
import { logGammaDraw as drawLogGamma } from "../../util/samplers/gamma.js";
import { vonMisesDraw as drawVonMises } from "../../util/samplers/vonMises.js";
import { emitOne, lift, type Value } from "../builder.js";
import { operation } from "../primitive.js";
import type { DType, Variable } from "../program.js";
import { floatOnly } from "./arithmetic.js";
import { binary, elementwise, ternary } from "./elementwise.js";
import { logGammaFlow } from "./incomplete.js";

const keyed = (name: string) => (dtypes: readonly DType[]) => floatOnly(name)(dtypes.slice(2));

/** log of a draw of Gamma(shape, 1) for the key words (int32, int32): operands (word 0, word 1, shape). No derivative. */
export const logGammaDraw = ternary({
  name: "logGammaDraw",
  dtype: keyed("logGammaDraw"),
  evaluate: drawLogGamma,
});

/** A draw of the von Mises distribution of mean 0: operands (word 0, word 1, concentration). No derivative. */
export const vonMisesDraw = ternary({
  name: "vonMisesDraw",
  dtype: keyed("vonMisesDraw"),
  evaluate: drawVonMises,
});

const binomialPrimitive = elementwise({
  name: "binomialDraw",
  dtype: keyed("binomialDraw"),
  evaluate: drawBinomial,
});
/** A draw of the binomial distribution: operands (word 0, word 1, count, probability). */
export const binomialDraw = operation(
  (word0: Value, word1: Value, count: Value, probability: Value): Variable =>
    emitOne(binomialPrimitive, lift([word0, word1, count, probability])),
  binomialPrimitive,
);

/**
 * The value of a log gamma draw, which moves with the shape as draws at a fixed quantile do: operands (draw, shape). Its
 * derivatives of every order in the shape are the pathwise ones.
 */
export const logGammaPath = binary({
  name: "logGammaPath",
  dtype: floatOnly("logGammaPath"),
  evaluate: (draw) => draw,
  partials: ([, shape], y) => [undefined, logGammaFlow(shape!, y)],
});
