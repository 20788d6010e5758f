// Random choices that a loop has made while it ran: in the program, an equation behind the loop's stands for them.
import { ElbowError, invariant } from "../../errors.js";
import { emit } from "../../ir/builder.js";
import { type Primitive, primitive } from "../../ir/primitive.js";
import { type Attributes, type Equation, typeOf, type Variable } from "../../ir/program.js";
import { sampleAttributes } from "../../ir/site.js";
import { range } from "../../util/shapes.js";
import { type Lanes, newAxis, ownToAxis } from "../lanes.js";
import type { SiteLanes } from "./contract.js";
import type { Dependence } from "./dependence.js";

/** One choice per step, drawn inside a loop. */
export interface LoopChoice {
  /** The `sample` equation of all steps together, whose batch has their axis in front. It stands in no program. */
  readonly site: Equation;
  /** The equations in the loop's body that it stands for. */
  readonly members: readonly Equation[];
  /** Which input holds what its strategy kept, by name. */
  readonly kept: Readonly<Record<string, number>>;
}

/** Attributes of the `loopChoices` primitive. Its inputs are [the loop's outputs…, what strategies kept…]. */
export interface LoopChoicesAttributes {
  readonly choices: readonly LoopChoice[];
  /** How many lanes ran through the loop side by side, if there were several. */
  readonly lanes: number | undefined;
  /** Which inputs have an axis of lanes in front. */
  readonly isLaned: readonly boolean[];
  /** What each output of the loop depends on. */
  readonly ownSources: readonly Dependence[];
}

const attributesOf = (attributes: Attributes): LoopChoicesAttributes => attributes as unknown as LoopChoicesAttributes;

/** The outputs of a loop, which are random by the choices that it made; an axis of lanes goes. */
const loopChoicesPrimitive: Primitive = primitive({
  name: "loopChoices",
  isPure: false,
  infer: (inputs, attributes) => {
    const { isLaned, ownSources } = attributesOf(attributes);
    return ownSources.map((_, i) => {
      const { shape, dtype } = typeOf(inputs[i]!);
      return { shape: isLaned[i] ? shape.slice(1) : shape, dtype };
    });
  },
  evaluate: (_, attributes) => refuse(attributes),
  jvp: ({ attributes }) => refuse(attributes),
  vjp: ({ attributes }) => refuse(attributes),
  batch: (_, attributes) => refuse(attributes),
  axes: (inputs, attributes) => {
    const { isLaned, ownSources } = attributesOf(attributes);
    const ownAxes = (i: number) =>
      range(inputs[i]!.shape.length).map((axis) => (isLaned[i] ? (axis === 0 ? null : axis - 1) : axis));
    return ownSources.map((_, o) => inputs.map((_input, i) => (i === o ? ownAxes(i) : undefined)));
  },
  isContinuousIn: () => true,
});

function refuse(attributes: Attributes): never {
  const [choice] = attributesOf(attributes).choices;
  throw new ElbowError("random-program", {
    message: "the program still holds the random choices of a loop",
    hint: "Apply estimate to it first.",
    at: { address: sampleAttributes(choice!.site).address },
  });
}

export const isLoopChoices = ({ primitive: own }: Equation): boolean => own === loopChoicesPrimitive;

/** Emits the equation that stands for a loop's choices, and gives the loop's outputs. */
export const emitLoopChoices = (inputs: readonly Variable[], attributes: LoopChoicesAttributes): Variable[] =>
  emit(loopChoicesPrimitive, inputs, { ...attributes });

/** The loop's outputs in lanes, and its choices as drawn sites. */
export function readLoopChoices(
  equation: Equation,
  operands: readonly Lanes[],
  isMixed: (site: Equation) => boolean[],
): { values: Lanes[]; sites: SiteLanes[] } {
  const { choices, lanes, isLaned, ownSources } = attributesOf(equation.attributes);
  invariant(lanes === undefined || choices.length === 1, "choices that share lanes are contracted as one");
  const axis = lanes === undefined ? undefined : newAxis(sampleAttributes(choices[0]!.site).address, lanes);
  const inLanes = operands.map((operand, i) => (isLaned[i] ? ownToAxis(operand, axis!) : operand));
  return {
    values: inLanes.slice(0, ownSources.length),
    sites: choices.map(({ site, members, kept }) => ({
      equation: site,
      attributes: sampleAttributes(site),
      members,
      axis,
      isMixed: isMixed(site),
      keep: Object.fromEntries(Object.entries(kept).map(([name, at]) => [name, inLanes[at]!])),
    })),
  };
}
