// Supports that bijectors lead to, and the strategies that transformed distributions keep, as the compiler sees it.
import { expectTypeOf } from "vitest";
import * as bijectors from "../../src/distributions/bijectors/bijectors.js";
import { dirichlet } from "../../src/distributions/dirichlet.js";
import type {
  Distribution,
  Interval,
  Positive,
  Real,
  Simplex,
  Supported,
  UnitInterval,
} from "../../src/distributions/distribution.js";
import { exponential } from "../../src/distributions/exponential.js";
import { independent } from "../../src/distributions/independent.js";
import { normal } from "../../src/distributions/normal.js";
import { poisson } from "../../src/distributions/poisson.js";
import { transformed } from "../../src/distributions/transformed.js";
import { bijectorTo } from "../../src/distributions/unconstrained.js";
import { uniform } from "../../src/distributions/uniform.js";
import { enumerate } from "../../src/strategies/enumerate.js";
import { measureValued } from "../../src/strategies/measureValued.js";
import { quadrature } from "../../src/strategies/quadrature.js";
import { reinforce } from "../../src/strategies/reinforce.js";
import { reparam } from "../../src/strategies/reparam.js";

type ValueOf<D> = D extends Distribution<infer T, never> ? T : never;
const { affine, exp, interval, inverse, pipe, power, sigmoid, stickBreaking } = bijectors;

// supports
const positive = transformed(normal(0, 1), exp);
expectTypeOf<ValueOf<typeof positive>>().toEqualTypeOf<Positive>();
const share = transformed(normal(0, 1), pipe(affine(0, 2), sigmoid));
expectTypeOf<ValueOf<typeof share>>().toEqualTypeOf<UnitInterval>();
const logarithm = transformed(exponential(1), inverse(exp));
expectTypeOf<ValueOf<typeof logarithm>>().toEqualTypeOf<Real>();
const between = transformed(normal(0, 1), interval(0, 1));
expectTypeOf<ValueOf<typeof between>>().toEqualTypeOf<Interval>();
const simplex = transformed(independent(normal([0, 0], 1)), stickBreaking);
expectTypeOf<ValueOf<typeof simplex>>().toEqualTypeOf<Simplex>();
expectTypeOf(exp.forward(0)).toEqualTypeOf<Positive>();
expectTypeOf(pipe(exp, power(2), inverse(exp)).forward(0)).toEqualTypeOf<Supported<"real">>();
expectTypeOf(bijectorTo(dirichlet([1, 1])).forward([0])).toEqualTypeOf<Simplex>();
const weights = transformed(independent(normal([0, 0], 1)), bijectorTo(dirichlet([1, 1, 1])));
expectTypeOf<ValueOf<typeof weights>>().toEqualTypeOf<Simplex>();

// what a bijector does not take
// @ts-expect-error real numbers have no logarithm
transformed(normal(0, 1), inverse(exp));
// @ts-expect-error counts have no density
transformed(poisson(1), affine(0, 1));
// @ts-expect-error real numbers have no power
pipe(affine(0, 1), power(2));
// a part of the domain does
transformed(uniform(0, 1), exp);
pipe(exp, affine(0, 1));

// strategies
reparam(positive);
reinforce(positive);
quadrature(positive);
// @ts-expect-error a weak derivative says nothing of the bijector's parameters
measureValued(positive);
// @ts-expect-error a continuous support cannot be enumerated
enumerate(positive);
reinforce(between);
reinforce(logarithm);
reinforce(transformed(normal(0, 1), pipe(affine(0, 2), interval(0, 1))));
const moving = transformed(normal(0, 1), interval(normal(0, 1).parameters[0]!, 1));
reparam(moving);
// @ts-expect-error the interval moves with its end
reinforce(moving);
// @ts-expect-error the end of the support moves with the bijector
reinforce(transformed(exponential(1), affine(1, 2)));
// @ts-expect-error and inside a pipe, too
reinforce(transformed(normal(0, 1), pipe(exp, affine(1, 2))));
// @ts-expect-error what the base does not offer
reinforce(transformed(uniform(0, 1), exp));
// @ts-expect-error a strategy is chosen once
reparam(transformed(reinforce(normal(0, 1)), exp));
