// Loops over choices whose strategies are additive stay loops: each step draws and keeps, and all steps together are one
// choice of a batch with an axis more. Costs of a step depend on the choices up to it.
import { build, emit } from "../../ir/builder.js";
import type { ScanAttributes } from "../../ir/control.js";
import { inline, interpret, restateConstant } from "../../ir/interpret.js";
import { broadcastTo, moveAxis, reshape } from "../../ir/primitives/axes.js";
import { add } from "../../ir/primitives/elementwise.js";
import { index } from "../../ir/primitives/joining.js";
import { slice } from "../../ir/primitives/slicing.js";
import { type Equation, type Program, typeOf, type Variable } from "../../ir/program.js";
import { isSample, type SampleAttributes, sampleAttributes } from "../../ir/site.js";
import { formatShape, range } from "../../util/shapes.js";
import { type Axis, applyInLanes, type Lanes, materialize, newAxis, ownShape, ownToAxis, single } from "../lanes.js";
import { scanPrimitive } from "../scan.js";
import { type Dependence, followDependence, followLoop, mergeDependence } from "./dependence.js";
import { drawInPlace, drawProgram } from "./draw.js";
import { emitLoopChoices, type LoopChoice } from "./loopChoices.js";

/** Choices of a body that one contraction serves. */
interface Group {
  readonly sites: readonly Equation[];
  readonly kept: readonly string[];
}

/** How a loop's choices are estimated without unrolling it. */
interface LoopPlan {
  readonly groups: readonly Group[];
  /** How many lanes run through the loop, if there are several. */
  readonly lanes: number | undefined;
}

const identityAxes = (site: Equation): Dependence =>
  new Map([[site, sampleAttributes(site).batch.map((_, axis) => axis)]]);

const isAdditive = (equation: Equation): boolean =>
  isSample(equation) && sampleAttributes(equation).strategy!.isAdditive === true;
const ownOf = (equation: Equation): Dependence | undefined =>
  isAdditive(equation) ? identityAxes(equation) : undefined;

/**
 * The plan for a loop whose flat body has pathwise and additive choices only; undefined where each step needs a
 * contraction of its own: where a strategy's operand (a baseline) depends on the loop's own choices, and where lanes of
 * different strategies meet.
 */
function planLoop(scan: ScanAttributes): LoopPlan | undefined {
  const sites = scan.body.equations.filter(isAdditive);
  const traced = sites.map((site) => drawProgram(sampleAttributes(site), site.inputs.map(typeOf), mixedAll(site)));
  const [lanes, ...others] = new Set(traced.map((each) => each.lanes));
  if (others.length > 0 || operandsDependOn(scan, sites)) return undefined;
  if (lanes === undefined || sites.length === 1)
    return { lanes, groups: sites.map((site, i) => ({ sites: [site], kept: traced[i]!.kept })) };
  // what runs in the same lanes is contracted together, by the strategy of the first
  const kindOf = (site: Equation, i: number): string => {
    const { strategy, batch } = sampleAttributes(site);
    return `${strategy!.name} ${traced[i]!.kept} ${formatShape(batch)}`;
  };
  const isPlain = (site: Equation): boolean => {
    const { strategy } = sampleAttributes(site);
    return !strategy!.operands?.length && strategy!.initialState === undefined;
  };
  const isJoint = new Set(sites.map(kindOf)).size === 1 && sites.every(isPlain);
  return isJoint ? { lanes, groups: [{ sites, kept: traced[0]!.kept }] } : undefined;
}

const mixedAll = (site: Equation): boolean[] => sampleAttributes(site).batch.map((size) => size > 1);

/** Whether an operand of some strategy depends on choices of the loop, earlier steps' included. */
function operandsDependOn(scan: ScanAttributes, sites: readonly Equation[]): boolean {
  const operands = sites.flatMap((site) => site.inputs.slice(1 + sampleAttributes(site).parameterShapes.length));
  const body: Program = { ...scan.body, outputs: [...scan.body.outputs, ...operands] };
  const found = followLoop<Equation>({ ...scan, body }, [], ownOf);
  return found.slice(scan.body.outputs.length).some((each) => each.size > 0);
}

/**
 * Emits a loop whose flat body holds pathwise and additive choices, with these drawn inside; undefined if it has to be
 * unrolled.
 */
export function keepLoop(scan: ScanAttributes, operands: readonly Variable[]): Variable[] | undefined {
  const plan = scan.length > 0 ? planLoop(scan) : undefined;
  if (!plan) return undefined;
  const { body, isLaned } = drawnBody(scan, plan);
  const given = operands.map((operand, i) => {
    const carry = i - scan.constants;
    const isWidened = carry >= 0 && carry < scan.carries && isLaned[carry];
    return isWidened ? broadcastTo(operand, [plan.lanes!, ...operand.shape]) : operand;
  });
  const first = scan.body.outputs.length;
  const isFixed = fixedOutputs({ ...scan, body });
  const outputs = emit(scanPrimitive, given, { ...scan, body }).map((output, i) => {
    if (i < scan.carries) return output;
    const steps = i >= first && isFixed[i] ? firstStep(output) : output;
    return isLaned[i] ? moveAxis(steps, 1, 0) : steps;
  });
  const choices = plan.groups.map(({ sites, kept }, g): LoopChoice => {
    const before = plan.groups.slice(0, g).reduce((sum, group) => sum + group.kept.length, first);
    return {
      site: ofAllSteps(sites[0]!, scan.length, operands),
      members: sites,
      kept: Object.fromEntries(kept.map((name, k) => [name, before + k])),
    };
  });
  const choiceOf = new Map(choices.flatMap(({ site, members }) => members.map((member) => [member, site] as const)));
  const ownSources = followLoop<Equation>(scan, [], ownOf).map((found) =>
    mergeDependence([...found].map(([member, axes]) => new Map([[choiceOf.get(member)!, axes]]))),
  );
  return emitLoopChoices(outputs, { choices, lanes: plan.lanes, isLaned, ownSources });
}

