import { ElbowError } from "../../errors.js";
import { build } from "../../ir/builder.js";
import { evaluate } from "../../ir/evaluate.js";
import { inline } from "../../ir/interpret.js";
import { toNDArray } from "../../ir/lifted.js";
import type { NDArray } from "../../ir/primitive.js";
import { reduceSum } from "../../ir/primitives/axes.js";
import { type Program, typeOf } from "../../ir/program.js";
import { valueAndGradInto } from "../../transforms/grad.js";
import { simplify } from "../../transforms/simplify.js";
import { vmap } from "../../transforms/vmap.js";
import { checkOptionNames } from "../../util/options.js";
import { range, sizeOf } from "../../util/shapes.js";
import { checkData } from "../checkData.js";
import { checkObjective } from "../checkObjective.js";
import type { Objective } from "../objective.js";
import { dataTensors, type Parameters, parameterTensors, traceObjective } from "../prepare.js";
import { type LaneProgram, laneProgram } from "./laneProgram.js";
import type { Coordinates } from "./placement.js";

export interface ExactOptions {
  /** How often the objective may be evaluated. @defaultValue 524288 */
  readonly maxEvaluations?: number | undefined;
}

/** An objective's expectation and its gradient, without a random number. */
export interface ExactExpectation {
  readonly value: number;
  /** Per parameter leaf, flat. */
  readonly gradient: readonly (readonly number[])[];
  /** What refining the nodes still changed: 0 for enumeration. */
  readonly error: { readonly value: number; readonly gradient: readonly (readonly number[])[] };
  readonly method: "enumeration" | "quadrature";
  /** Evaluations of the objective in the finest rule. */
  readonly evaluations: number;
}

const unusedKey: NDArray = { shape: [2], dtype: "int32", elements: new Float64Array(2) };
const defaultEvaluations = 2 ** 19;

/**
 * The exact expectation of an objective and its exact gradient, in double precision: every random choice of finite support
 * is enumerated and every continuous one integrated, jointly, the expectation being Σ p(x; θ)·w·L(x; θ) over fixed nodes x.
 * Its derivative in θ is therefore right for discontinuous costs too. Neither strategies nor the estimator transform
 * take part in it. Counts without bound are summed until nothing changes; nodes on a line (trapezoidal rule after x = m + s·sinh t)
 * are doubled until nothing changes or the evaluations are spent.
 *
 * Where a distribution's support moves with its parameters (uniform, delta), the nodes move along. `stopGradient` of a
 * pathwise value has no effect here: the value has no derivative, its density has.
 *
 * @throws ElbowError "not-exact" for programs that are too large, or have choices that there is no rule for
 * @example
 * ```ts
 * import * as tf from "@tensorflow/tfjs-core";
 * import { exactExpectation, normal, objective, sample } from "elbow";
 * const L = objective(function* (loc: tf.Tensor) {
 *   return tf.exp(yield* sample("x", normal(loc, 1)));
 * });
 * const { value, gradient } = exactExpectation(L, tf.scalar(0), []);
 * console.log(value.toFixed(9), gradient[0][0].toFixed(9)); // => 1.648721271 1.648721271
 * ```
 */
export function exactExpectation<P extends Parameters, D extends readonly unknown[]>(
  objective: Objective<P, D>,
  parameters: P,
  data: D,
  options: ExactOptions = {},
): ExactExpectation {
  checkObjective("exactExpectation", objective);
  checkData("exactExpectation", data);
  checkOptionNames("exactExpectation", options, ["maxEvaluations"]);
  const found = tryExact(objective, parameters, data, options);
  if (typeof found !== "string") return found;
  throw new ElbowError("not-exact", {
    message: `the exact expectation of the objective cannot be computed: ${found}`,
    hint: "Make the program smaller, allow more evaluations, or compare with estimates.",
  });
}

/** The same, with the reason instead of an error. */
export function tryExact<P extends Parameters, D extends readonly unknown[]>(
  objective: Objective<P, D>,
  parameters: P,
  data: D,
  { maxEvaluations = defaultEvaluations }: ExactOptions = {},
): ExactExpectation | string {
  const lane = laneProgram(traceObjective(objective, parameters, data));
  if (typeof lane === "string") return lane;
  const leaves = parameterTensors(parameters);
  const inputs = [unusedKey, ...[...leaves, ...dataTensors(data)].map(toNDArray)];
  const levels = refinements(lane.coordinates, maxEvaluations);
  if (typeof levels === "string") return levels;
  const integrate = integrator(lane, inputs, leaves.length);
  let coarse: Sums | undefined;
  for (const [level, nodes] of levels.entries()) {
    const fine = integrate(nodes);
    const size = nodes.reduce((product, { length }) => product * length, 1);
    if (levels.length === 1) return resultOf(fine, undefined, size, "enumeration");
    if (coarse) {
      const isLast = level === levels.length - 1;
      const result = resultOf(fine, coarse, size, "quadrature");
      if (isConverged(result)) return result;
      if (isLast)
        return Math.abs(fine.mass - 1) < 1e-3
          ? result
          : `with ${nodesPerElement(nodes)} nodes per element the probabilities add up to ${fine.mass.toPrecision(6)}`;
    }
    coarse = fine;
  }
  return "it has no levels";
}

/** Sums over all nodes. */
interface Sums {
  readonly mass: number;
  /** Value, then gradient leaves. */
  readonly results: readonly (readonly number[])[];
}

