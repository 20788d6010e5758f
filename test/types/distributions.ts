// Which strategies a distribution offers, and what support its values have, as the compiler sees it.
import type { Tensor } from "@tensorflow/tfjs-core";
import { expectTypeOf } from "vitest";
import { bernoulli, flip } from "../../src/distributions/bernoulli.js";
import { categorical } from "../../src/distributions/categorical.js";
import { cauchy } from "../../src/distributions/cauchy.js";
import { censored } from "../../src/distributions/censored.js";
import { chi2 } from "../../src/distributions/chi2.js";
import { delta } from "../../src/distributions/delta.js";
import type { Count, Distribution, Interval, Positive, Real, Supported } from "../../src/distributions/distribution.js";
import { exponential } from "../../src/distributions/exponential.js";
import { flat } from "../../src/distributions/flat.js";
import { fromSampler } from "../../src/distributions/fromSampler.js";
import { gamma } from "../../src/distributions/gamma.js";
import { geometric } from "../../src/distributions/geometric.js";
import { halfCauchy } from "../../src/distributions/halfCauchy.js";
import { iid } from "../../src/distributions/iid.js";
import { independent } from "../../src/distributions/independent.js";
import { kumaraswamy } from "../../src/distributions/kumaraswamy.js";
import { logNormal } from "../../src/distributions/logNormal.js";
import { multivariateNormal } from "../../src/distributions/multivariateNormal.js";
import { normal } from "../../src/distributions/normal.js";
import { pareto } from "../../src/distributions/pareto.js";
import { poisson } from "../../src/distributions/poisson.js";
import { masked, scaled } from "../../src/distributions/reweighted.js";
import { studentT } from "../../src/distributions/studentT.js";
import { truncated } from "../../src/distributions/truncated.js";
import { truncatedNormal } from "../../src/distributions/truncatedNormal.js";
import { uniform } from "../../src/distributions/uniform.js";
import { vonMises } from "../../src/distributions/vonMises.js";
import { enumerate } from "../../src/strategies/enumerate.js";
import { measureValued } from "../../src/strategies/measureValued.js";
import { muProp } from "../../src/strategies/muProp.js";
import { quadrature } from "../../src/strategies/quadrature.js";
import { reinforce } from "../../src/strategies/reinforce.js";
import { reparam } from "../../src/strategies/reparam.js";

type ValueOf<D> = D extends Distribution<infer T, never> ? T : never;

// continuous: pathwise, some also scored
reparam(normal(0, 1));
reinforce(normal(0, 1));
measureValued(normal(0, 1));
reparam(logNormal(0, 1));
reparam(cauchy(0, 1));
reparam(uniform(0, 1));
reparam(multivariateNormal([0], { scaleDiag: [1] }));
measureValued(exponential(1));
// @ts-expect-error a continuous support cannot be enumerated
enumerate(normal(0, 1));
// @ts-expect-error the support of a uniform variable moves with its parameters
reinforce(uniform(0, 1));
// @ts-expect-error and so does that of a point mass
reinforce(delta(0));
// @ts-expect-error no measure-valued derivative
measureValued(halfCauchy(1));
// @ts-expect-error no measure-valued derivative
measureValued(multivariateNormal([0], { scaleDiag: [1] }));

reparam(studentT(3, 0, 1));
reinforce(studentT(3, 0, 1));
reparam(truncatedNormal(0, 1, { low: normal(0, 1).parameters[0]! }));
reinforce(truncatedNormal(0, 1, { low: 0 }));
// @ts-expect-error the support of a truncated variable moves with its bounds
reinforce(truncatedNormal(0, 1, { low: normal(0, 1).parameters[0]! }));
reparam(vonMises(normal(0, 1).parameters[0]!, 1));
reinforce(vonMises(0, 1));
measureValued(gamma(1, 1));
// @ts-expect-error the interval of the draws moves with the mean
reinforce(vonMises(normal(0, 1).parameters[0]!, 1));
// @ts-expect-error a continuous support cannot be enumerated
enumerate(truncatedNormal(0, 1, { low: 0, high: 1 }));

// made of normal noise
quadrature(normal(0, 1), { points: 4 });
quadrature(logNormal(0, 1));
quadrature(iid(3, normal(0, 1)), { degree: 3 });
quadrature(independent(normal([0, 1], 1)), { degree: 5 });
quadrature(multivariateNormal([0], { scaleDiag: [1] }));
// @ts-expect-error a gamma variable is no smooth function of normal noise
quadrature(gamma(1, 1));
// @ts-expect-error there is no rule of degree 4
quadrature(normal(0, 1), { degree: 4 });
// @ts-expect-error points or a degree, not both
quadrature(normal(0, 1), { degree: 3, points: 4 });

