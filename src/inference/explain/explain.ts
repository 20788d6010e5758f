import * as tf from "@tensorflow/tfjs-core";
import { forward } from "../../transforms/forward.js";
import { simplify } from "../../transforms/simplify.js";
import type { Shape } from "../../util/shapes.js";
import { checkObjective } from "../checkObjective.js";
import type { Segment } from "../fitting/sources.js";
import { initialState } from "../fitting/state.js";
import type { StepRules } from "../fitting/stepProgram.js";
import { stepOf } from "../fitting/stepper.js";
import { namedParameters } from "../judging/moments.js";
import { derivedProgram, type Objective } from "../objective.js";
import { adam } from "../optimizers/adam.js";
import { dataTensors, type Parameters, type Prepared, parameterTensors, prepare } from "../prepare.js";
import { type ProgramCost, programCost } from "./programCost.js";

/** What the elements along one batch axis of a choice have to do with a leaf of the objective. */
export type AxisRole =
  /** Each has elements of the leaf to itself, along this axis of the leaf. */
  | { readonly kind: "aligned"; readonly axis: number }
  /** Elements of the leaf along this axis need all up to their position (from it on if `reverse`). */
  | { readonly kind: "running"; readonly axis: number; readonly reverse: boolean }
  /** They are needed together. */
  | { readonly kind: "mixed" };

/** How a random choice is estimated, and why. */
export interface SiteExplanation {
  readonly address: string;
  readonly family: string;
  readonly strategy: string;
  /** Whether the estimator has chosen the strategy. */
  readonly isDefault: boolean;
  /** Why it has this strategy. */
  readonly why: string;
  readonly isUnbiased: boolean;
  /** Of a strategy without variance that is biased else: the degree of polynomial costs up to which it is exact. */
  readonly exactDegree?: number;
  /** How often the estimate may be differentiated. */
  readonly order: number | "any";
  /** Values that are run side by side. */
  readonly lanes: number;
  /** The leaves of the objective that depend on it, by their numbers, with one role per batch axis; undefined inside a loop. */
  readonly leaves: readonly { readonly leaf: number; readonly axes: readonly AxisRole[] }[] | undefined;
  readonly source: string | undefined;
}

/** A part of the objective that is estimated on its own: a tensor of costs. The objective is linear in the leaves. */
export interface LeafExplanation {
  readonly number: number;
  readonly shape: Shape;
  /** The operation that it comes from. */
  readonly operation: string | undefined;
  readonly source: string | undefined;
  /** Addresses of the choices that it depends on, those that stay inside loops left out. */
  readonly sites: readonly string[];
  /** Copies of it that are run side by side. */
  readonly lanes: number;
}

/** The cost of the program after a transform. */
export interface StageCost extends ProgramCost {
  readonly stage: string;
  /** Copies of the most copied leaf. */
  readonly lanes: number;
}

/** What becomes of an objective, as plain data. */
export interface Explanation {
  readonly sites: readonly SiteExplanation[];
  readonly leaves: readonly LeafExplanation[];
  readonly stages: readonly StageCost[];
  readonly parameters: readonly { readonly name: string; readonly shape: Shape }[];
  /** Whether all strategies are unbiased. */
  readonly isUnbiased: boolean;
  /** How often the estimate of the objective may be differentiated. */
  readonly order: number | "any";
}

/**
 * Says what the estimator makes of an objective: for every random choice its strategy and the reason for it, for every leaf
 * (part of the objective that is estimated on its own) the choices that it depends on and along which axes their elements
 * stay apart, and the cost of the program after every transform. `formatExplanation` makes a text of it, `explanationSvg` a
 * picture; `profileStep` measures instead of counting.
 *
 * @throws ElbowError whatever the objective's estimator throws
 * @example
 * ```ts
 * import * as tf from "@tensorflow/tfjs-core";
 * import { explain, flip, normal, objective, sample } from "elbow";
 * const L = objective(function* (p: tf.Tensor) {
 *   const b = yield* sample("b", flip(tf.mul(p, tf.ones([8]))));
 *   const x = yield* sample("x", normal(p, 1));
 *   return tf.sum(tf.square(tf.sub(b, x)));
 * });
 * const { sites, leaves } = explain(L, tf.scalar(0.5));
 * console.log(sites.map(({ address, strategy, lanes }) => `${address} ${strategy} ${lanes}`)); // => [ 'b enumerate 2', 'x reparam 1' ]
 * console.log(leaves[0].shape, leaves[0].lanes); // => [ 8 ] 2
 * ```
 */
