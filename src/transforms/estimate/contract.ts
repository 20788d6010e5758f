// Contraction: per leaf, the sites that it depends on are taken away one by one, each after all that depend on it. A chain of
// enumerated sites thereby becomes a sum-product: costs that share their sites are added before the next is summed out.
import * as tf from "@tensorflow/tfjs-core";
import { ElbowError, invariant } from "../../errors.js";
import { build, builder } from "../../ir/builder.js";
import { div } from "../../ir/primitives/arithmetic.js";
import { reduceSum } from "../../ir/primitives/axes.js";
import { add } from "../../ir/primitives/elementwise.js";
import { index } from "../../ir/primitives/joining.js";
import { type Equation, variable as newVariable, type Program, type Type, type Variable } from "../../ir/program.js";
import type { SampleAttributes } from "../../ir/site.js";
import { trace } from "../../ir/tracing.js";
import { formatShape, range, type Shape, sizeOf } from "../../util/shapes.js";
import { type Axis, applyInLanes, axisToOwn, type Lanes, ownShape, runInLanes, single, unionAxes } from "../lanes.js";
import { align, isMixedPlace, usableAxes } from "./align.js";
import { axesText, type Dependence, mergeDependence } from "./dependence.js";
import { type Marking, markingOf, type Treatment, treat, treated } from "./leafRules.js";
import { type CostSketch, eliminationOrder, joinable, type SiteSketch } from "./order.js";
import type { Leaf, Tail } from "./tail.js";

/** A site as it was drawn. */
export interface SiteLanes {
  readonly equation: Equation;
  readonly attributes: SampleAttributes;
  readonly axis: Axis | undefined;
  readonly isMixed: readonly boolean[];
  /** The equations inside a loop that it stands for, if it was drawn there. */
  readonly members?: readonly Equation[];
  readonly keep: Readonly<Record<string, Lanes>>;
}

/** A scalar that a strategy carries from step to step for one site and leaf. */
export interface State {
  readonly input: Variable;
  readonly next: Variable;
  readonly initial: number;
}

export interface ContractionTask {
  readonly tail: Tail;
  readonly sites: readonly SiteLanes[];
  readonly read: (variable: Variable) => Lanes;
  readonly dependence: (variable: Variable) => Dependence;
}

/** A cost on its way from a leaf to an estimate. */
interface Cost {
  readonly kind: "cost";
  readonly lanes: Lanes;
  readonly dependence: Dependence;
  /** How a marked leaf is to be estimated. */
  readonly marking: Marking | undefined;
}

/** The tail over costs instead of leaves. */
type Node =
  | Cost
  | { readonly kind: "sum"; readonly parts: readonly Node[] }
  | {
      readonly kind: "linear";
      readonly tail: Extract<Tail, { kind: "linear" }>;
      readonly operands: readonly (Node | Variable)[];
    };

/** A strategy's contraction as a program. Outputs: the estimate, the state if any, the sum of the auxiliary loss if any. */
interface TracedContraction {
  readonly program: Program;
  readonly hasState: boolean;
  readonly hasLoss: boolean;
}

const isNode = (operand: Node | Variable): operand is Node => "kind" in operand;

/** Emits the estimate of a tail: every leaf contracted over every site that it depends on. */
export function contractTail({ tail, sites, read, dependence }: ContractionTask): {
  estimate: Variable;
  states: State[];
  /** The sum of all auxiliary losses, if there are any. */
  auxiliaryLoss: Variable | undefined;
} {
  const states: State[] = [];
  const losses: Variable[] = [];
  const leafCost = ({ variable, equation, factors }: Leaf): Cost => {
    const lanes = factors.reduce(
      (cost, { primitive, by }) => applyInLanes(primitive, by ? [cost, read(by)] : [cost], {})[0]!,
      read(variable),
    );
    return { kind: "cost", lanes, dependence: dependence(variable), marking: markingOf(equation, dependence) };
  };
  const toNode = (part: Tail): Node => {
    if (part.kind === "leaf") return leafCost(part);
    if (part.kind === "sum") return { kind: "sum", parts: part.parts.map(toNode) };
    return {
      kind: "linear",
      tail: part,
      operands: part.operands.map((operand) => ("kind" in operand ? toNode(operand) : operand)),
    };
  };
  const contractor = new Contractor(sites, states, losses);
  let node = toNode(tail);
  const order = eliminationOrder(contractor.sketchSites(dependence), contractor.sketchCosts(node));
  for (const i of order) node = contractor.visit(node, sites[i]!);

  const emitNode = (each: Node): Variable => {
    if (each.kind === "cost") {
      invariant(
        each.lanes.axes.length === 0,
        `lanes ${each.lanes.axes.map((axis) => axis.name)} are left after contraction`,
      );
      return each.lanes.variable;
    }
    if (each.kind === "sum") return each.parts.map(emitNode).reduce((total, part) => add(total, part));
    const operands = each.operands.map((operand) => (isNode(operand) ? emitNode(operand) : read(operand).variable));
    return builder().emit(each.tail.primitive, operands, each.tail.attributes)[0]!;
  };
  const auxiliaryLoss = losses.length === 0 ? undefined : losses.reduce((total, loss) => add(total, loss));
  return { estimate: emitNode(node), states, auxiliaryLoss };
}

