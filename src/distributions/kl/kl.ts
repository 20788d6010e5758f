import type { Tensor } from "@tensorflow/tfjs-core";
import * as tf from "@tensorflow/tfjs-core";
import { ElbowError } from "../../errors.js";
import type { Wrapping } from "../../ir/site.js";
import { checkFunction, checkText } from "../../util/expected.js";
import { captureSource } from "../../util/location.js";
import { broadcastShapes, formatShape, range, type Shape, sameShape } from "../../util/shapes.js";
import { checkDistribution } from "../checkDistribution.js";
import type { Distribution } from "../distribution.js";
import { bounded } from "./bounded.js";
import { counts } from "./counts.js";
import { dirichlets } from "./dirichlets.js";
import { gammas } from "./gammas.js";
import { locationScale } from "./locationScale.js";
import { matrices, multivariateNormal } from "./matrices.js";
import type { Applies, KlRule, Named } from "./rule.js";
import { vonMises } from "./vonMises.js";

const keyOf = (nameP: string, nameQ: string): string => `${nameP}‖${nameQ}`;

const registry = new Map<string, { readonly rule: KlRule; readonly applies?: Applies | undefined }>(
  [...locationScale, ...gammas, ...dirichlets, ...bounded, ...vonMises, ...matrices, ...counts].map(
    ([nameP, nameQ, rule, applies]) => [keyOf(nameP, nameQ), { rule, applies }],
  ),
);

/** A family with its parameters. */
type Part = Pick<Distribution, "family" | "parameters">;
type Any = Distribution<Tensor, never>;

/** Names of the families that have a closed form, pairs [p, q]. */
export const klPairs = (): (readonly [string, string])[] =>
  [...registry.keys()].map((key) => key.split("‖") as [string, string]);

/**
 * States the Kullback–Leibler divergence of two families for `kl` and for `analyticKl` of an objective; one that is known
 * already is replaced.
 *
 * @param nameP - name of the family of p, the one that the expectation is over
 * @param nameQ - name of the family of q
 * @param rule - KL(p‖q) in nats from the named parameters of p and of q: of the batch shape or broadcastable to it, with
 *   tfjs functions alone
 * @example
 * ```ts
 * import * as tf from "@tensorflow/tfjs-core";
 * import { halfNormal, exponential, kl, registerKl } from "elbow";
 * // E log p − E log q = ½ log(2/πs²) − ½ − log λ + λs√(2/π)
 * registerKl("halfNormal", "exponential", ({ scale }, { rate }) => {
 *   const entropy = tf.add(tf.log(scale), 0.5 * Math.log(Math.PI / 2) + 0.5);
 *   return tf.sub(tf.sub(tf.mul(tf.mul(rate, scale), Math.sqrt(2 / Math.PI)), tf.log(rate)), entropy);
 * });
 * console.log(kl(halfNormal(1), exponential(1)).dataSync()[0].toFixed(4)); // => 0.0721
 * ```
 */
export function registerKl<P extends string, Q extends string>(
  nameP: string,
  nameQ: string,
  rule: (p: Readonly<Record<P, Tensor>>, q: Readonly<Record<Q, Tensor>>) => Tensor,
): void {
  for (const [what, name] of [
    ["the name of p's family", nameP],
    ["the name of q's family", nameQ],
  ] as const)
    checkText("registerKl", what, name, 'Write registerKl("normal", "laplace", (p, q) => …).');
  checkFunction("registerKl", "the rule", rule, 'Write registerKl("normal", "laplace", (p, q) => …).');
  registry.set(keyOf(nameP, nameQ), { rule: rule as KlRule });
}

/**
 * The Kullback–Leibler divergence KL(p‖q) = E_p[log p(x) − log q(x)] in nats, where it has a closed form: see the table of
 * distributions. Wrapped distributions (iid, independent, transformed by the same bijector) have that of what they wrap.
 *
 * Infinite where p can take values that q cannot.
 *
 * @param p - the distribution that the expectation is over
 * @param q - of the same event shape; batch shapes broadcast
 * @returns a tensor of the batch shape
 * @throws ElbowError "kl" if the pair has no closed form, "shape" if the shapes do not fit
 * @example
 * ```ts
 * import { kl, normal } from "elbow";
 * console.log(kl(normal(0, 1), normal([0, 1], 1)).arraySync()); // => [ 0, 0.5 ]
 * ```
 */
