// The entropy of Poisson counts as in src/util/special/countEntropies.ts, of large rates by the asymptotic series.
import { factorial } from "../../../../util/special/polygamma.js";
import { f32Literal } from "../literals.js";
import { choose, horner, ordered, primitive, type Source } from "./calls.js";
import { expectation, type Law } from "./countWalks.js";

const poissonLaw: Law = {
  mode: "floor(rate)",
  last: "16777216f",
  up: "d_quotient(rate, k)",
  down: "d_quotient(k, rate)",
};

/** ½ log 2πeλ − Σ cₖλ⁻ᵏ is the entropy for large rates. */
const large = [1 / 12, 1 / 24, 19 / 360, 9 / 80, 863 / 2520, 1.364087301];

function largePoisson(n: number): string {
  const rising = (k: number): number =>
    n === 0 ? 1 : Array.from({ length: n }, (_, i) => k + i).reduce((a, b) => a * b);
  const sign = n % 2 === 0 ? -1 : 1;
  const series = horner(
    "i",
    large.map((each, k) => sign * each * rising(k + 1)),
  );
  const power = new Array<string>(n).fill(" * i").join("");
  return n === 0
    ? `0.5f * of_log(rate) + 1.4189385f + i * ${series}`
    : `(${f32Literal(0.5 * sign * factorial(n - 1))} + i * ${series})${power}`;
}

/** Δᵐ log at k + 1, m ≥ 1. */
const logDifference = (m: number): string =>
  Array.from({ length: m }, (_, i) => {
    const weight = (-1) ** (m - 1 - i) * choose(m - 1, i);
    return `${f32Literal(weight)} * of_log1p(1f / (k + ${i + 1}f))`;
  }).join(" + ");

function entropyOfOrder(n: number): string {
  const f =
    n === 0 ? "surprise_of(p, mass)" : n === 1 ? "of_log1p((k + 1f - rate) / rate)" : `(${logDifference(n - 1)})`;
  const own =
    n < 2
      ? "0f"
      : `${f32Literal((-1) ** n * factorial(n - 2))} / (${new Array<string>(n - 1).fill("rate").join(" * ")})`;
  return `fn poisson_entropy_${n}(rate: f32) -> f32 {
  if (!(rate >= 0f)) { return not_a_number(); }
  if (rate == 0f) { return ${n === 0 ? "0f" : n % 2 === 1 ? "infinity()" : "-infinity()"}; }
  if (rate >= ${16 + 8 * n}f) {
    let i = 1f / rate;
    return ${largePoisson(n)};
  }
${expectation(poissonLaw, f)}  return mean${n < 2 ? "" : ` - ${own}`};
}`;
}

export const poissonEntropy: Readonly<Record<string, Source>> = {
  poisson_entropy: (n = 0) => entropyOfOrder(n),
  math_poissonEntropy: (n = 0) =>
    primitive(n === 0 ? "poissonEntropy" : ordered("poissonEntropy", n), ["rate"], `poisson_entropy_${n}(rate)`),
};