class Contractor {
  /** Traced contractions by strategy and types: equal sites share one. */
  private readonly traced = new Map<string, TracedContraction>();
  private readonly strategyIds = new Map<object, number>();

  constructor(
    private readonly sites: readonly SiteLanes[],
    private readonly states: State[],
    private readonly losses: Variable[],
  ) {}

  /** Takes one site away from all costs below a node. */
  visit(node: Node, site: SiteLanes): Node {
    if (node.kind === "cost")
      return node.dependence.has(site.equation) ? this.contract(node, site) : withoutAxis(node, site);
    if (node.kind === "linear")
      return {
        ...node,
        operands: node.operands.map((operand) => (isNode(operand) ? this.visit(operand, site) : operand)),
      };
    const parts = this.joinCosts(node.parts, site).map((part) => this.visit(part, site));
    return { kind: "sum", parts };
  }

  /** What the order of elimination needs to know of the sites: one without a contraction leaves every cost as it is. */
  sketchSites(dependence: (variable: Variable) => Dependence): SiteSketch[] {
    const positions = new Map(this.sites.map(({ equation }, i) => [equation, i]));
    return this.sites.map(({ equation, attributes, axis, keep }) => {
      const { contract, isExact = false } = attributes.strategy!;
      if (!contract) return { axis: undefined, keep: [], ancestors: new Set(), isExact: true, isInert: true };
      const sources = equation.inputs.flatMap((input) => [...dependence(input).keys()]);
      return {
        axis,
        keep: unionAxes(Object.values(keep)),
        ancestors: new Set(sources.flatMap((source) => positions.get(source) ?? [])),
        isExact,
        isInert: false,
      };
    });
  }

  /** And of the costs: those of one sum that may be added early have a group in common. */
  sketchCosts(node: Node, sum = "0"): CostSketch[] {
    if (node.kind === "sum")
      return node.parts.flatMap((part, i) => this.sketchCosts(part, part.kind === "cost" ? sum : `${sum}.${i}`));
    if (node.kind === "linear")
      return node.operands.flatMap((operand, i) => (isNode(operand) ? this.sketchCosts(operand, `${sum}.${i}`) : []));
    const { lanes, dependence, marking } = node;
    return [
      {
        axes: new Set(lanes.axes),
        sites: new Set(this.sites.flatMap(({ equation }, i) => (dependence.has(equation) ? [i] : []))),
        elements: Math.max(1, sizeOf(ownShape(lanes))),
        group: marking ? `alone ${lanes.variable.id}` : `${sum}:${this.couplingKey(node)}`,
      },
    ];
  }

  /** Adds up costs that depend on this site, where that needs no more lanes than they have and couples nothing new. */
  private joinCosts(parts: readonly Node[], site: SiteLanes): Node[] {
    const isCandidate = (part: Node): part is Cost =>
      part.kind === "cost" && !part.marking && part.dependence.has(site.equation);
    const candidates = parts
      .filter(isCandidate)
      .map((cost) => ({ cost, axes: new Set(cost.lanes.axes), group: this.couplingKey(cost) }));
    const joined = joinable(candidates).map((group) =>
      group
        .map(({ cost }) => cost)
        .reduce((sum, cost) => ({
          kind: "cost",
          lanes: applyInLanes(add.primitive, [sum.lanes, cost.lanes], {})[0]!,
          dependence: mergeDependence([sum.dependence, cost.dependence]),
          marking: undefined,
        })),
    );
    return [...parts.filter((part) => !isCandidate(part)), ...joined];
  }

  /** Costs may be added early if they agree on their noisy sites and on how they are aligned with all of them. */
  private couplingKey({ dependence, lanes }: Cost): string {
    return `${ownShape(lanes)}:${this.sites
      .map(({ equation, attributes }) => {
        const axes = dependence.get(equation);
        if (attributes.strategy!.isExact && attributes.batch.length === 0) return "";
        return axes ? axesText(axes) : "-";
      })
      .join(";")}`;
  }

