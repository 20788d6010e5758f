import { ElbowError } from "../../errors.js";
import { withBuilder, withoutSource } from "../../ir/builder.js";
import { innerPrograms } from "../../ir/control.js";
import { interpret, restateConstant } from "../../ir/interpret.js";
import { leaf } from "../../ir/primitives/leaf.js";
import { assumeContinuous } from "../../ir/primitives/marks.js";
import type { Equation, Program } from "../../ir/program.js";
import { type Family, isSample, type SampleAttributes, type Strategy, sampleAttributes } from "../../ir/site.js";
import { withoutDeadCode } from "../deadCode.js";
import { applyInLanes, type Lanes, single, withoutAxis } from "../lanes.js";
import { SimplifyingBuilder } from "../simplify.js";
import { isMixedPlace, usableAxes } from "./align.js";
import { contractTail, type SiteLanes } from "./contract.js";
import { findDependence, type SiteAxes } from "./dependence.js";
import { drawSite } from "./draw.js";
import { flatten } from "./flatten.js";
import { checkMark } from "./leafRules.js";
import { type LeafReport, reportLeaves } from "./leaves.js";
import { isLoopChoices, readLoopChoices } from "./loopChoices.js";
import { findFlow } from "./smoothness.js";
import { findTail, leavesOf } from "./tail.js";

/** The strategies that sites get which the user left open. */
export interface DefaultStrategies {
  /** Where the pathwise derivative exists and is sound. */
  readonly pathwise: Strategy;
  /** Else for small finite supports. */
  readonly enumeration: Strategy;
  /** The largest number of lanes that is enumerated unasked. */
  readonly enumerationLimit: number;
  /** Everywhere else. */
  readonly score: Strategy;
}

/** What the estimator decided about a site. */
export interface SiteReport {
  readonly address: string;
  readonly family: string;
  readonly strategy: Strategy;
  /** Whether the user left the choice to the estimator. */
  readonly isDefault: boolean;
  /** Why it has this strategy. */
  readonly reason: string;
  /** Values run side by side; 1 if there is a single one. */
  readonly lanes: number;
  /** Per batch axis: whether some leaf mixes the elements along it. */
  readonly isMixed: readonly boolean[];
  /**
   * The equation at which the derivative of a pathwise value jumps on the way to the objective, if there is one: second
   * derivatives through it would be biased.
   */
  readonly kink: Equation | undefined;
  readonly source: string | undefined;
}

/** A deterministic program whose expectation over keys is the objective, and whose gradient's expectation its gradient. */
export interface Estimator {
  /** Inputs: those of the objective, then one scalar per state. Outputs: the estimate, the next states, the auxiliary loss if there is one. */
  readonly program: Program;
  /** Starting values of the states that some strategies (moving baselines) carry from step to step. */
  readonly initialStates: readonly number[];
  /** Whether some strategies (learned baselines) have a loss of their own, which is to be minimised beside the objective. */
  readonly hasAuxiliaryLoss: boolean;
  readonly sites: readonly SiteReport[];
  readonly leaves: readonly LeafReport[];
}

/**
 * The estimator transform: turns the first output of a program with random choices, L, into a deterministic program s
 * of the same inputs (among them the random key) with E[s] = E[L] and E[∇s] = ∇E[L]; ordinary differentiation of s is
 * the gradient estimator.
 *
 * @throws ElbowError "discontinuous" if a pathwise value reaches L through a discontinuity, and where a strategy refuses
 */