const firstStep = (x: Variable): Variable =>
  slice(
    x,
    x.shape.map(() => 0),
    [1, ...x.shape.slice(1)],
  );

/** Its inputs are the loop's: what the choices depend on. */
function ofAllSteps(site: Equation, length: number, inputs: readonly Variable[]): Equation {
  const attributes = sampleAttributes(site);
  const all: SampleAttributes = { ...attributes, batch: [length, ...attributes.batch] };
  return { ...site, inputs, attributes: { ...all } };
}

/** Which outputs of a body are the same at every step. */
function fixedOutputs({ body, constants }: ScanAttributes): boolean[] {
  const of = followDependence<string>(
    body,
    body.inputs.map(({ shape }, i) => new Map(i < constants ? [] : [["step", shape.map(() => null)]])),
  );
  return body.outputs.map((output) => of(output).size === 0);
}

/** The body with its choices drawn; outputs: [carries…, results…, what the groups keep…], some with lanes in front. */
function drawnBody(
  { body, constants, carries }: ScanAttributes,
  plan: LoopPlan,
): { body: Program; isLaned: readonly boolean[] } {
  const axis = plan.lanes === undefined ? undefined : newAxis("loop", plan.lanes);
  let isLaned: readonly boolean[] = [];
  const isCarryLaned = (i: number) => i >= constants && i < constants + carries && isLaned[i - constants] === true;
  const withLanes = () =>
    build(
      body.inputs.map(({ shape, dtype }, i) => ({ shape: isCarryLaned(i) ? [axis!.size, ...shape] : shape, dtype })),
      (...inputs) => {
        const outputs = runBody(
          body,
          inputs.map((input, i): Lanes => ({ variable: input, axes: isCarryLaned(i) ? [axis!] : [] })),
          plan,
          axis,
        );
        isLaned = outputs.map(({ axes }, i) => axes.length > 0 || isCarryLaned(i + constants));
        return outputs.map((output, i) => (isLaned[i] ? materialize(output, [axis!]) : output.variable));
      },
    );
  // what varies from lane to lane gets there by the carry, too
  for (;;) {
    const before = range(carries).filter((i) => isLaned[i]);
    const drawn = withLanes();
    if (range(carries).filter((i) => isLaned[i]).length === before.length) return { body: drawn, isLaned };
  }
}

function runBody(body: Program, inputs: readonly Lanes[], { groups }: LoopPlan, axis: Axis | undefined): Lanes[] {
  const kept = new Map<Equation, Readonly<Record<string, Lanes>>>();
  const { outputs } = interpret<Lanes>(
    body,
    inputs,
    (constant) => single(restateConstant(constant)),
    (equation, operands) => {
      if (!isSample(equation)) return applyInLanes(equation.primitive, operands, equation.attributes);
      if (!isAdditive(equation)) return [drawInPlace(sampleAttributes(equation), operands)];
      const { value, keep } = drawStep(equation, operands, axis);
      kept.set(equation, keep);
      return [value];
    },
  );
  const sums = groups.flatMap(({ sites, kept: names }) =>
    names.map((name) =>
      sites
        .map((site) => kept.get(site)![name]!)
        .reduce((sum, each) => applyInLanes(add.primitive, [sum, each], {})[0]!),
    ),
  );
  return [...outputs, ...sums];
}

/** Draws one step's choice: in lanes, from the parameters of every lane. */
function drawStep(
  site: Equation,
  operands: readonly Lanes[],
  axis: Axis | undefined,
): { value: Lanes; keep: Record<string, Lanes> } {
  const attributes = sampleAttributes(site);
  const { batch, family, parameterShapes } = attributes;
  const given = operands.map((operand, i) => {
    if (operand.axes.length === 0) return operand.variable;
    // keys and strategies' operands are the same in all lanes
    if (i === 0 || i > parameterShapes.length) return index(operand.variable, 0, 0);
    const own = ownShape(operand);
    const missing = batch.length - (own.length - family.parameterEventRanks[i - 1]!);
    return reshape(operand.variable, [axis!.size, ...range(missing).map(() => 1), ...own]);
  });
  const { program, kept } = drawProgram(attributes, given.map(typeOf), mixedAll(site));
  const inLanes = (x: Variable): Lanes => (axis ? ownToAxis(single(x), axis) : single(x));
  const [value, ...keep] = inline(program, given);
  const atFullRank = (x: Variable): Variable => {
    const lead = axis ? 1 : 0;
    const own = x.shape.slice(lead);
    return reshape(x, [...x.shape.slice(0, lead), ...range(batch.length - own.length).map(() => 1), ...own]);
  };
  return {
    value: inLanes(value!),
    keep: Object.fromEntries(kept.map((name, i) => [name, inLanes(atFullRank(keep[i]!))])),
  };
}