// discrete: never pathwise
enumerate(flip(0.2));
reinforce(bernoulli({ logits: 0 }));
measureValued(categorical({ probs: [0.5, 0.5] }));
reinforce(geometric({ probs: 0.5 }));
measureValued(poisson(1));
// @ts-expect-error a coin has no pathwise derivative
reparam(flip(0.2));
// @ts-expect-error
reparam(categorical({ logits: [0, 0] }));
// @ts-expect-error
reparam(poisson(1));
// @ts-expect-error counts have no finite support
enumerate(poisson(1));
// @ts-expect-error counts have no finite support
enumerate(geometric({ logits: 0 }));

// a strategy is chosen once
// @ts-expect-error
reparam(reinforce(normal(0, 1)));

// repetitions offer what is repeated; a vector offers reparam and reinforce only
enumerate(iid(3, flip(0.2)));
reparam(iid([2, 3], normal(0, 1)));
reparam(independent(normal([0, 1], 1)));
reinforce(independent(flip([0.2, 0.3])));
// @ts-expect-error
reparam(iid(3, flip(0.2)));
// @ts-expect-error
enumerate(independent(flip([0.2, 0.3])));
// @ts-expect-error
measureValued(independent(normal([0, 1], 1)));
// @ts-expect-error
reinforce(independent(uniform([0, 1], 2)));

// probs or logits, exactly one
// @ts-expect-error
bernoulli(0.5);
// @ts-expect-error
bernoulli({ probs: 0.5, logits: 0 });
// @ts-expect-error
categorical({});
// @ts-expect-error a coin takes a probability
flip({ logits: 0 });

// supports
expectTypeOf<ValueOf<ReturnType<typeof normal>>>().toEqualTypeOf<Real>();
expectTypeOf<ValueOf<ReturnType<typeof halfCauchy>>>().toEqualTypeOf<Positive>();
const at = delta(1, { support: "positive" });
expectTypeOf<ValueOf<typeof at>>().toEqualTypeOf<Positive>();
const anywhere = delta(1);
expectTypeOf<ValueOf<typeof anywhere>>().toEqualTypeOf<Real>();
const vector = independent(normal([0, 1], 1));
expectTypeOf<ValueOf<typeof vector>>().toEqualTypeOf<Supported<"real">>();
const rates = independent(iid(3, exponential(1)));
expectTypeOf<ValueOf<typeof rates>>().toEqualTypeOf<Positive>();

// more continuous families, and wrappers of scalars
reinforce(chi2(3));
muProp(kumaraswamy(2, 3));
reinforce(pareto(1, 3));
// @ts-expect-error the support moves with the scale
reinforce(pareto(normal(0, 1).parameters[0]!, 3));
// @ts-expect-error nothing can be drawn from a flat density
reparam(flat());
reparam(truncated(gamma(2, 1), { low: normal(0, 1).parameters[0]! }));
reinforce(truncated(gamma(2, 1), { low: 1 }));
reinforce(truncated(poisson(3), { high: 5 }));
// @ts-expect-error counts are never pathwise
reparam(truncated(poisson(3), { high: 5 }));
// @ts-expect-error the support moves with the bound
reinforce(truncated(gamma(2, 1), { low: normal(0, 1).parameters[0]! }));
reinforce(censored(gamma(2, 1), { high: 1 }));
// @ts-expect-error the density of draws jumps at the bounds
reparam(censored(gamma(2, 1), { high: 1 }));
reparam(masked(normal(0, 1), [true]));
// @ts-expect-error its density is not that of its draws
reinforce(scaled(normal(0, 1), 2));
// @ts-expect-error nor is that of counts
reinforce(masked(poisson(3), true));
const short = truncated(gamma(2, 1), { high: 1 });
expectTypeOf<ValueOf<typeof short>>().toEqualTypeOf<Interval>();
const few = censored(poisson(3), { high: 5 });
expectTypeOf<ValueOf<typeof few>>().toEqualTypeOf<Count>();
const improper = flat({ support: "positive" });
expectTypeOf<ValueOf<typeof improper>>().toEqualTypeOf<Positive>();
const own = {
  name: "own",
  support: "real",
  parameters: { m: 0 },
  sampler: ({ m }: { m: Tensor }) => m,
  logDensity: ({ m }: { m: Tensor }) => m,
} as const;
reinforce(fromSampler(own));
reparam(fromSampler({ ...own, isSmooth: true }));
reparam(fromSampler({ ...own, cdf: ({ m }) => m }));
// @ts-expect-error a sampler that is not smooth, without a distribution function
reparam(fromSampler(own));
// @ts-expect-error a support that moves
reinforce(fromSampler({ ...own, movesSupport: true }));
expectTypeOf<ValueOf<ReturnType<typeof fromSampler<"m", "real">>>>().toEqualTypeOf<Real>();