export function estimate(program: Program, defaults: DefaultStrategies): Estimator {
  const resolve = resolver(program, defaults);
  const inLoops: SiteReport[] = [];
  const flat = flatten(program, {
    resolve,
    // a pathwise strategy that runs alternatives side by side needs the whole rest of the program
    staysInLoop: (site) => {
      const { strategy } = resolve(site);
      return strategy?.isPathwise === true && !strategy.contract;
    },
    isAdditive: (site) => resolve(site).strategy?.isAdditive === true,
    report: (site) => inLoops.push(reportOf(site, resolve(site), 1, [])),
  });
  const source = withoutDeadCode({ ...flat, outputs: flat.outputs.slice(0, 1) });
  const [objective] = source.outputs;
  const dependence = findDependence(source);
  const tail = findTail(source, objective!, (variable) => dependence(variable).size > 0);
  const leaves = leavesOf(tail);
  const mixed = mixedAxes(leaves.map(({ variable }) => dependence(variable)));

  const target = new SimplifyingBuilder();
  return withBuilder(target, () => {
    const sites: SiteLanes[] = [];
    const { read } = interpret<Lanes>(
      source,
      source.inputs.map(single),
      (constant) => single(restateConstant(constant)),
      (equation, operands) => {
        if (equation.primitive === leaf.primitive) {
          checkMark(equation, dependence(equation.outputs[0]!), sites);
          return [operands[0]!];
        }
        if (isLoopChoices(equation)) {
          const drawn = readLoopChoices(equation, operands, mixed);
          sites.push(...drawn.sites);
          return drawn.values;
        }
        if (!isSample(equation)) {
          // batched loops and branches give all their outputs all lanes
          const outputs = applyInLanes(equation.primitive, operands, equation.attributes);
          if (outputs.every(({ axes }) => axes.length === 0)) return outputs;
          return outputs.map((output, i) =>
            sites
              .filter(({ axis, equation: site }) => axis && !dependence(equation.outputs[i]!).has(site))
              .reduce((lanes, { axis }) => withoutAxis(lanes, axis!), output),
          );
        }
        const isMixed = mixed(equation);
        const attributes = withStrategy(sampleAttributes(equation), isMixed, defaults);
        const site = drawSite(equation, attributes, operands, isMixed);
        sites.push(site);
        return [site.value];
      },
    );
    const {
      estimate: value,
      states,
      auxiliaryLoss,
    } = withoutSource(() => contractTail({ tail, sites, read, dependence }));
    return {
      program: withoutDeadCode(
        target.program(
          [...source.inputs, ...states.map((state) => state.input)],
          [value, ...states.map((state) => state.next), ...(auxiliaryLoss ? [auxiliaryLoss] : [])],
        ),
      ),
      initialStates: states.map((state) => state.initial),
      hasAuxiliaryLoss: auxiliaryLoss !== undefined,
      sites: [
        ...inLoops,
        ...sites.flatMap(({ equation, attributes, axis, isMixed, members }) =>
          members
            ? members.map((each) => reportOf(each, sampleAttributes(each), axis?.size ?? 1, isMixed))
            : [reportOf(equation, attributes, axis?.size ?? 1, isMixed)],
        ),
      ],
      leaves: reportLeaves(source, leaves, dependence, (variable) => lanesOf(read(variable))),
    };
  });
}

const lanesOf = ({ axes }: Lanes): number => axes.reduce((product, { size }) => product * size, 1);

const reportOf = (
  equation: Equation,
  { address, family, strategy, kink, isDefault = false, reason = "named in the program" }: SampleAttributes,
  lanes: number,
  isMixed: readonly boolean[],
): SiteReport => ({
  address,
  family: family.name,
  strategy: strategy!,
  isDefault,
  reason,
  lanes,
  isMixed,
  kink,
  // to find the line takes its time: whoever reads it waits
  get source() {
    return equation.source?.line;
  },
});

