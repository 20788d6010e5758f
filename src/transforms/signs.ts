// Comparisons that are decided by what is compared: a scale eˣ lies in the support of every density on the positive numbers.
import { builder } from "../ir/builder.js";
import { abs } from "../ir/primitives/arithmetic.js";
import { broadcastTo, reshape } from "../ir/primitives/axes.js";
import { greater, greaterEqual, less, lessEqual } from "../ir/primitives/comparison.js";
import { add, mul } from "../ir/primitives/elementwise.js";
import { exp, sigmoid, softplus } from "../ir/primitives/exponential.js";
import { stopGradient } from "../ir/primitives/marks.js";
import type { Equation, Primitive, Variable } from "../ir/program.js";
import type { Surroundings } from "./identities.js";

/** A value that is never negative, and whether it is never zero either. */
type Sign = "positive" | "nonNegative" | undefined;

/** How many operations a sign is followed through. */
const reach = 6;

/** What the comparison is with its operands exchanged. */
const exchanged = new Map<Primitive, Primitive>([
  [greater.primitive, less.primitive],
  [less.primitive, greater.primitive],
  [greaterEqual.primitive, lessEqual.primitive],
  [lessEqual.primitive, greaterEqual.primitive],
]);

/**
 * The outcome of a comparison with a constant that is zero or negative, if it is the same for all values: eˣ > 0, |x| ≥ 0.
 *
 * eˣ > 0 is a fact about real numbers: in single precision eˣ is 0 below x = −103, and what the comparison was to keep out
 * is then computed. (As log eˣ = x is such an identity too, a log-normal density stays finite there.) Comparisons of NaN are
 * decided as well; the NaN stays in what follows. Derivatives see no comparisons, so this looks through `stopGradient`.
 */
export function decide(equation: Equation, surroundings: Surroundings): Variable | undefined {
  const reverse = exchanged.get(equation.primitive);
  if (!reverse || equation.inputs[0]!.dtype !== "float32") return undefined;
  const {
    primitive,
    inputs: [x, y],
    outputs,
  } = equation;
  const isKnown = surroundings.elementsOf(x!) !== undefined;
  const [value, bound, relation] = isKnown ? [y!, x!, reverse] : [x!, y!, primitive];
  const bounds = surroundings.elementsOf(bound);
  if (!bounds?.every((each) => each <= 0)) return undefined;
  const sign = signOf(value, reach, surroundings);
  const isAbove = sign === "positive" || (sign === "nonNegative" && bounds.every((each) => each < 0));
  const isAtLeast = sign !== undefined;
  const isDecided = relation === greater.primitive || relation === lessEqual.primitive ? isAbove : isAtLeast;
  if (!isDecided) return undefined;
  const isTrue = relation === greater.primitive || relation === greaterEqual.primitive;
  return broadcastTo(builder().scalar(isTrue ? 1 : 0, "bool"), outputs[0]!.shape);
}

function signOf(variable: Variable, depth: number, surroundings: Surroundings): Sign {
  const elements = surroundings.elementsOf(variable);
  if (elements)
    return elements.every((x) => x > 0) ? "positive" : elements.every((x) => x >= 0) ? "nonNegative" : undefined;
  const { primitive, inputs } = surroundings.producerOf(variable) ?? {};
  if (!primitive || depth === 0) return undefined;
  const of = (i: number): Sign => signOf(inputs![i]!, depth - 1, surroundings);
  switch (primitive) {
    case exp.primitive:
      return "positive";
    // both are rounded to 0, and other than with eˣ no logarithm takes that back
    case sigmoid.primitive:
    case softplus.primitive:
    case abs.primitive:
      return "nonNegative";
    case broadcastTo.primitive:
    case reshape.primitive:
    case stopGradient.primitive:
      return of(0);
    case add.primitive:
    case mul.primitive:
      if (primitive === mul.primitive && inputs![0] === inputs![1]) return "nonNegative";
      return of(0) && of(1) && "nonNegative";
    default:
      return undefined;
  }
}
