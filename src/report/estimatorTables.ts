import type { BiasCheck, BiasEntry } from "../inference/judging/checkUnbiased.js";
import type { EstimatorComparison } from "../inference/judging/compareEstimators.js";
import { checkResultOf } from "../util/expected.js";
import { table } from "./table.js";

/** Elements of the gradient that are shown, those that are off most. */
const mostShown = 20;

/** A check as a table without colours: the verdict, then what is off most. */
export function formatBiasCheck(check: BiasCheck): string {
  checkResultOf("await checkUnbiased(…)", "formatBiasCheck", check, ["pass", "worst", "gradient"]);
  const { pass, worst, value, gradient, parameters, draws, variance, truth } = check;
  const verdict = pass
    ? `no bias found: the largest deviation is ${score(worst.z)} (${worst.name})`
    : `biased: ${worst.name} deviates by ${score(worst.z)}`;
  const shown = gradient.toSorted((a, b) => Math.abs(b.z) - Math.abs(a.z)).slice(0, mostShown);
  const hidden = gradient.length - shown.length;
  return [
    verdict,
    `${draws} draws against ${truth.description}`,
    table(
      ["element", "mean", "±", "truth", "± truth", "bias", "z", "variance"],
      [value, ...shown].map((entry) => ({
        element: entry === value ? "value" : `∂/∂${entry.name}`,
        ...figuresOf(entry),
      })),
    ),
    ...(hidden > 0 ? [`and ${hidden} more elements that are off less`] : []),
    `variance of the gradient: ${number(variance)}${parameters.length > 1 ? ` (${parameters.map((each) => `${each.name} ${number(each.variance)}`).join(", ")})` : ""}`,
  ].join("\n");
}

const figuresOf = ({ mean, standardError, truth, truthError, bias, z, variance }: BiasEntry) => ({
  mean: number(mean),
  "±": number(standardError, 2),
  truth: Number.isNaN(truth) ? "" : number(truth),
  "± truth": truthError === 0 ? "" : number(truthError, 2),
  bias: Number.isNaN(truth) ? "" : number(bias),
  z: Number.isNaN(truth) ? "" : z.toFixed(1),
  variance: number(variance),
});

/** A comparison as a table without colours, the cheapest first, with the recommendation. */
export function formatComparison(comparison: EstimatorComparison): string {
  checkResultOf("await compareEstimators(…)", "formatComparison", comparison, ["rows", "refused", "truth"]);
  const { rows, refused, recommended, truth, engine, draws } = comparison;
  return [
    table(
      ["estimator", "mean", "z", "variance", "µs", "variance·µs", "lanes", "verdict"],
      rows
        .toSorted((a, b) => a.cost - b.cost)
        .map(({ name, check, variance, microseconds, cost, lanes, isUnbiased }) => ({
          estimator: name,
          mean: number(check.value.mean),
          z: check.worst.z.toFixed(1),
          variance: number(variance),
          µs: microseconds === undefined ? "" : number(microseconds),
          variance·µs: microseconds === undefined ? "" : number(cost),
          lanes,
          verdict:
            name === recommended ? "recommended" : !check.pass ? "biased" : isUnbiased ? "" : "says it is biased",
        })),
    ),
    ...refused.map(({ name, reason }) => `${name}: ${reason}`),
    `${draws} draws against ${truth.description}; times of one value and gradient on ${engine}`,
  ].join("\n");
}

const score = (z: number): string => `${Math.abs(z).toFixed(1)} standard errors`;

const number = (x: number, digits = 4): string => (x === 0 ? "0" : String(Number.parseFloat(x.toPrecision(digits))));