export const explain = <P extends Parameters, D extends readonly unknown[]>(
  objective: Objective<P, D>,
  parameters: P,
  ...data: D
): Explanation => {
  checkObjective("explain", objective);
  const inputs = dataTensors(data);
  const rules: StepRules = { optimizer: adam(), direction: "maximize", clip: undefined };
  return explainPrepared(prepare(objective, parameters, data), parameters, { inputs, select: (each) => each }, rules);
};

/** The same of an objective that has been prepared, with the step that a fit would take. */
export function explainPrepared(
  prepared: Prepared,
  parameters: Parameters,
  data: Pick<Segment, "inputs" | "select">,
  rules: StepRules,
): Explanation {
  const leaves = prepared.leaves.map(({ shape, operation, source, sites, lanes }, i) => ({
    number: i + 1,
    shape,
    operation,
    source,
    sites: sites.map(({ address }) => address),
    lanes,
  }));
  const sites = prepared.sites.map(
    ({ address, family, strategy, isDefault, reason, lanes, kink, source }): SiteExplanation => ({
      address,
      family,
      strategy: strategy.name,
      isDefault,
      why: kink ? `${reason}; its derivative jumps at ${kink.primitive.name}${place(kink.source?.line)}` : reason,
      isUnbiased: strategy.isUnbiased,
      ...(strategy.exactDegree !== undefined && { exactDegree: strategy.exactDegree }),
      order: orderOf(kink ? 1 : strategy.maximumOrder),
      lanes,
      leaves: leavesOf(prepared, address),
      source,
    }),
  );
  const lanes = Math.max(1, ...leaves.map((leaf) => leaf.lanes));
  return {
    sites,
    leaves,
    stages: [
      {
        stage: "traced program",
        ...programCost(forward(prepared.traced)),
        equations: programCost(prepared.traced).equations,
        lanes: 1,
      },
      { stage: "estimator", ...programCost(prepared.program), lanes },
      { stage: "simplified", ...programCost(simplify(prepared.program)), lanes },
      { stage: "value and gradient", ...programCost(derivedProgram(prepared, "gradient", 1)), lanes },
      { stage: "optimizer step", ...programCost(stepProgram(prepared, parameters, data, rules)), lanes },
    ],
    parameters: namedParameters(parameters),
    isUnbiased: sites.every(({ isUnbiased }) => isUnbiased),
    order: orderOf(Math.min(...sites.map(({ order }) => (order === "any" ? Number.POSITIVE_INFINITY : order)))),
  };
}

/** Where a choice is found again. All that are at the top level reach a leaf: those that do not have stayed in a loop. */
function leavesOf({ leaves }: Prepared, address: string): SiteExplanation["leaves"] {
  const found = leaves.flatMap(({ sites }, i) =>
    sites.filter((site) => site.address === address).map(({ axes }) => ({ leaf: i + 1, axes: axes.map(roleOf) })),
  );
  return found.length > 0 ? found : undefined;
}

const place = (line: string | undefined): string => (line ? ` at ${line}` : "");
const orderOf = (order: number): number | "any" => (Number.isFinite(order) ? order : "any");

function roleOf(place: number | { readonly axis: number; readonly reverse: boolean } | null): AxisRole {
  if (place === null) return { kind: "mixed" };
  return typeof place === "number" ? { kind: "aligned", axis: place } : { kind: "running", ...place };
}

/** The whole step that `fit` would take. */
function stepProgram(
  prepared: Prepared,
  parameters: Parameters,
  data: Pick<Segment, "inputs" | "select">,
  rules: StepRules,
) {
  const { state, layout } = initialState(parameterTensors(parameters), rules.optimizer, prepared.initialStates);
  try {
    return stepOf(prepared, state.carried, layout, data, rules).program;
  } finally {
    tf.dispose(state.carried);
  }
}