/** Settles which sites are pathwise, and refuses pathwise ones that reach the objective through a discontinuity. */
function resolver(program: Program, defaults: DefaultStrategies): (site: Equation) => SampleAttributes {
  const [flow] = findFlow(program);
  for (const [site, jump] of flow!) {
    const { strategy, address, family } = sampleAttributes(site);
    const others = alternativesOf(family);
    const mustBePathwise = strategy ? strategy.isPathwise : family.isPathwise && others.length === 0;
    if (!mustBePathwise || !jump) continue;
    const remedy = others.length > 0 ? `Estimate it with ${others.join(" or ")}` : "Write the cost continuously";
    throw new ElbowError("discontinuous", {
      message:
        `the pathwise derivative of "${address}" would be biased: its value reaches the objective through a discontinuity\n` +
        `  site:      ${(strategy ?? defaults.pathwise).name}(${family.name}) ${site.source?.line ?? ""}\n` +
        `  operation: ${jump.primitive.name} ${jump.source?.line ?? ""}`,
      hint: `${remedy}, or wrap the result in assumeContinuous(…) if it is continuous after all.`,
      at: { address, source: site.source?.line },
    });
  }
  const [smooth] = isSmooth(program) ? [flow] : findFlow(program, "kink");
  return (site) => {
    const attributes = sampleAttributes(site);
    const isSound = attributes.family.isPathwise && flow!.get(site) === undefined;
    const settled = attributes.strategy
      ? attributes
      : isSound
        ? {
            ...attributes,
            strategy: defaults.pathwise,
            isDefault: true,
            reason: "its value reaches every cost continuously",
          }
        : { ...attributes, reason: notPathwise(attributes.family, flow!.get(site)) };
    const kink = settled.strategy?.isPathwise ? smooth!.get(site) : undefined;
    return kink ? { ...settled, kink } : settled;
  };
}

/** Whether no operation has kinks or is vouched for: then second derivatives meet the same obstacles as first ones. */
const isSmooth = ({ equations }: Program): boolean =>
  equations.every(
    (equation) =>
      !equation.primitive.hasKinks &&
      equation.primitive !== assumeContinuous.primitive &&
      innerPrograms(equation).every(isSmooth),
  );

const notPathwise = (family: Family, jump: Equation | undefined): string =>
  family.isPathwise && jump
    ? `its value passes a discontinuity, ${jump.primitive.name}${jump.source?.line ? ` at ${jump.source.line}` : ""}`
    : "its draws are no differentiable function of its parameters";

/** The strategies other than pathwise ones that a family allows. */
const alternativesOf = ({ supportValues, supportEvents, isScorable, weakDerivative }: Family): string[] => [
  ...((supportValues ?? supportEvents) ? ["enumerate"] : []),
  ...(isScorable ? ["reinforce"] : []),
  ...(weakDerivative ? ["measureValued"] : []),
];

/** The default strategy of a site that is not pathwise. */
function withStrategy(
  attributes: SampleAttributes,
  isMixed: readonly boolean[],
  defaults: DefaultStrategies,
): SampleAttributes {
  if (attributes.strategy) return attributes;
  const { family, batch } = attributes;
  const elements = batch.reduce((product, size, axis) => (isMixed[axis] ? product * size : product), 1);
  const finite = family.supportValues ?? family.supportEvents;
  const size = finite?.(attributes.parameterShapes).length ?? Number.POSITIVE_INFINITY;
  const isSmall = size ** elements <= defaults.enumerationLimit;
  const strategy = isSmall ? defaults.enumeration : defaults.score;
  const objection = strategy.objection(family);
  const values = `${size}${elements === 1 ? "" : `^${elements}`} values`;
  const support =
    size === Number.POSITIVE_INFINITY
      ? "it has no finite support"
      : `its ${values} are ${isSmall ? "few" : `more than ${defaults.enumerationLimit}`}`;
  const reason = [attributes.reason, support].filter((text) => text).join("; ");
  if (objection === undefined) return { ...attributes, strategy, isDefault: true, reason };
  throw new ElbowError("no-strategy", {
    message: `"${attributes.address}" names no strategy, and the default, ${strategy.name}(${family.name}), is not possible: ${objection}`,
    hint: `Name one: ${alternativesOf(family).join(", ") || "reparam"}.`,
    at: { address: attributes.address },
  });
}

/** Per site and batch axis: whether some leaf mixes the elements along it. */
function mixedAxes(leaves: readonly ReadonlyMap<Equation, SiteAxes>[]): (site: Equation) => boolean[] {
  return (site) =>
    sampleAttributes(site).batch.map(
      (size, axis) =>
        size > 1 &&
        leaves.some(
          (leaf) => leaf.has(site) && isMixedPlace(usableAxes(sampleAttributes(site), leaf.get(site)!)[axis]),
        ),
    );
}
