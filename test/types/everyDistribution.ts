// The support of every distribution's values and the strategies that are legal for it, as the compiler sees them.
import type { Tensor } from "@tensorflow/tfjs-core";
import * as elbow from "../../src/index.js";

/** Support and strategies of a distribution. */
type Described<D> =
  D extends elbow.Distribution<infer T, infer O> ? readonly [T extends elbow.Supported<infer S> ? S : never, O] : never;

/** Functions of several signatures, or with types as parameters, for plain numbers. */
const made = (bound: Tensor) => ({
  truncatedNormal: elbow.truncatedNormal(0, 1, { low: 0 }),
  vonMises: elbow.vonMises(0, 1),
  pareto: elbow.pareto(1, 1),
  delta: elbow.delta(0),
  flat: elbow.flat(),
  binomial: elbow.binomial(3, { probs: 0.5 }),
  betaBinomial: elbow.betaBinomial(3, 1, 1),
  hmm: elbow.hmm({
    initial: { probs: [1] },
    transition: { probs: [[1]] },
    emission: elbow.poisson([1]),
    numSteps: 2,
  }),
  // tensors as what bounds the support
  truncatedNormalByTensor: elbow.truncatedNormal(0, 1, { low: bound }),
  vonMisesByTensor: elbow.vonMises(bound, 1),
  paretoByTensor: elbow.pareto(bound, 1),
  binomialByTensor: elbow.binomial(bound, { probs: 0.5 }),
  betaBinomialByTensor: elbow.betaBinomial(bound, 1, 1),
  multivariateNormal: elbow.multivariateNormal([0], { scaleDiag: [1] }),
});
type MadeByHand = ReturnType<typeof made>;

/** What a function makes. */
type Made<K extends keyof Expected> = Described<
  K extends keyof MadeByHand
    ? MadeByHand[K]
    : K extends keyof typeof elbow
      ? (typeof elbow)[K] extends (...args: never[]) => infer D
        ? D
        : never
      : never
>;

/** What coins and categories offer besides enumerate and reinforce. */
type Category = "gumbelSoftmax" | "localExpectation" | "rebar" | "relax" | "straightThrough" | "topK" | "unorderedSet";