export function kl(p: Any, q: Any): Tensor {
  checkDistribution("kl", p, "p");
  checkDistribution("kl", q, "q");
  const compute = closedForm(p, q);
  if (compute) {
    checkShapes(p, q);
    return compute();
  }
  throw new ElbowError("kl", {
    message: `KL(p‖q) has no closed form here\n  p: ${p.family.name}\n  q: ${q.family.name}`,
    hint: "State it with registerKl, or estimate it: draw x from p and average logDensity(p, x) − logDensity(q, x).",
    at: { source: captureSource().line },
  });
}

/** Whether `kl` has a closed form for two distributions. */
export function hasKl(p: Any, q: Any): boolean {
  checkDistribution("hasKl", p, "p");
  checkDistribution("hasKl", q, "q");
  return closedForm(p, q) !== undefined;
}

function checkShapes(p: Any, q: Any): void {
  if (sameShape(p.event, q.event) && broadcastShapes(p.batch, q.batch)) return;
  const describe = ({ family, batch, event }: Any) =>
    `${family.name}, batch shape ${formatShape(batch)}, event shape ${formatShape(event)}`;
  throw new ElbowError("shape", {
    message: `KL(p‖q) needs equal event shapes, and batch shapes that broadcast\n  p: ${describe(p)}\n  q: ${describe(q)}`,
    at: { source: captureSource().line },
  });
}

const named = ({ family, parameters }: Part): Named =>
  Object.fromEntries(family.parameterNames.map((name, i) => [name, parameters[i]!]));

const batchOf = ({ family, parameters }: Part): Shape => family.shapes(parameters.map(({ shape }) => shape)).batch;

/** What a wrapper wraps. */
const inner = ({ family: { wraps }, parameters }: Part): Part => {
  const { family } = wraps!;
  return { family, parameters: parameters.slice(0, family.parameterNames.length) };
};

const isKind = ({ family: { wraps } }: Part, kind: Wrapping["kind"]): boolean => wraps?.kind === kind;

/** What computes the divergence, of the batch shape, or undefined. */
function closedForm(p: Part, q: Part): (() => Tensor) | undefined {
  const full = (compute: (() => Tensor) | undefined) =>
    compute && (() => broadcast(compute(), broadcastShapes(batchOf(p), batchOf(q))!));
  const entry = registry.get(keyOf(p.family.name, q.family.name));
  if (entry) {
    const [ofP, ofQ] = [named(p), named(q)];
    return entry.applies?.(ofP, ofQ) === false ? undefined : full(() => entry.rule(ofP, ofQ));
  }
  if (isKind(p, "iid")) return full(closedForm(inner(p), q));
  if (isKind(q, "iid")) return full(closedForm(p, inner(q)));
  const [ofP, ofQ] = [p.family.wraps, q.family.wraps];
  if (ofP?.kind === "independent" && ofQ?.kind === "independent" && ofP.ranks === ofQ.ranks) {
    const ofElements = closedForm(inner(p), inner(q));
    return ofElements && (() => summed(ofElements(), ofP.ranks));
  }
  if (ofP?.kind === "transformed" && ofQ?.kind === "transformed" && ofP.by === ofQ.by)
    return full(closedForm(inner(p), inner(q)));
  const [vectorP, vectorQ] = [normalVector(p), normalVector(q)];
  return vectorP && vectorQ && full(() => multivariateNormal(vectorP(), vectorQ()));
}

/** A multivariate normal distribution's parameters, also those of independent normal variables. */
function normalVector(of: Part): (() => Named) | undefined {
  if (of.family.name === "multivariateNormal") return () => named(of);
  if (of.family.wraps?.kind !== "independent" || of.family.wraps.ranks !== 1) return undefined;
  const elements = inner(of);
  let element = elements;
  while (isKind(element, "iid")) element = inner(element);
  if (element.family.name !== "normal") return undefined;
  return () => {
    const [loc, scaleDiag] = element.parameters.map((each) => broadcast(each, batchOf(elements)));
    return { loc: loc!, scaleDiag: scaleDiag! };
  };
}

const broadcast = (value: Tensor, shape: Shape): Tensor =>
  sameShape(value.shape, shape) ? value : tf.broadcastTo(value, [...shape]);

const summed = (value: Tensor, ranks: number): Tensor =>
  tf.sum(
    value,
    range(ranks).map((i) => value.rank - ranks + i),
  );