  private contract(cost: Cost, site: SiteLanes): Cost {
    const strategy = site.attributes.strategy!;
    // an axis of one lane is lost where operands are broadcast
    const varies = !site.axis || site.axis.size === 1 || cost.lanes.axes.includes(site.axis);
    if (!strategy.contract || !varies) return cost;
    const shape = ownShape(cost.lanes);
    const { axes: found, treatment } = treat(cost.marking, cost.dependence, site);
    const axes = usableAxes(site.attributes, found);
    this.checkLanes(cost, site, shape);
    const own = (lanes: Lanes) => (site.axis ? axisToOwn(lanes, site.axis) : lanes);
    const keep = Object.entries(site.keep).map(
      ([name, lanes]) => [name, own(align(lanes, site.attributes.batch, axes, shape))] as const,
    );
    const operands = [own(cost.lanes), ...keep.map(([, lanes]) => lanes)];
    const state = strategy.initialState === undefined ? undefined : newVariable([], "float32");
    const names = keep.map(([name]) => name);
    const isMixed = axes.map((place, i) => isMixedPlace(place) && site.attributes.batch[i] !== 1);
    const { program, hasState, hasLoss } = this.trace(site, operands, names, isMixed, state, treatment);
    const [estimate, ...rest] = runInLanes(program, state ? [...operands, single(state)] : operands);
    if (state && hasState)
      this.states.push({ input: state, next: meanOverLanes(rest.shift()!), initial: strategy.initialState! });
    if (hasLoss) this.losses.push(meanOverLanes(rest.shift()!));
    return { ...cost, lanes: estimate! };
  }

  private trace(
    site: SiteLanes,
    operands: readonly Lanes[],
    names: readonly string[],
    isMixed: readonly boolean[],
    state: Variable | undefined,
    treatment: Treatment,
  ): TracedContraction {
    const strategy = site.attributes.strategy!;
    if (!this.strategyIds.has(strategy)) this.strategyIds.set(strategy, this.strategyIds.size);
    const types: Type[] = operands.map((operand) => ({ shape: ownShape(operand), dtype: operand.variable.dtype }));
    const key = `${this.strategyIds.get(strategy)}:${types.map(({ shape }) => formatShape(shape))}:${names}:${isMixed}:${site.isMixed}:${treatment}`;
    const known = this.traced.get(key);
    if (known) return known;
    let hasState = false;
    let hasLoss = false;
    const program = trace(state ? [...types, { shape: [], dtype: "float32" }] : types, (cost, ...rest) => {
      const keep = Object.fromEntries(names.map((name, i) => [name, rest[i]!]));
      const result = treated(
        strategy.contract!,
        treatment,
        site.axis !== undefined,
      )({
        cost: cost!,
        keep,
        state: state && rest[names.length],
        isMixed,
        isMixedBySome: site.isMixed,
      });
      hasState = result.state !== undefined;
      hasLoss = result.auxiliaryLoss !== undefined;
      return [
        result.estimate,
        ...(result.state ? [result.state] : []),
        ...(result.auxiliaryLoss ? [tf.sum(result.auxiliaryLoss)] : []),
      ];
    });
    const expected = ownShape(operands[0]!).slice(site.axis ? 1 : 0);
    if (formatShape(program.outputs[0]!.shape) !== formatShape(expected))
      throw new ElbowError("strategy-shape", {
        message: `strategy ${strategy.name} returned an estimate of shape ${formatShape(program.outputs[0]!.shape)} for a leaf of shape ${formatShape(expected)}`,
        hint: "contract must remove the lane axis and keep the leaf's shape.",
        at: { address: site.attributes.address },
      });
    const result = { program, hasState, hasLoss };
    this.traced.set(key, result);
    return result;
  }

  /** Refuses lanes beyond any reason before memory does. */
  private checkLanes({ lanes }: Cost, { attributes, equation }: SiteLanes, shape: Shape): void {
    const elements = lanes.axes.reduce((product, axis) => product * axis.size, 1) * Math.max(1, sizeOf(shape));
    if (elements <= 2 ** 26) return;
    throw new ElbowError("too-many-lanes", {
      message: `a leaf of shape ${formatShape(shape)} needs ${elements} elements to run ${lanes.axes.map((axis) => `${axis.size} lanes of "${axis.name}"`).join(" × ")} side by side`,
      hint: "Use reinforce for some of these sites.",
      at: { address: attributes.address, source: equation.source?.line },
    });
  }
}

/** A cost that is independent of a site is the same in all its lanes. */
function withoutAxis(cost: Cost, { axis }: SiteLanes): Cost {
  if (!axis || !cost.lanes.axes.includes(axis)) return cost;
  const lanes = axisToOwn(cost.lanes, axis);
  return { ...cost, lanes: runInLanes(firstLane(ownShape(lanes)), [lanes])[0]! };
}

const firstLane = (shape: Shape): Program => build([{ shape, dtype: "float32" }], (x) => [index(x!, 0, 0)]);

/** A state or a loss that came out with lanes of other sites becomes their mean. */
function meanOverLanes({ variable, axes }: Lanes): Variable {
  const count = axes.reduce((product, axis) => product * axis.size, 1);
  return axes.length === 0 ? variable : div(reduceSum(variable, range(axes.length)), count);
}