interface Expected {
  // Continuous, of scalars
  normal: readonly ["real", "measureValued" | "muProp" | "quadrature" | "reinforce" | "reparam"];
  logNormal: readonly ["positive", "muProp" | "quadrature" | "reinforce" | "reparam"];
  halfNormal: readonly ["positive", "measureValued" | "muProp" | "reinforce" | "reparam"];
  truncatedNormal: readonly ["interval", "muProp" | "reinforce" | "reparam"];
  studentT: readonly ["real", "muProp" | "reinforce" | "reparam"];
  cauchy: readonly ["real", "reinforce" | "reparam"];
  halfCauchy: readonly ["positive", "reinforce" | "reparam"];
  laplace: readonly ["real", "measureValued" | "muProp" | "reinforce" | "reparam"];
  logistic: readonly ["real", "muProp" | "reinforce" | "reparam"];
  gumbel: readonly ["real", "muProp" | "reinforce" | "reparam"];
  uniform: readonly ["interval", "reparam"];
  exponential: readonly ["positive", "measureValued" | "muProp" | "reinforce" | "reparam"];
  gamma: readonly ["positive", "measureValued" | "muProp" | "reinforce" | "reparam"];
  inverseGamma: readonly ["positive", "muProp" | "reinforce" | "reparam"];
  chi2: readonly ["positive", "muProp" | "reinforce" | "reparam"];
  weibull: readonly ["positive", "muProp" | "reinforce" | "reparam"];
  pareto: readonly ["interval", "muProp" | "reinforce" | "reparam"];
  beta: readonly ["unitInterval", "muProp" | "reinforce" | "reparam"];
  kumaraswamy: readonly ["unitInterval", "muProp" | "reinforce" | "reparam"];
  vonMises: readonly ["real", "muProp" | "reinforce" | "reparam"];
  relaxedBernoulli: readonly ["unitInterval", "reinforce" | "reparam"];
  delta: readonly ["real", "reparam"];
  flat: readonly ["real", never];
  // Vectors and matrices
  multivariateNormal: readonly ["real", "muProp" | "quadrature" | "reinforce" | "reparam"];
  multivariateStudentT: readonly ["real", "muProp" | "reinforce" | "reparam"];
  dirichlet: readonly ["simplex", "muProp" | "reinforce" | "reparam"];
  stickBreakingWeights: readonly ["simplex", "muProp" | "reinforce" | "reparam"];
  relaxedOneHot: readonly ["simplex", "reinforce" | "reparam"];
  vonMisesFisher: readonly ["sphere", "reinforce" | "reparam"];
  wishart: readonly ["positiveDefinite", "muProp" | "reinforce" | "reparam"];
  lkjCholesky: readonly ["correlationCholesky", "reinforce" | "reparam"];
  // Discrete
  bernoulli: readonly ["boolean", "arm" | "disarm" | "enumerate" | Category | "measureValued" | "muProp" | "reinforce"];
  flip: readonly ["boolean", "arm" | "disarm" | "enumerate" | Category | "measureValued" | "muProp" | "reinforce"];
  categorical: readonly ["categoryIndex", "enumerate" | Category | "measureValued" | "reinforce"];
  oneHotCategorical: readonly ["oneHot", "enumerate" | "gumbelSoftmax" | "muProp" | "reinforce" | "straightThrough"];
  orderedLogistic: readonly ["categoryIndex", "enumerate" | Category | "measureValued" | "reinforce"];
  binomial: readonly ["nonNegativeInteger", "enumerate" | Category | "measureValued" | "muProp" | "reinforce"];
  betaBinomial: readonly ["nonNegativeInteger", "enumerate" | Category | "muProp" | "reinforce"];
  multinomial: readonly ["counts", "muProp" | "reinforce"];
  dirichletMultinomial: readonly ["counts", "muProp" | "reinforce"];
  geometric: readonly ["nonNegativeInteger", "measureValued" | "muProp" | "reinforce"];
  negativeBinomial: readonly ["nonNegativeInteger", "measureValued" | "muProp" | "reinforce"];
  poisson: readonly ["nonNegativeInteger", "measureValued" | "muProp" | "reinforce"];
  // Processes
  gaussianRandomWalk: readonly ["real", "muProp" | "quadrature" | "reinforce" | "reparam"];
  autoregressive: readonly ["real", "muProp" | "quadrature" | "reinforce" | "reparam"];
  gaussianProcess: readonly ["real", "muProp" | "quadrature" | "reinforce" | "reparam"];
  linearGaussianStateSpace: readonly ["real", "muProp" | "reinforce" | "reparam"];
  // Supports that move
  truncatedNormalByTensor: readonly ["interval", "reparam"];
  vonMisesByTensor: readonly ["real", "reparam"];
  paretoByTensor: readonly ["interval", "reparam"];
  binomialByTensor: readonly ["nonNegativeInteger", "measureValued" | "muProp" | "reinforce"];
  betaBinomialByTensor: readonly ["nonNegativeInteger", "muProp" | "reinforce"];
  hmm: readonly ["nonNegativeInteger", "reinforce"];
}

/** Whether two types are the same, in both directions. */
type Same<A, B> = [A] extends [B] ? ([B] extends [A] ? true : false) : false;

/** Names of those that are otherwise. */
type Wrong = {
  [K in keyof Expected]: Same<Made<K>, Expected[K]> extends true ? never : K;
}[keyof Expected];

// the compiler names what is missing here
export const wrong: Readonly<Record<Wrong, never>> = {};

// a negative control: the record would need this property if the type were another one
type Control = Same<Made<"normal">, readonly ["positive", "reparam"]>;
export const control: Control = false;
