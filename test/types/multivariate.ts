// Which strategies multivariate distributions and processes offer, and what support their values have, as the compiler sees it.
import { expectTypeOf } from "vitest";
import { autoregressive } from "../../src/distributions/autoregressive.js";
import { categorical } from "../../src/distributions/categorical.js";
import { dirichletProcess } from "../../src/distributions/dirichletProcess.js";
import type {
  CategoryIndex,
  CorrelationCholesky,
  Distribution,
  PositiveDefinite,
  Real,
  Simplex,
  UnitInterval,
  UnitSphere,
} from "../../src/distributions/distribution.js";
import { exponential } from "../../src/distributions/exponential.js";
import { gaussianProcess } from "../../src/distributions/gaussianProcess.js";
import { gaussianRandomWalk } from "../../src/distributions/gaussianRandomWalk.js";
import { hmm } from "../../src/distributions/hmm.js";
import { linearGaussianStateSpace } from "../../src/distributions/linearGaussianStateSpace.js";
import { lkjCholesky } from "../../src/distributions/lkjCholesky.js";
import { multivariateNormal } from "../../src/distributions/multivariateNormal.js";
import { multivariateStudentT } from "../../src/distributions/multivariateStudentT.js";
import { normal } from "../../src/distributions/normal.js";
import { stickBreakingWeights } from "../../src/distributions/stickBreakingWeights.js";
import { uniform } from "../../src/distributions/uniform.js";
import { vonMisesFisher } from "../../src/distributions/vonMisesFisher.js";
import { wishart } from "../../src/distributions/wishart.js";
import { enumerate } from "../../src/strategies/enumerate.js";
import { measureValued } from "../../src/strategies/measureValued.js";
import { muProp } from "../../src/strategies/muProp.js";
import { quadrature } from "../../src/strategies/quadrature.js";
import { reinforce } from "../../src/strategies/reinforce.js";
import { reparam } from "../../src/strategies/reparam.js";

type ValueOf<D> = D extends Distribution<infer T, never> ? T : never;

const lowRank = { covFactor: [[1]], covDiag: [1] };
reparam(multivariateNormal([0], lowRank));
reinforce(multivariateNormal([0], lowRank));
quadrature(multivariateNormal([0], { scaleDiag: [1] }));
// @ts-expect-error its draws are made of more noise than they have elements
quadrature(multivariateNormal([0], lowRank));
// @ts-expect-error a scale is missing by halves
multivariateNormal([0], { covFactor: [[1]] });

reparam(multivariateStudentT(3, [0], [[1]]));
muProp(multivariateStudentT(3, [0], [[1]]));
// @ts-expect-error no measure-valued derivative
measureValued(multivariateStudentT(3, [0], [[1]]));
expectTypeOf<ValueOf<ReturnType<typeof multivariateStudentT>>>().toEqualTypeOf<Real>();

reparam(lkjCholesky(3, 1));
reinforce(lkjCholesky(3, 1));
// @ts-expect-error its mean is no factor of a correlation matrix
muProp(lkjCholesky(3, 1));
expectTypeOf<ValueOf<ReturnType<typeof lkjCholesky>>>().toEqualTypeOf<CorrelationCholesky>();

reparam(wishart(3, { scaleTril: [[1]] }));
muProp(wishart(3, { scaleMatrix: [[1]] }));
// @ts-expect-error one scale of two
wishart(3, {});
expectTypeOf<ValueOf<ReturnType<typeof wishart>>>().toEqualTypeOf<PositiveDefinite>();

reparam(vonMisesFisher([1, 0], 1));
reinforce(vonMisesFisher([1, 0], 1));
// @ts-expect-error its mean is not on the sphere
muProp(vonMisesFisher([1, 0], 1));
expectTypeOf<ValueOf<ReturnType<typeof vonMisesFisher>>>().toEqualTypeOf<UnitSphere>();

quadrature(gaussianRandomWalk({ scale: 1, numSteps: 3 }));
quadrature(autoregressive({ coefficients: [1], scale: 1, numSteps: 3 }));
quadrature(gaussianProcess({ kernel: [[1]] }));
const one = [[1]];
const scales = { transitionScale: one, observationScale: one, initialScale: one };
const level = linearGaussianStateSpace({ transition: one, observation: one, initialLoc: [0], numSteps: 3, ...scales });
reparam(level);
reinforce(level);
// @ts-expect-error its draws are made of more noise than they have elements
quadrature(level);
expectTypeOf<ValueOf<typeof level>>().toEqualTypeOf<Real>();

const chain = { initial: { probs: [1] }, transition: { logits: [[0]] }, numSteps: 3 };
const seen = hmm({ ...chain, emission: normal([0], 1) });
reinforce(seen);
// @ts-expect-error the states jump
reparam(seen);
// @ts-expect-error a sequence of them is no small support
enumerate(hmm({ ...chain, emission: categorical({ probs: [[1]] }) }));
// @ts-expect-error the support of the emissions moves with their parameters
reinforce(hmm({ ...chain, emission: uniform(0, [1]) }));
expectTypeOf<ValueOf<typeof seen>>().toEqualTypeOf<Real>();
const symbols = hmm({ ...chain, emission: categorical({ probs: [[1]] }) });
expectTypeOf<ValueOf<typeof symbols>>().toEqualTypeOf<CategoryIndex>();
// @ts-expect-error probabilities or their logarithms, one of both
hmm({ ...chain, initial: { probs: [1], logits: [0] }, emission: normal([0], 1) });

reparam(stickBreakingWeights(1, 3));
expectTypeOf<ValueOf<ReturnType<typeof stickBreakingWeights>>>().toEqualTypeOf<Simplex>();
const process = dirichletProcess(1, exponential(1), 3);
reparam(process.rests);
measureValued(process.atoms);
expectTypeOf<ValueOf<typeof process.rests>>().toEqualTypeOf<UnitInterval>();
