import type { Tensor } from "@tensorflow/tfjs-core";
import * as tf from "@tensorflow/tfjs-core";
import { ElbowError } from "../../errors.js";
import { build, builder } from "../../ir/builder.js";
import { inline, interpret, restateConstant } from "../../ir/interpret.js";
import { reshape } from "../../ir/primitives/axes.js";
import { mul } from "../../ir/primitives/elementwise.js";
import { slice } from "../../ir/primitives/slicing.js";
import { type Program, type Type, typeOf, type Variable } from "../../ir/program.js";
import { isSample, type SampleAttributes, sampleAttributes } from "../../ir/site.js";
import { trace } from "../../ir/tracing.js";
import { stopGradient } from "../../ops/marks.js";
import { withoutDeadCode } from "../../transforms/deadCode.js";
import { flatten } from "../../transforms/estimate/flatten.js";
import { simplify } from "../../transforms/simplify.js";
import { range, sizeOf } from "../../util/shapes.js";
import { type Coordinates, type Placement, placementOf } from "./placement.js";

/**
 * The objective at one point of the joint space of its random choices.
 *
 * Inputs: those of the objective, then coordinates and log weights, [elements] each. Outputs: weight · objective, weight.
 */
export interface LaneProgram {
  readonly program: Program;
  /** Per element of all choices, in the order of the coordinates. */
  readonly coordinates: readonly Coordinates[];
}

/** Nodes of less than e^−100 of the mass count for nothing. */
const negligible = -100;

/** Puts coordinates in the place of random choices. Returns why not, where a choice cannot be enumerated or integrated. */
export function laneProgram(traced: Program): LaneProgram | string {
  const flat = flattened(traced);
  if (typeof flat === "string") return flat;
  const sites = flat.equations.filter(isSample).map(sampleAttributes);
  const placements = sites.map(placementOf);
  const refusal = placements.findIndex((placement) => typeof placement === "string");
  if (refusal >= 0) return `"${sites[refusal]!.address}": ${placements[refusal] as string}`;
  const sizes = sites.map(({ batch, event }) => sizeOf([...batch, ...event]));
  const vector: Type = { shape: [sizes.reduce((sum, size) => sum + size, 0)], dtype: "float32" };
  const lane = build([...flat.inputs.map(typeOf), vector, vector], (...inputs) => {
    const [t, logWeight] = inputs.splice(-2) as [Variable, Variable];
    const masses: Variable[] = [];
    let offset = 0;
    const { outputs } = interpret<Variable>(flat, inputs, restateConstant, (equation, operands) => {
      if (!isSample(equation)) return builder().emit(equation.primitive, operands, equation.attributes);
      const at = masses.length;
      const attributes = sampleAttributes(equation);
      const shape = [...attributes.batch, ...attributes.event];
      const own = [t, logWeight].map((each) => reshape(slice(each, [offset], [sizes[at]!]), shape));
      offset += sizes[at]!;
      const parameters = operands.slice(1, 1 + attributes.parameterShapes.length);
      const [value, mass] = inline(massProgram(attributes, placements[at] as Placement, [...parameters, ...own]), [
        ...parameters,
        ...own,
      ]);
      masses.push(mass!);
      return [value!];
    });
    const weight = masses.reduce<Variable>((product, mass) => mul(product, mass), builder().scalar(1, "float32"));
    return inline(weighted, [weight, outputs[0]!]);
  });
  const program = withoutDeadCode(simplify(lane));
  const [key] = program.inputs;
  if (program.equations.some(({ inputs }) => inputs.includes(key!)))
    return "random numbers are drawn outside of its random choices";
  return {
    program,
    coordinates: placements.flatMap((placement, i) => range(sizes[i]!).map(() => (placement as Placement).coordinates)),
  };
}

/** Brings the choices that the objective needs to the top level. Loops are unrolled. */
function flattened(traced: Program): Program | string {
  try {
    const flat = flatten(traced, { resolve: sampleAttributes });
    return withoutDeadCode({ ...flat, outputs: flat.outputs.slice(0, 1) });
  } catch (error) {
    if (error instanceof ElbowError && error.code === "loop-too-long") return error.summary;
    throw error;
  }
}

const scalarType: Type = { shape: [], dtype: "float32" };

/** [w·f, w]; where the weight is 0, an infinite cost counts for nothing. */
const weighted = trace([scalarType, scalarType], (weight, cost) => {
  const isVoid = tf.logicalAnd(tf.equal(weight!, 0), tf.logicalNot(tf.isFinite(cost!)));
  return [tf.mul(weight!, tf.where(isVoid, tf.zerosLike(cost!), cost!)), weight!];
});

/** Value and mass of a choice from its parameters, coordinates and log weights. */
const massProgram = (
  { family, batch, event }: SampleAttributes,
  { coordinates, place, centre }: Placement,
  types: readonly Type[],
): Program =>
  trace(types.map(typeOf), (...inputs) => {
    const [t, logWeight] = inputs.splice(-2) as [Tensor, Tensor];
    const { value: raw, logSlope } = place(inputs, t);
    const typed = (x: Tensor): Tensor => (x.dtype === family.dtype ? x : tf.cast(x, family.dtype));
    if (coordinates.kind === "point") return [typed(raw), tf.scalar(1)];
    if (family.probability && coordinates.kind === "finite") {
      const probability = tf.mul(family.probability(inputs, typed(raw)), tf.exp(logWeight));
      return [typed(raw), tf.prod(tf.reshape(probability, [-1]))];
    }
    const overEvent = (x: Tensor): Tensor =>
      event.length === 0
        ? x
        : tf.sum(
            x,
            range(event.length).map((axis) => batch.length + axis),
          );
    const volume = overEvent(tf.add(logWeight, logSlope));
    const logMass = (value: Tensor): Tensor => tf.add(volume, family.logDensity(inputs, typed(value)));
    const measured = stopGradient(logMass(raw));
    // a value that rounding has put on the edge of its support may have an infinite density
    const counts = tf.logicalAnd(tf.greater(measured, negligible), tf.isFinite(measured));
    const countsElement = tf.broadcastTo(tf.reshape(tf.cast(counts, "float32"), [...batch, ...event.map(() => 1)]), [
      ...batch,
      ...event,
    ]);
    const value = tf.where(tf.cast(countsElement, "bool"), raw, centre(inputs, t));
    const mass = tf.where(counts, tf.exp(logMass(value)), tf.zeros([...batch]));
    return [typed(value), tf.prod(tf.reshape(mass, [-1]))];
  });
