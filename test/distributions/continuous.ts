// Continuous univariate families, three settings each, as numbers or tensors.
import type { Tensor } from "@tensorflow/tfjs-core";
import { beta } from "../../src/distributions/beta.js";
import { cauchy } from "../../src/distributions/cauchy.js";
import { chi2 } from "../../src/distributions/chi2.js";
import type { Distribution } from "../../src/distributions/distribution.js";
import { exponential } from "../../src/distributions/exponential.js";
import { gamma } from "../../src/distributions/gamma.js";
import { gumbel } from "../../src/distributions/gumbel.js";
import { halfCauchy } from "../../src/distributions/halfCauchy.js";
import { halfNormal } from "../../src/distributions/halfNormal.js";
import { inverseGamma } from "../../src/distributions/inverseGamma.js";
import { kumaraswamy } from "../../src/distributions/kumaraswamy.js";
import { laplace } from "../../src/distributions/laplace.js";
import { logistic } from "../../src/distributions/logistic.js";
import { logNormal } from "../../src/distributions/logNormal.js";
import { normal } from "../../src/distributions/normal.js";
import { pareto } from "../../src/distributions/pareto.js";
import { studentT } from "../../src/distributions/studentT.js";
import { truncated } from "../../src/distributions/truncated.js";
import { truncatedNormal } from "../../src/distributions/truncatedNormal.js";
import { uniform } from "../../src/distributions/uniform.js";
import { vonMises } from "../../src/distributions/vonMises.js";
import { weibull } from "../../src/distributions/weibull.js";
import type { TensorLike } from "../../src/ir/lifted.js";

type Anything = Distribution<Tensor, never>;
type Build = (...parameters: TensorLike[]) => Anything;

const locScale = [
  [0, 1],
  [3, 0.125],
  [-20, 5],
];

export const continuousFamilies: readonly (readonly [string, Build, readonly (readonly number[])[]])[] = [
  ["normal", (m, s) => normal(m!, s!), locScale],
  [
    "logNormal",
    (m, s) => logNormal(m!, s!),
    [
      [0, 0.5],
      [2, 0.125],
      [-1, 0.75],
    ],
  ],
  ["halfNormal", (s) => halfNormal(s!), [[1], [0.03125], [30]]],
  ["cauchy", (m, s) => cauchy(m!, s!), locScale],
  ["halfCauchy", (s) => halfCauchy(s!), [[1], [0.0625], [25]]],
  [
    "studentT",
    (df, m, s) => studentT(df!, m!, s!),
    [
      [0.5, 0, 1],
      [5, 1, 2],
      [40, -2, 0.125],
    ],
  ],
  ["laplace", (m, s) => laplace(m!, s!), locScale],
  ["logistic", (m, s) => logistic(m!, s!), locScale],
  ["gumbel", (m, s) => gumbel(m!, s!), locScale],
  [
    "uniform",
    (low, high) => uniform(low!, high!),
    [
      [0, 1],
      [-3, 5],
      [10, 10.5],
    ],
  ],
  [
    "truncatedNormal",
    (m, s, low, high) => truncatedNormal(m!, s!, { low: low!, high: high! }),
    [
      [0, 1, -1, 2],
      [1, 2, 4, 8],
      [0, 10, -0.125, 0.125],
    ],
  ],
  ["exponential", (r) => exponential(r!), [[1], [0.03125], [50]]],
  [
    "gamma",
    (a, r) => gamma(a!, r!),
    [
      [0.375, 2],
      [2.5, 0.5],
      [200, 8],
    ],
  ],
  [
    "inverseGamma",
    (a, b) => inverseGamma(a!, b!),
    [
      [5, 2],
      [0.75, 1],
      [60, 30],
    ],
  ],
  ["chi2", (df) => chi2(df!), [[1], [4.5], [300]]],
  [
    "beta",
    (a, b) => beta(a!, b!),
    [
      [0.5, 0.5],
      [2, 5],
      [30, 2.5],
    ],
  ],
  [
    "kumaraswamy",
    (a, b) => kumaraswamy(a!, b!),
    [
      [0.5, 0.5],
      [2, 5],
      [10, 3],
    ],
  ],
  [
    "weibull",
    (k, l) => weibull(k!, l!),
    [
      [0.5, 1],
      [2, 3],
      [10, 50],
    ],
  ],
  [
    "pareto",
    (s, a) => pareto(s!, a!),
    [
      [1, 6],
      [2, 1.5],
      [0.125, 20],
    ],
  ],
  [
    "vonMises",
    (m, kappa) => vonMises(m!, kappa!),
    [
      [0, 0.5],
      [1, 4],
      [-2, 200],
    ],
  ],
  [
    "truncated(gamma)",
    (a, r, low, high) => truncated(gamma(a!, r!), { low: low!, high: high! }),
    [
      [2.5, 1, 0.5, 4],
      [0.75, 2, 3, 4],
      [4, 1, 20, 40],
    ],
  ],
  [
    "truncated(logistic)",
    (m, s, low, high) => truncated(logistic(m!, s!), { low: low!, high: high! }),
    [
      [0, 1, -1, 3],
      [1, 0.5, 4, 6],
      [0, 2, -30, -20],
    ],
  ],
  [
    "truncated(cauchy)",
    (m, s, low) => truncated(cauchy(m!, s!), { low: low! }),
    [
      [0, 1, 2],
      [1, 3, -40],
      [0, 0.25, 16],
    ],
  ],
];
