// Which strategies coins and categories offer, as the compiler sees it.
import { expectTypeOf } from "vitest";
import { bernoulli, flip } from "../../src/distributions/bernoulli.js";
import { categorical } from "../../src/distributions/categorical.js";
import type { Bool, Distribution, Interval } from "../../src/distributions/distribution.js";
import { independent } from "../../src/distributions/independent.js";
import { normal } from "../../src/distributions/normal.js";
import { poisson } from "../../src/distributions/poisson.js";
import { arm } from "../../src/strategies/arm.js";
import { disarm } from "../../src/strategies/disarm.js";
import { gumbelSoftmax } from "../../src/strategies/gumbelSoftmax.js";
import { localExpectation } from "../../src/strategies/localExpectation.js";
import { rebar } from "../../src/strategies/rebar.js";
import { relax } from "../../src/strategies/relax.js";
import { straightThrough } from "../../src/strategies/straightThrough.js";
import { topK } from "../../src/strategies/topK.js";
import { unorderedSet } from "../../src/strategies/unorderedSet.js";

const coin = bernoulli({ logits: 0 });
const die = categorical({ logits: [0, 0, 0] });
arm(coin);
disarm(flip(0.5));
localExpectation(die);
rebar(coin);
rebar(die, { temperature: 1, eta: 0.5 });
relax(coin, { surrogate: (z) => z });
straightThrough(coin);
topK(die, { k: 2 });
unorderedSet(die, { k: 2 });

// @ts-expect-error antithetic pairs are of coins
arm(die);
// @ts-expect-error
disarm(die);
// @ts-expect-error
arm(normal(0, 1));
// @ts-expect-error no finite support
localExpectation(poisson(1));
// @ts-expect-error no finite support
topK(normal(0, 1), { k: 2 });
// @ts-expect-error no finite support
rebar(poisson(1));
// @ts-expect-error a vector of coins is no coin
disarm(independent(flip([0.5, 0.5])));
// @ts-expect-error a strategy is chosen once
arm(disarm(flip(0.5)));
// @ts-expect-error k has no default
topK(die);
// @ts-expect-error neither has the temperature
gumbelSoftmax(coin, {});

// a relaxed coin is no coin, a hard one is
expectTypeOf(gumbelSoftmax(coin, { temperature: 1 })).toEqualTypeOf<Distribution<Interval, never>>();
expectTypeOf(gumbelSoftmax(coin, { temperature: 1, hard: true })).toEqualTypeOf<Distribution<Bool, never>>();