interface Node {
  readonly t: number;
  readonly logWeight: number;
}
type Nodes = readonly (readonly Node[])[];

const firstCount = 12;
const lastCount = 2 ** 17;

const nodesPerElement = (nodes: Nodes): number => Math.max(...nodes.map((each) => each.length));

/** Rules of 12, 24, 48, … nodes per element, as far as the evaluations reach: one level if there is nothing to refine. */
function refinements(coordinates: readonly Coordinates[], maxEvaluations: number): Nodes[] | string {
  const levels: Nodes[] = [];
  const isRefined = coordinates.some(({ kind }) => kind === "line" || kind === "count");
  for (let count = firstCount; count <= lastCount; count *= 2) {
    const size = coordinates.reduce((product, each) => product * countOf(each, count), 1);
    if (size > maxEvaluations) {
      if (levels.length > (isRefined ? 1 : 0)) return levels;
      return `its ${coordinates.length} random elements have ${size.toPrecision(3)} joint values or nodes, more than ${maxEvaluations}`;
    }
    levels.push(coordinates.map((each) => nodesOf(each, count)));
    if (!isRefined) return levels;
  }
  return levels;
}

const countOf = (coordinates: Coordinates, count: number): number =>
  coordinates.kind === "finite" ? coordinates.values.length : coordinates.kind === "point" ? 1 : count;

function nodesOf(coordinates: Coordinates, count: number): Node[] {
  if (coordinates.kind === "finite") return coordinates.values.map((t) => ({ t, logWeight: 0 }));
  if (coordinates.kind === "point") return [{ t: 0, logWeight: 0 }];
  if (coordinates.kind === "count") return range(count).map((t) => ({ t, logWeight: 0 }));
  const step = (2 * coordinates.reach) / count;
  return range(count).map((i) => ({ t: (i + 0.5) * step - coordinates.reach, logWeight: Math.log(step) }));
}

/** Elements that intermediate values of one evaluation may have together: double-precision evaluation keeps them all. */
const elementLimit = 2 ** 22;

/** Sums weight · objective, its gradient and the weights over a grid, many points at a time. */
function integrator({ program }: LaneProgram, inputs: readonly NDArray[], parameterCount: number) {
  const perLane = program.equations.reduce(
    (sum, { outputs }) => sum + outputs.reduce((all, { shape }) => all + sizeOf(shape), 0),
    1,
  );
  const most = Math.max(1, Math.min(4096, Math.floor(elementLimit / (4 * perLane))));
  const programs = new Map<number, Program>();
  const summed = (lanes: number): Program => {
    const known = programs.get(lanes);
    if (known) return known;
    const inAxes = program.inputs.map((_, i) => (i >= program.inputs.length - 2 ? 0 : null));
    const batched = vmap(program, lanes, inAxes);
    const total = build(batched.inputs.map(typeOf), (...variables) =>
      inline(batched, variables).map((output) => reduceSum(output)),
    );
    const wrt = range(parameterCount).map((i) => i + 1);
    const made = simplify(
      build(total.inputs.map(typeOf), (...variables) => valueAndGradInto(total, variables, wrt, true)),
    );
    programs.set(lanes, made);
    return made;
  };
  return (nodes: Nodes): Sums => {
    const points = nodes.reduce((product, { length }) => product * length, 1);
    const lanes = Math.min(most, points);
    const shape = [lanes, nodes.length];
    let sums: number[][] | undefined;
    for (let start = 0; start < points; start += lanes) {
      const t = new Float64Array(lanes * nodes.length);
      const logWeight = new Float64Array(lanes * nodes.length);
      for (let lane = 0; lane < lanes; lane++) {
        // lanes beyond the last point repeat the first one, without weight
        let rest = start + lane < points ? start + lane : 0;
        for (const [element, own] of nodes.entries()) {
          const at = lane * nodes.length + element;
          const node = own[rest % own.length]!;
          rest = Math.floor(rest / own.length);
          t[at] = node.t;
          logWeight[at] = start + lane < points ? node.logWeight : Number.NEGATIVE_INFINITY;
        }
      }
      const results = evaluate(summed(lanes), [
        ...inputs,
        { shape, dtype: "float32", elements: t },
        { shape, dtype: "float32", elements: logWeight },
      ]).map(({ elements }) => [...elements]);
      sums = sums?.map((sum, i) => sum.map((x, j) => x + results[i]![j]!)) ?? results;
    }
    const [value, mass, ...gradient] = sums!;
    return { mass: mass![0]!, results: [value!, ...gradient] };
  };
}

function resultOf(
  fine: Sums,
  coarse: Sums | undefined,
  evaluations: number,
  method: ExactExpectation["method"],
): ExactExpectation {
  const [value, ...gradient] = fine.results;
  const loss = Math.abs(fine.mass - 1);
  const errors = fine.results.map((each, i) =>
    each.map((x, j) => (coarse ? Math.abs(x - coarse.results[i]![j]!) + loss * Math.abs(x) : 0)),
  );
  return {
    value: value![0]!,
    gradient,
    error: { value: errors[0]![0]!, gradient: errors.slice(1) },
    method,
    evaluations,
  };
}

const tolerance = 1e-9;

function isConverged({ value, gradient, error }: ExactExpectation): boolean {
  const scale = Math.max(1e-3, Math.abs(value), ...gradient.flat().map(Math.abs));
  return [error.value, ...error.gradient.flat()].every((each) => each <= tolerance * scale);
}
