// Entropies of counts, summed by the host in double precision, with derivatives of every order.
import * as entropies from "../../util/special/countEntropies.js";
import type { Value } from "../builder.js";
import type { Operation } from "../primitive.js";
import type { Variable } from "../program.js";
import { floatOnly } from "./arithmetic.js";
import { binary, unary } from "./elementwise.js";

const named = (name: string, order: number): string => (order > 0 ? `${name}_${order}` : name);

const poissonOrders: Operation<(rate: Value) => Variable>[] = [];
const poissonOfOrder = (order: number): Operation<(rate: Value) => Variable> => {
  poissonOrders[order] ??= unary({
    name: named("poissonEntropy", order),
    dtype: floatOnly("poissonEntropy"),
    evaluate: (rate) => entropies.poissonEntropy(order, rate),
    partials: ([rate]) => [poissonOfOrder(order + 1)(rate!)],
  });
  return poissonOrders[order];
};

/** The entropy of a Poisson variable of a rate. */
export const poissonEntropy = poissonOfOrder(0);

const binomialOrders: Operation<(count: Value, probability: Value) => Variable>[] = [];
const binomialOfOrder = (order: number): Operation<(count: Value, probability: Value) => Variable> => {
  binomialOrders[order] ??= binary({
    name: named("binomialEntropy", order),
    dtype: floatOnly("binomialEntropy"),
    evaluate: (count, probability) => entropies.binomialEntropy(order, count, probability),
    continuousIn: (operand) => operand === 1,
    partials: ([count, probability]) => [undefined, binomialOfOrder(order + 1)(count!, probability!)],
  });
  return binomialOrders[order];
};

/** The entropy of a binomial variable, for operands (count, probability). */
export const binomialEntropy = binomialOfOrder(0);
