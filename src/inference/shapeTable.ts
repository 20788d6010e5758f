import type { Call } from "../dsl/call.js";
import { checkCall } from "../dsl/checkCall.js";
import { execute } from "../dsl/execution.js";
import { type LoggedSite, loggingSites, type NamedAxis } from "../dsl/siteLog.js";
import { trace } from "../ir/tracing.js";
import { formatShape, type Shape, sameShape } from "../util/shapes.js";
import { checkObjective } from "./checkObjective.js";
import type { Objective } from "./objective.js";
import { type Parameters, traceObjective } from "./prepare.js";

/** A random choice or an observation, with its shapes. */
export interface ShapeSite {
  /** Name of the distribution. */
  readonly distribution: string;
  /** Independent elements, without the axes of plates and loops around. */
  readonly batch: Shape;
  /** Axes of one element. */
  readonly event: Shape;
  /** Plates and loops around the site, from the outside in; values are stacked along these first. */
  readonly axes: readonly NamedAxis[];
  /** Where values lie. */
  readonly support: string;
  readonly dtype: "float32" | "int32" | "bool";
  /** The user's `file:line`, if known. */
  readonly line: string | undefined;
}

/** What stands at an address. */
export interface ShapeRow {
  /** With the names of the enclosing programs. */
  readonly address: string;
  readonly kind: "latent" | "observed" | "guide only";
  readonly site: ShapeSite;
  /** What the guide has there; undefined where it has nothing, or where there is no guide. */
  readonly guide: ShapeSite | undefined;
  /** How the guide does not fit. */
  readonly problem: string | undefined;
}

/**
 * The shapes of a model, and of its guide beside it: every address with its distribution, batch and event shape, the plates and loops
 * around it, and where its values lie. Nothing is computed, and a guide that does not fit is no error here: its rows say so.
 *
 * @param model - applied to its data
 * @param guide - applied to parameters and data
 * @throws ElbowError for whatever the programs themselves do wrong
 * @example
 * ```ts
 * import * as tf from "@tensorflow/tfjs-core";
 * import { gen, normal, observe, sample, shapeTable } from "elbow";
 * const model = gen(function* (y: tf.Tensor) {
 *   const mu = yield* sample("mu", normal(0, 1));
 *   yield* observe("y", normal(mu.mul(tf.onesLike(y)), 1), y);
 * });
 * const guide = gen(function* (q: { loc: tf.Tensor }) {
 *   yield* sample("mu", normal(q.loc, 1));
 * });
 * const rows = shapeTable(model(tf.zeros([3])), guide({ loc: tf.zeros([2]) }));
 * console.log(rows.map(({ address, kind, site }) => `${address} ${kind} [${site.batch}]`)); // => [ 'mu latent []', 'y observed [3]' ]
 * console.log(rows[0].problem); // => the guide's shape is [2], the model's []
 * ```
 */
export function shapeTable(model: Call, guide?: Call): ShapeRow[] {
  checkCall("shapeTable", model);
  if (guide !== undefined) checkCall("shapeTable", guide);
  return rowsOf(sitesOf(model), guide && sitesOf(guide));
}

/**
 * The same of an objective's programs: what it simulates stands as the guide beside what it assesses.
 *
 * @throws ElbowError for whatever the objective does wrong
 */
export function shapesOfObjective<P extends Parameters, D extends readonly unknown[]>(
  objective: Objective<P, D>,
  parameters: P,
  ...data: D
): ShapeRow[] {
  checkObjective("shapesOfObjective", objective);
  const { sites } = loggingSites(() => traceObjective(objective, parameters, data));
  const assessed = sites.filter((site) => site.verb === "assess" || site.verb === "generate");
  const others = sites.filter((site) => !assessed.includes(site));
  return assessed.length > 0 ? rowsOf(assessed, others) : rowsOf(others, undefined);
}

/** The sites that a program comes by when it runs forward. */
function sitesOf(call: Call): readonly LoggedSite[] {
  return loggingSites(() =>
    trace([{ shape: [2], dtype: "int32" }], (key) => {
      execute(call, { key, given: {}, path: [] });
      return [];
    }),
  ).sites;
}

function rowsOf(model: readonly LoggedSite[], guide: readonly LoggedSite[] | undefined): ShapeRow[] {
  const inGuide = new Map(guide?.map((site) => [site.address, siteOf(site)]));
  const rows = model.map((logged): ShapeRow => {
    const site = siteOf(logged);
    const own = inGuide.get(logged.address);
    const kind = logged.isObserved ? "observed" : "latent";
    return { address: logged.address, kind, site, guide: own, problem: guide && problemOf(kind, site, own) };
  });
  const known = new Set(model.map(({ address }) => address));
  const left = (guide ?? []).filter(({ address }) => !known.has(address));
  return [
    ...rows,
    ...left.map((logged): ShapeRow => {
      const problem = "the model does not have this address";
      return { address: logged.address, kind: "guide only", site: siteOf(logged), guide: siteOf(logged), problem };
    }),
  ];
}

const siteOf = ({ distribution, batch, event, axes, support, dtype, source }: LoggedSite): ShapeSite => ({
  distribution,
  batch,
  event,
  axes,
  support,
  dtype,
  line: source.line,
});

/** The shape of values, axes of plates and loops included. */
const wholeShape = ({ axes, batch, event }: ShapeSite): Shape => [...axes.map(({ size }) => size), ...batch, ...event];

function problemOf(kind: "latent" | "observed", model: ShapeSite, guide: ShapeSite | undefined): string | undefined {
  if (kind === "observed") return guide && "the guide samples what the model observes";
  if (!guide) return "the guide does not sample it";
  const [expected, received] = [wholeShape(model), wholeShape(guide)];
  if (!sameShape(expected, received))
    return `the guide's shape is ${formatShape(received)}, the model's ${formatShape(expected)}`;
  if (model.support !== guide.support && model.support !== "any" && guide.support !== "any")
    return `the guide's values are ${guide.support}, the model's ${model.support}`;
  return undefined;
}
