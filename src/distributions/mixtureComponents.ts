// What a mixture needs of its components, side by side along a last batch axis: those of one distribution with such an
// axis, or several distributions.
import type { Tensor } from "@tensorflow/tfjs-core";
import * as tf from "@tensorflow/tfjs-core";
import { ElbowError } from "../errors.js";
import type { Constraint, Family, Relation } from "../ir/site.js";
import { where } from "../ops/where.js";
import { broadcastShapes, formatShape, range, type Shape, sameShape } from "../util/shapes.js";
import { indices } from "./categories.js";
import { batchOf } from "./distribution.js";

/** All functions see the components' parameters only, in order. */
export interface Components {
  readonly name: string;
  /** One family, or those of all components. */
  readonly families: readonly Family[];
  readonly parameterNames: readonly string[];
  readonly parameterEventRanks: readonly number[];
  readonly constraints: readonly (Constraint | undefined)[];
  readonly relations: readonly Relation[];
  readonly supportParameters: readonly number[];
  readonly event: Shape;
  /** [...batch, K] */
  readonly shape: (parameters: readonly Shape[]) => Shape;
  readonly supportValues: (parameters: readonly Shape[]) => readonly number[] | undefined;
  /** f of every component, [...batch, K, ...what f adds]; the value it sees broadcasts with the components. */
  readonly each: (f: OfFamily, parameters: readonly Tensor[], value?: Tensor) => Tensor;
  /** Draws of the components that are chosen, per element of the batch. */
  readonly draw: (parameters: readonly Tensor[], chosen: Tensor, key: Tensor, batch: Shape) => Tensor;
}

/** A function of a family; its result has the batch shape and `rank` more axes. */
export interface OfFamily {
  readonly of: (family: Family, parameters: readonly Tensor[], value?: Tensor) => Tensor;
  readonly rank: number;
}

const constraintsOf = ({ constraints, parameterNames }: Family): readonly (Constraint | undefined)[] =>
  constraints ?? parameterNames.map(() => undefined);

const shapesOf = (parameters: readonly Tensor[]): Shape[] => parameters.map(({ shape }) => shape);

/** Whether a category, [...batch], is each of K, with axes of size 1 behind that for events: [...batch, K, 1, …]. */
function isChosenOf(chosen: Tensor, count: number, rank: number): Tensor {
  const mask = tf.equal(tf.expandDims(chosen, -1), indices(count));
  return tf.reshape(mask, [...mask.shape, ...range(rank).map(() => 1)]);
}

/** The components of one distribution of batch shape [...batch, K]. @throws ElbowError "shape" without such an axis */
export function ofOneFamily(family: Family, batch: Shape, event: Shape): Components {
  const count = batch.at(-1);
  if (count === undefined || count < 1)
    throw new ElbowError("shape", {
      message: `mixture: ${family.name} has no batch axis of components\n  expected: [..., components]\n  received: ${formatShape(batch)}`,
      hint: "Write mixture(weights, [first, second, …]) for components that are distributions of their own.",
    });
  const rank = event.length;
  /** The parameter of the component chosen: without the axis of components, if it has it. */
  const choose = (parameter: Tensor, chosen: Tensor, eventRank: number): Tensor => {
    if (parameter.rank <= eventRank) return parameter;
    const axis = parameter.rank - eventRank - 1;
    if (parameter.shape[axis] === 1) return tf.squeeze(parameter, [axis]);
    return tf.sum(where(isChosenOf(chosen, count, eventRank), parameter, 0), -1 - eventRank);
  };
  return {
    name: family.name,
    families: [family],
    parameterNames: family.parameterNames,
    parameterEventRanks: family.parameterEventRanks.map((own) => own + 1),
    constraints: constraintsOf(family),
    relations: family.relations ?? [],
    supportParameters: family.supportParameters ?? [],
    event,
    shape: (parameters) => family.shapes(parameters).batch,
    supportValues: (parameters) => family.supportValues?.(parameters),
    each: ({ of }, parameters, value) => of(family, parameters, value && tf.expandDims(value, value.rank - rank)),
    draw: (parameters, chosen, key, shape) => {
      const own = parameters.map((each, i) => choose(each, chosen, family.parameterEventRanks[i]!));
      return family.draw(own, key, shape);
    },
  };
}

/** One component of a mixture of several distributions. */
export interface Component {
  readonly family: Family;
  readonly parameters: readonly unknown[];
  readonly event: Shape;
}

/** The components of several distributions. @throws ElbowError "shape" if their events, or "option" if their supports differ */
export function ofSeveralFamilies(components: readonly [Component, ...Component[]]): Components {
  const [{ family: first, event }] = components;
  const families = components.map(({ family }) => family);
  const different = components.find((each) => !sameShape(each.event, event));
  if (different)
    throw new ElbowError("shape", {
      message: `mixture: events of the components differ\n  expected: ${formatShape(event)} (${first.name})\n  received: ${formatShape(different.event)} (${different.family.name})`,
    });
  const other = families.find(({ support, dtype }) => support !== first.support || dtype !== first.dtype);
  if (other)
    throw new ElbowError("option", {
      message: `mixture: supports of the components differ\n  expected: ${first.support} (${first.name})\n  received: ${other.support} (${other.name})`,
    });
  const starts = components.map((_, i) =>
    components.slice(0, i).reduce((sum, { parameters }) => sum + parameters.length, 0),
  );
  const own = <P>(i: number, all: readonly P[]): readonly P[] =>
    all.slice(starts[i]!, starts[i]! + components[i]!.parameters.length);
  const names = components.map(({ family }, i) => `component ${i} (${family.name})`);
  const shape = (parameters: readonly Shape[]): Shape => [
    ...batchOf(
      "mixture",
      names,
      families.map((family, i) => family.shapes(own(i, parameters)).batch),
    ),
    components.length,
  ];
  return {
    name: families.map(({ name }) => name).join(", "),
    families,
    parameterNames: families.flatMap(({ parameterNames }, i) =>
      parameterNames.map((name) => `${name} of component ${i}`),
    ),
    parameterEventRanks: families.flatMap(({ parameterEventRanks }) => parameterEventRanks),
    constraints: families.flatMap(constraintsOf),
    relations: families.flatMap(({ relations = [] }, i) =>
      relations.map((relation) => ({ ...relation, parameters: relation.parameters.map((at) => at + starts[i]!) })),
    ),
    supportParameters: families.flatMap(({ supportParameters = [] }, i) =>
      supportParameters.map((at) => at + starts[i]!),
    ),
    event,
    shape,
    supportValues: (parameters) => {
      const lists = families.map((family, i) => family.supportValues?.(own(i, parameters)));
      return lists.every((list) => list && lists[0] && sameShape(list, lists[0])) ? lists[0] : undefined;
    },
    each: ({ of, rank }, parameters, value) => {
      const results = families.map((family, i) => of(family, own(i, parameters), value));
      const batches = results.map((each) => each.shape.slice(0, each.rank - rank));
      const batch = broadcastShapes(shape(shapesOf(parameters)).slice(0, -1), ...batches)!;
      const full = results.map((each) => tf.broadcastTo(each, [...batch, ...each.shape.slice(each.rank - rank)]));
      return tf.stack(full, batch.length);
    },
    draw: (parameters, chosen, key, batch) => {
      const draws = families.map((family, i) => family.draw(own(i, parameters), key, batch));
      const isChosen = isChosenOf(chosen, components.length, event.length);
      return tf.sum(where(isChosen, tf.stack(draws, batch.length), 0), batch.length);
    },
  };
}
