// Which strategies counts, their wrappers, relaxations and mixtures offer, and what support their values have.
import { expectTypeOf } from "vitest";
import { betaBinomial } from "../../src/distributions/betaBinomial.js";
import { binomial } from "../../src/distributions/binomial.js";
import { dirichletMultinomial } from "../../src/distributions/dirichletMultinomial.js";
import type { Count, Distribution, OneHot, Real, Simplex, UnitInterval } from "../../src/distributions/distribution.js";
import { exponential } from "../../src/distributions/exponential.js";
import { gamma } from "../../src/distributions/gamma.js";
import { logNormal } from "../../src/distributions/logNormal.js";
import { mixture } from "../../src/distributions/mixture.js";
import { type Counts, multinomial } from "../../src/distributions/multinomial.js";
import { negativeBinomial } from "../../src/distributions/negativeBinomial.js";
import { normal } from "../../src/distributions/normal.js";
import { oneHotCategorical } from "../../src/distributions/oneHotCategorical.js";
import { orderedLogistic } from "../../src/distributions/orderedLogistic.js";
import { poisson } from "../../src/distributions/poisson.js";
import { relaxedBernoulli } from "../../src/distributions/relaxedBernoulli.js";
import { relaxedOneHot } from "../../src/distributions/relaxedOneHot.js";
import { uniform } from "../../src/distributions/uniform.js";
import { zeroInflated } from "../../src/distributions/zeroInflated.js";
import { enumerate } from "../../src/strategies/enumerate.js";
import { gumbelSoftmax } from "../../src/strategies/gumbelSoftmax.js";
import { measureValued } from "../../src/strategies/measureValued.js";
import { muProp } from "../../src/strategies/muProp.js";
import { reinforce } from "../../src/strategies/reinforce.js";
import { reparam } from "../../src/strategies/reparam.js";
import { straightThrough } from "../../src/strategies/straightThrough.js";
import { topK } from "../../src/strategies/topK.js";

type ValueOf<D> = D extends Distribution<infer T, never> ? T : never;

// a number of trials that is a plain number bounds the support
enumerate(binomial(3, { probs: 0.5 }));
enumerate(betaBinomial(3, 1, 1));
topK(betaBinomial(3, 1, 1), { k: 2 });
// @ts-expect-error the number of trials is not known
enumerate(binomial([3], { probs: 0.5 }));
// @ts-expect-error
enumerate(betaBinomial([3], 1, 1));
// @ts-expect-error no weak derivative
measureValued(betaBinomial(3, 1, 1));

measureValued(negativeBinomial(2, { logits: 0 }));
// @ts-expect-error counts have no finite support
enumerate(negativeBinomial(2, { logits: 0 }));
// @ts-expect-error counts have no pathwise derivative
reparam(negativeBinomial(2, { logits: 0 }));
// @ts-expect-error exactly one
negativeBinomial(2, { logits: 0, probs: 0.5 });

enumerate(zeroInflated(binomial(3, { probs: 0.5 }), 0.1));
measureValued(zeroInflated(poisson(1), 0.1));
// @ts-expect-error what the count does not offer
enumerate(zeroInflated(poisson(1), 0.1));
// @ts-expect-error values that are not counts
zeroInflated(normal(0, 1), 0.1);

enumerate(orderedLogistic(0, [0, 1]));
measureValued(orderedLogistic(0, [0, 1]));

reinforce(multinomial(3, { probs: [0.5, 0.5] }));
muProp(dirichletMultinomial(3, [1, 1]));
// @ts-expect-error vectors of counts
enumerate(multinomial(3, { probs: [0.5, 0.5] }));

// one-hot vectors
enumerate(oneHotCategorical({ logits: [0, 0] }));
muProp(oneHotCategorical({ logits: [0, 0] }));
straightThrough(oneHotCategorical({ logits: [0, 0] }));
const relaxed = gumbelSoftmax(oneHotCategorical({ logits: [0, 0] }), { temperature: 1 });
expectTypeOf<ValueOf<typeof relaxed>>().toEqualTypeOf<Simplex>();
const hard = gumbelSoftmax(oneHotCategorical({ logits: [0, 0] }), { temperature: 1, hard: true });
expectTypeOf<ValueOf<typeof hard>>().toEqualTypeOf<OneHot>();
// @ts-expect-error for indices only
topK(oneHotCategorical({ logits: [0, 0] }), { k: 1 });

reparam(relaxedBernoulli(0.5, { logits: 0 }));
reinforce(relaxedOneHot(0.5, { logits: [0, 0] }));
// @ts-expect-error no mean
muProp(relaxedBernoulli(0.5, { logits: 0 }));

// mixtures offer what all components do
reparam(mixture([0.5, 0.5], normal([0, 1], 1)));
reparam(mixture([0.5, 0.5], [gamma(1, 1), logNormal(0, 1)]));
enumerate(mixture([0.5, 0.5], binomial(3, { probs: [0.1, 0.9] })));
muProp(mixture({ logits: [0, 0] }, [poisson(1), zeroInflated(poisson(9), 0.5)]));
// @ts-expect-error counts
reparam(mixture([0.5, 0.5], poisson([1, 2])));
// @ts-expect-error one component is not scored
reinforce(mixture([0.5, 0.5], [uniform(0, 1), uniform(0, 2)]));
// @ts-expect-error
enumerate(mixture([0.5, 0.5], [poisson(1), binomial(3, { probs: 0.5 })]));
// @ts-expect-error supports differ
mixture([0.5, 0.5], [normal(0, 1), exponential(1)]);

// supports
const normals = mixture([0.5, 0.5], [normal(0, 1), normal(1, 1)]);
expectTypeOf<ValueOf<typeof normals>>().toEqualTypeOf<Real>();
expectTypeOf<ValueOf<ReturnType<typeof zeroInflated>>>().toEqualTypeOf<Count>();
expectTypeOf<ValueOf<ReturnType<typeof multinomial>>>().toEqualTypeOf<Counts>();
expectTypeOf<ValueOf<ReturnType<typeof relaxedBernoulli>>>().toEqualTypeOf<UnitInterval>();
expectTypeOf<ValueOf<ReturnType<typeof relaxedOneHot>>>().toEqualTypeOf<Simplex>();
