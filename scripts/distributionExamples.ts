// One distribution of every kind that docs/distributions.md lists, in each of its parametrisations, in the page's order.
import * as e from "../src/index.js";

type Examples = Readonly<Record<string, () => readonly unknown[]>>;

const half = [0.5, 0.5];
const matrix = [
  [1, 0],
  [0, 1],
];
const continuous: Examples = {
  normal: () => [e.normal(0, 1)],
  logNormal: () => [e.logNormal(0, 1)],
  halfNormal: () => [e.halfNormal(1)],
  truncatedNormal: () => [e.truncatedNormal(0, 1, { low: 0, high: 1 })],
  studentT: () => [e.studentT(3, 0, 1)],
  cauchy: () => [e.cauchy(0, 1)],
  halfCauchy: () => [e.halfCauchy(1)],
  laplace: () => [e.laplace(0, 1)],
  logistic: () => [e.logistic(0, 1)],
  gumbel: () => [e.gumbel(0, 1)],
  uniform: () => [e.uniform(0, 1)],
  exponential: () => [e.exponential(1)],
  gamma: () => [e.gamma(1, 1)],
  inverseGamma: () => [e.inverseGamma(1, 1)],
  chi2: () => [e.chi2(1)],
  weibull: () => [e.weibull(1, 1)],
  pareto: () => [e.pareto(1, 1)],
  beta: () => [e.beta(1, 1)],
  kumaraswamy: () => [e.kumaraswamy(1, 1)],
  vonMises: () => [e.vonMises(0, 1)],
  relaxedBernoulli: () => [e.relaxedBernoulli(1, { probs: 0.5 }), e.relaxedBernoulli(1, { logits: 0 })],
  delta: () => [e.delta(0)],
  flat: () => [e.flat()],
};

const vectors: Examples = {
  multivariateNormal: () => [
    e.multivariateNormal([0, 0], { covariance: matrix }),
    e.multivariateNormal([0, 0], { scaleTril: matrix }),
    e.multivariateNormal([0, 0], { scaleDiag: [1, 1] }),
    e.multivariateNormal([0, 0], { covFactor: [[1], [0]], covDiag: [1, 1] }),
  ],
  multivariateStudentT: () => [e.multivariateStudentT(3, [0, 0], matrix)],
  dirichlet: () => [e.dirichlet([1, 1])],
  stickBreakingWeights: () => [e.stickBreakingWeights(1, 3)],
  relaxedOneHot: () => [e.relaxedOneHot(1, { probs: half }), e.relaxedOneHot(1, { logits: [0, 0] })],
  vonMisesFisher: () => [e.vonMisesFisher([0, 1], 1)],
  wishart: () => [e.wishart(3, { scaleMatrix: matrix }), e.wishart(3, { scaleTril: matrix })],
  lkjCholesky: () => [e.lkjCholesky(2, 1)],
};

const discrete: Examples = {
  bernoulli: () => [e.bernoulli({ probs: 0.5 }), e.bernoulli({ logits: 0 })],
  flip: () => [e.flip(0.5)],
  categorical: () => [e.categorical({ probs: half }), e.categorical({ logits: [0, 0] })],
  oneHotCategorical: () => [e.oneHotCategorical({ probs: half }), e.oneHotCategorical({ logits: [0, 0] })],
  orderedLogistic: () => [e.orderedLogistic(0, [-1, 1])],
  binomial: () => [e.binomial(3, { probs: 0.5 }), e.binomial(3, { logits: 0 })],
  betaBinomial: () => [e.betaBinomial(3, 1, 1)],
  multinomial: () => [e.multinomial(3, { probs: half }), e.multinomial(3, { logits: [0, 0] })],
  dirichletMultinomial: () => [e.dirichletMultinomial(3, [1, 1])],
  geometric: () => [e.geometric({ probs: 0.5 }), e.geometric({ logits: 0 })],
  negativeBinomial: () => [e.negativeBinomial(3, { probs: 0.5 }), e.negativeBinomial(3, { logits: 0 })],
  poisson: () => [e.poisson(1)],
};

const processes: Examples = {
  gaussianRandomWalk: () => [e.gaussianRandomWalk({ scale: 1, numSteps: 3 })],
  autoregressive: () => [e.autoregressive({ coefficients: [0.5], scale: 1, numSteps: 3 })],
  gaussianProcess: () => [e.gaussianProcess({ kernel: e.squaredExponential(), inputs: [0, 1] })],
  linearGaussianStateSpace: () => [
    e.linearGaussianStateSpace({
      transition: [[1]],
      transitionScale: [[1]],
      observation: [[1]],
      observationScale: [[1]],
      initialLoc: [0],
      initialScale: [[1]],
      numSteps: 3,
    }),
  ],
  hmm: () => [
    e.hmm({
      initial: { probs: half },
      transition: { probs: [half, half] },
      emission: e.normal([0, 1], 1),
      numSteps: 3,
    }),
  ],
  dirichletProcess: () => [],
};

/** What they have is what they are made of has, as far as their docstrings say. */
const wrappers: Examples = Object.fromEntries(
  [
    "iid",
    "independent",
    "transformed",
    "mixture",
    "truncated",
    "censored",
    "masked",
    "scaled",
    "zeroInflated",
    "fromSampler",
  ].map((name) => [name, () => []]),
);

/** Distributions by the headings of the page. */
export const groups: Readonly<Record<string, Examples>> = {
  "Continuous, of scalars": continuous,
  "Vectors and matrices": vectors,
  Discrete: discrete,
  Processes: processes,
  "Made of other distributions": wrappers,
};
