// The terms that reductions are made of: what stands at element e of the result and position r among its terms.
import { broken } from "../../../../errors.js";
import type { Equation, Variable } from "../../../../ir/program.js";
import { range, sizeOf } from "../../../../util/shapes.js";
import { productSizes } from "../../plan/forms.js";
import type { Emitter } from "../emitter.js";
import { quotient, rest, sum, times } from "../indices.js";
import { convolutionFactors } from "./convolution.js";
import { batchOf } from "./unit.js";

type Term = (emitter: Emitter, equation: Equation, e: string, r: string) => string;

const at = (emitter: Emitter, value: Variable, coordinates: readonly string[]): string =>
  emitter.value(value, { shape: value.shape, coordinates });

/** Along axes of an operand. */
const alongAxes =
  (axesOf: (equation: Equation) => readonly number[]): Term =>
  (emitter, equation, e, r) => {
    const { inputs, outputs } = equation;
    const [x] = inputs as [Variable];
    const axes = axesOf(equation);
    const rank = x.shape.length;
    const terms = sizeOf(axes.map((axis) => x.shape[axis]!));
    const isEnd = range(rank).every((axis) => axes.includes(axis) === axis >= rank - axes.length);
    const isStart = range(rank).every((axis) => axes.includes(axis) === axis < axes.length);
    if (isEnd) return emitter.value(x, { shape: x.shape, flat: emitter.define(sum(times(e, terms), r)) });
    if (isStart)
      return emitter.value(x, {
        shape: x.shape,
        flat: emitter.define(sum(times(r, sizeOf(x.shape) / Math.max(1, terms)), e)),
      });
    const kept = range(rank).filter((axis) => !axes.includes(axis));
    const ordered = range(rank).filter((axis) => axes.includes(axis));
    const outer = emitter.coordinatesOf({ shape: outputs[0]!.shape, flat: e });
    const inner = emitter.coordinatesOf({ shape: ordered.map((axis) => x.shape[axis]!), flat: r });
    return at(
      emitter,
      x,
      range(rank).map((axis) => (axes.includes(axis) ? inner[ordered.indexOf(axis)]! : outer[kept.indexOf(axis)]!)),
    );
  };

const product = (x: string, y: string): string => `(${x} * ${y})`;

const matMul: Term = (emitter, { inputs: [a, b], outputs: [out] }, e, k) => {
  const coordinates = emitter.coordinatesOf({ shape: out!.shape, flat: e });
  const batch = coordinates.slice(0, -2);
  const [i, j] = coordinates.slice(-2) as [string, string];
  const first = at(emitter, a!, [...batchOf(a!.shape.slice(0, -2), batch), i, k]);
  const second = at(emitter, b!, [...batchOf(b!.shape.slice(0, -2), batch), k, j]);
  return emitter.define(product(first, second));
};

/** Updates whose index is the element's position. */
const scatterAdd: Term = (emitter, { inputs: [updates, indices], outputs: [out], attributes }, e, r) => {
  const { axis, batchDims } = attributes;
  const coordinates = emitter.coordinatesOf({ shape: out!.shape, flat: e });
  const picks = emitter.coordinatesOf({ shape: indices!.shape.slice(batchDims), flat: r });
  const found = at(emitter, indices!, [...coordinates.slice(0, batchDims), ...picks]);
  const update = at(emitter, updates!, [...coordinates.slice(0, axis), ...picks, ...coordinates.slice(axis + 1)]);
  return emitter.define(
    `select(${out!.dtype === "int32" ? "0" : "0f"}, ${update}, ${found} == i32(${coordinates[axis]}))`,
  );
};

/** A convolution as a product of matrices: rows are positions, columns the last axis. */
const convolution: Term = (emitter, equation, e, r) => {
  const { m, n } = productSizes(equation);
  const [out] = equation.outputs as [Variable];
  const batch = emitter.coordinatesOf({ shape: out.shape, flat: e }).slice(0, -4);
  const { first, second } = convolutionFactors(emitter, equation, batch);
  const row = emitter.define(rest(quotient(e, n), m));
  return emitter.define(product(first(row, r), second(r, emitter.define(rest(e, n)))));
};

const overAxes = alongAxes(({ attributes: { axes } }) => axes);
const overAxis = alongAxes(({ attributes: { axis } }) => [axis]);

const terms: Readonly<Record<string, Term>> = {
  reduceSum: (emitter, equation, e, r) => {
    const term = overAxes(emitter, equation, e, r);
    return equation.inputs[0]!.dtype === "bool" ? emitter.define(`i32(${term})`) : term;
  },
  argMax: overAxis,
  argMin: overAxis,
  matMul,
  scatterAdd,
  conv2d: convolution,
  conv2dInputGradient: convolution,
  conv2dFilterGradient: convolution,
};

export function termOf(emitter: Emitter, equation: Equation, e: string, r: string): string {
  const { primitive, attributes } = equation;
  const term = terms[primitive.name] ?? (attributes.axes ? overAxes : broken(`${primitive.name} has no terms`));
  return term(emitter, equation, e, r);
}
