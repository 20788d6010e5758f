// The families of the reference tables, built from the tables' parameters in the tables' order.
import type { Tensor } from "@tensorflow/tfjs-core";
import { bernoulli } from "../../src/distributions/bernoulli.js";
import { beta } from "../../src/distributions/beta.js";
import { betaBinomial } from "../../src/distributions/betaBinomial.js";
import { binomial } from "../../src/distributions/binomial.js";
import { categorical } from "../../src/distributions/categorical.js";
import { cauchy } from "../../src/distributions/cauchy.js";
import { chi2 } from "../../src/distributions/chi2.js";
import { dirichlet } from "../../src/distributions/dirichlet.js";
import { dirichletMultinomial } from "../../src/distributions/dirichletMultinomial.js";
import type { Distribution } from "../../src/distributions/distribution.js";
import { exponential } from "../../src/distributions/exponential.js";
import { gamma } from "../../src/distributions/gamma.js";
import { gaussianRandomWalk } from "../../src/distributions/gaussianRandomWalk.js";
import { geometric } from "../../src/distributions/geometric.js";
import { gumbel } from "../../src/distributions/gumbel.js";
import { halfCauchy } from "../../src/distributions/halfCauchy.js";
import { halfNormal } from "../../src/distributions/halfNormal.js";
import { inverseGamma } from "../../src/distributions/inverseGamma.js";
import { kumaraswamy } from "../../src/distributions/kumaraswamy.js";
import { laplace } from "../../src/distributions/laplace.js";
import { lkjCholesky } from "../../src/distributions/lkjCholesky.js";
import { logistic } from "../../src/distributions/logistic.js";
import { logNormal } from "../../src/distributions/logNormal.js";
import { mixture } from "../../src/distributions/mixture.js";
import { multinomial } from "../../src/distributions/multinomial.js";
import { multivariateNormal } from "../../src/distributions/multivariateNormal.js";
import { multivariateStudentT } from "../../src/distributions/multivariateStudentT.js";
import { negativeBinomial } from "../../src/distributions/negativeBinomial.js";
import { normal } from "../../src/distributions/normal.js";
import { orderedLogistic } from "../../src/distributions/orderedLogistic.js";
import { pareto } from "../../src/distributions/pareto.js";
import { poisson } from "../../src/distributions/poisson.js";
import { studentT } from "../../src/distributions/studentT.js";
import { truncatedNormal } from "../../src/distributions/truncatedNormal.js";
import { uniform } from "../../src/distributions/uniform.js";
import { vonMises } from "../../src/distributions/vonMises.js";
import { weibull } from "../../src/distributions/weibull.js";
import { wishart } from "../../src/distributions/wishart.js";
import { zeroInflated } from "../../src/distributions/zeroInflated.js";

export type Build = (...parameters: Tensor[]) => Distribution<Tensor, never>;

const walk = (numSteps: number, ...[initLoc, initScale, drift, scale]: Tensor[]): Distribution<Tensor, never> =>
  gaussianRandomWalk({ initLoc: initLoc!, initScale: initScale!, drift: drift!, scale: scale!, numSteps });

export const families: Readonly<Record<string, Build>> = {
  Normal: (loc, scale) => normal(loc!, scale!),
  LogNormal: (loc, scale) => logNormal(loc!, scale!),
  HalfNormal: (scale) => halfNormal(scale!),
  Cauchy: (loc, scale) => cauchy(loc!, scale!),
  HalfCauchy: (scale) => halfCauchy(scale!),
  Uniform: (low, high) => uniform(low!, high!),
  Exponential: (rate) => exponential(rate!),
  "Bernoulli(probs)": (probs) => bernoulli({ probs: probs! }),
  "Bernoulli(logits)": (logits) => bernoulli({ logits: logits! }),
  "Categorical(probs)": (probs) => categorical({ probs: probs! }),
  "Categorical(logits)": (logits) => categorical({ logits: logits! }),
  Geometric: (probs) => geometric({ probs: probs! }),
  Laplace: (loc, scale) => laplace(loc!, scale!),
  Gamma: (shape, rate) => gamma(shape!, rate!),
  Beta: (alpha, b) => beta(alpha!, b!),
  Dirichlet: (concentration) => dirichlet(concentration!),
  "Binomial(probs)": (totalCount, probs) => binomial(totalCount!, { probs: probs! }),
  "Binomial(logits)": (totalCount, logits) => binomial(totalCount!, { logits: logits! }),
  StudentT: (df, loc, scale) => studentT(df!, loc!, scale!),
  Logistic: (loc, scale) => logistic(loc!, scale!),
  Gumbel: (loc, scale) => gumbel(loc!, scale!),
  InverseGamma: (shape, scale) => inverseGamma(shape!, scale!),
  Weibull: (shape, scale) => weibull(shape!, scale!),
  TruncatedNormal: (loc, scale, low, high) => truncatedNormal(loc!, scale!, { low: low!, high: high! }),
  VonMises: (loc, concentration) => vonMises(loc!, concentration!),
  Poisson: (rate) => poisson(rate!),
  MixtureNormal: (weights, locs, scales) => mixture(weights!, normal(locs!, scales!)),
  BetaBinomial: (totalCount, alpha, b) => betaBinomial(totalCount!, alpha!, b!),
  NegativeBinomial: (totalCount, probs) => negativeBinomial(totalCount!, { probs: probs! }),
  ZeroInflatedPoisson: (gate, rate) => zeroInflated(poisson(rate!), gate!),
  OrderedLogistic: (predictor, cutpoints) => orderedLogistic(predictor!, cutpoints!),
  Multinomial: (totalCount, probs) => multinomial(totalCount!, { probs: probs! }),
  DirichletMultinomial: (totalCount, concentration) => dirichletMultinomial(totalCount!, concentration!),
  Chi2: (df) => chi2(df!),
  Kumaraswamy: (a, b) => kumaraswamy(a!, b!),
  Pareto: (scale, alpha) => pareto(scale!, alpha!),
  "MultivariateNormal(covariance)": (loc, covariance) => multivariateNormal(loc!, { covariance: covariance! }),
  "MultivariateNormal(scale_tril)": (loc, scaleTril) => multivariateNormal(loc!, { scaleTril: scaleTril! }),
  "MultivariateNormal(scale_diag)": (loc, scaleDiag) => multivariateNormal(loc!, { scaleDiag: scaleDiag! }),
  MultivariateStudentT: (df, loc, scaleTril) => multivariateStudentT(df!, loc!, scaleTril!),
  "LKJCholesky, dim = 3": (concentration) => lkjCholesky(3, concentration!),
  "Wishart(scale_matrix)": (df, scaleMatrix) => wishart(df!, { scaleMatrix: scaleMatrix! }),
  "Wishart(scale_tril)": (df, scaleTril) => wishart(df!, { scaleTril: scaleTril! }),
  "GaussianRandomWalk(scale), num_steps = 2": (scale) => gaussianRandomWalk({ scale: scale!, numSteps: 2 }),
  "GaussianRandomWalk(scale), num_steps = 4": (scale) => gaussianRandomWalk({ scale: scale!, numSteps: 4 }),
  "GaussianRandomWalk(drift), num_steps = 3": (...p) => walk(3, ...p),
  "GaussianRandomWalk(drift), num_steps = 4": (...p) => walk(4, ...p),
};
