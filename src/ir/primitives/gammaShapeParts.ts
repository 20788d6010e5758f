// Draws of the two parts of a gamma density's derivative in its shape, computed by the host in double precision. They are
// alternatives of a measure-valued derivative, and have no derivative themselves.
import * as parts from "../../util/special/gammaShapeParts.js";
import { floatOnly } from "./arithmetic.js";
import { binary, unary } from "./elementwise.js";

/** ∫ max(0, ∂p/∂a), the mass of either part, for a gamma density of shape a. */
export const gammaShapeMass = unary({
  name: "gammaShapeMass",
  dtype: floatOnly("gammaShapeMass"),
  evaluate: parts.gammaShapeMass,
});

/** The logarithm of a draw of the negative part, rate 1: operands (shape, uniform number), increasing in the latter. */
export const logGammaShapeBelow = binary({
  name: "logGammaShapeBelow",
  dtype: floatOnly("logGammaShapeBelow"),
  evaluate: parts.logGammaShapeBelow,
});

/** The same of the positive part. */
export const logGammaShapeAbove = binary({
  name: "logGammaShapeAbove",
  dtype: floatOnly("logGammaShapeAbove"),
  evaluate: parts.logGammaShapeAbove,
});
