// Entropies of counts, summed by the host in double precision, with derivatives of every order.
import * as entropies from "../../util/special/countEntropies.js";
import { negativeBinomialEntropy as entropyOfFailures } from "../../util/special/negativeBinomialEntropy.js";
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

const surpriseOrders: Operation<(count: Value, probability: Value) => Variable>[] = [];
const surpriseOfOrder = (order: number): Operation<(count: Value, probability: Value) => Variable> => {
  surpriseOrders[order] ??= binary({
    name: named("binomialSurprise", order),
    dtype: floatOnly("binomialSurprise"),
    evaluate: (count, probability) => entropies.binomialSurprise(order, count, probability),
    continuousIn: (operand) => operand === 1,
    partials: ([count, probability]) => [undefined, surpriseOfOrder(order + 1)(count!, probability!)],
  });
  return surpriseOrders[order];
};

/** E [log K! − K log(np) + np] of a binomial variable K, for operands (count n, probability p). */
export const binomialSurprise = surpriseOfOrder(0);

const failureOrders = new Map<string, Operation<(r: Value, odds: Value) => Variable>>();
const failuresOfOrder = (i: number, j: number): Operation<(r: Value, odds: Value) => Variable> => {
  const name = i + j === 0 ? "negativeBinomialEntropy" : `negativeBinomialEntropy_${i}_${j}`;
  const known = failureOrders.get(name);
  if (known) return known;
  const made = binary({
    name,
    dtype: floatOnly("negativeBinomialEntropy"),
    evaluate: (r, odds) => entropyOfFailures(i, j, r, odds),
    partials: ([r, odds]) => [failuresOfOrder(i + 1, j)(r!, odds!), failuresOfOrder(i, j + 1)(r!, odds!)],
  });
  failureOrders.set(name, made);
  return made;
};

/** The entropy of a negative binomial variable, for operands (number of failures r, odds p/(1 − p) of a success). */
export const negativeBinomialEntropy = failuresOfOrder(0, 0);
