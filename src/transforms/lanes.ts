// Multi-axis batching: every value carries the named axes that it depends on, and no others.
import { invariant } from "../errors.js";
import { builder } from "../ir/builder.js";
import { interpret, restateConstant } from "../ir/interpret.js";
import type { Primitive } from "../ir/primitive.js";
import { broadcastTo, moveAxis, reshape } from "../ir/primitives/axes.js";
import { index } from "../ir/primitives/joining.js";
import type { Attributes, Program, Variable } from "../ir/program.js";
import type { Shape } from "../util/shapes.js";

/** A named axis over which a computation is repeated. Identity is object identity; axes are kept in order of creation. */
export interface Axis {
  readonly name: string;
  readonly size: number;
  readonly order: number;
}

let lastOrder = 0;
export const newAxis = (name: string, size: number): Axis => ({ name, size, order: ++lastOrder });

/** A value that varies over named axes: its variable has one leading axis per named one, in order, then its own shape. */
export interface Lanes {
  readonly variable: Variable;
  readonly axes: readonly Axis[];
}

export const single = (variable: Variable): Lanes => ({ variable, axes: [] });

export const ownShape = ({ variable, axes }: Lanes): Shape => variable.shape.slice(axes.length);

/** The union of the axes that some values vary over, in order. */
export const unionAxes = (lanes: readonly Lanes[]): Axis[] =>
  [...new Set(lanes.flatMap((each) => each.axes))].sort((a, b) => a.order - b.order);

/** The variable with a leading axis for each of `axes`: of size 1 where the value does not vary. */
export const alignTo = (lanes: Lanes, axes: readonly Axis[]): Variable =>
  reshape(lanes.variable, [...axes.map((axis) => (lanes.axes.includes(axis) ? axis.size : 1)), ...ownShape(lanes)]);

/** The variable repeated so that it has a full leading axis for each of `axes`. */
export const materialize = (lanes: Lanes, axes: readonly Axis[]): Variable =>
  broadcastTo(alignTo(lanes, axes), [...axes.map((axis) => axis.size), ...ownShape(lanes)]);

/** The value with one of its axes turned into the first axis of its own shape; repeated if it did not vary over it. */
export function axisToOwn(lanes: Lanes, axis: Axis): Lanes {
  const rest = lanes.axes.filter((each) => each !== axis);
  if (!lanes.axes.includes(axis)) {
    const widened = reshape(lanes.variable, [...rest.map((each) => each.size), 1, ...ownShape(lanes)]);
    return {
      variable: broadcastTo(widened, [...rest.map((each) => each.size), axis.size, ...ownShape(lanes)]),
      axes: rest,
    };
  }
  return { variable: moveAxis(lanes.variable, lanes.axes.indexOf(axis), rest.length), axes: rest };
}

/** The value with the first axis of its own shape turned into a named axis. */
export function ownToAxis(lanes: Lanes, axis: Axis): Lanes {
  invariant(ownShape(lanes)[0] === axis.size, `axis ${axis.name} of ${axis.size} lanes on shape [${ownShape(lanes)}]`);
  const axes = [...lanes.axes, axis].sort((a, b) => a.order - b.order);
  return { variable: moveAxis(lanes.variable, lanes.axes.length, axes.indexOf(axis)), axes };
}

/** A value that is the same in all lanes of an axis, without it. */
export function withoutAxis(lanes: Lanes, axis: Axis): Lanes {
  const at = lanes.axes.indexOf(axis);
  if (at < 0) return lanes;
  return { variable: index(lanes.variable, at, 0), axes: lanes.axes.filter((each) => each !== axis) };
}

/** Reads leading axes of size 1 or n as named axes: those of size 1 are dropped. */
export function fromBatched(variable: Variable, axes: readonly Axis[]): Lanes {
  const own = variable.shape.slice(axes.length);
  const kept = axes.filter((axis, i) => variable.shape[i] === axis.size && axis.size !== 1);
  return { variable: reshape(variable, [...kept.map((axis) => axis.size), ...own]), axes: kept };
}

/** Applies a primitive to values on named axes, batched over those that occur among its operands and only those. */
export function applyInLanes(primitive: Primitive, inputs: readonly Lanes[], attributes: Attributes): Lanes[] {
  if (inputs.every((input) => input.axes.length === 0))
    return builder()
      .emit(
        primitive,
        inputs.map((input) => input.variable),
        attributes,
      )
      .map(single);
  const axes = unionAxes(inputs);
  return primitive
    .batch(
      inputs.map((input) => alignTo(input, axes)),
      attributes,
      axes.length,
    )
    .map((variable) => fromBatched(variable, axes));
}

/** Emits a program into the current builder on values with named axes. */
export const runInLanes = (program: Program, inputs: readonly Lanes[]): Lanes[] =>
  interpret<Lanes>(
    program,
    inputs,
    (constant) => single(restateConstant(constant)),
    ({ primitive, attributes }, operands) => applyInLanes(primitive, operands, attributes),
  ).outputs;
