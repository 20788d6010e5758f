// Verbs: ways of running a program, the same inside objectives and in run(seed, …).

import type { Tensor } from "@tensorflow/tfjs-core";
import * as tf from "@tensorflow/tfjs-core";
import { inProgram } from "../distributions/parameters.js";
import { ElbowError } from "../errors.js";
import { namedKey, seedKey } from "../ops/random.js";
import { captureSource } from "../util/location.js";
import type { Call } from "./call.js";
import { type Choices, isTensor } from "./choices.js";
import type {
  AddedCost,
  Assess,
  Effect,
  Effects,
  Generate,
  Interpret,
  InterpretOptions,
  ProgramEffect,
  Simulate,
  Verb,
} from "./effects.js";
import { Execution, execute } from "./execution.js";
import type { Outcome } from "./meaning.js";

/** A program run forward. */
export interface Simulated<C, R> {
  readonly choices: C;
  /** log p(choices, observations) + factors at these choices, a scalar. */
  readonly logDensity: Tensor;
  readonly result: R;
}

/** A program run forward with some choices fixed. */
export interface Generated<C, R> extends Simulated<C, R> {
  /** Importance weight: the log density of what was given, log p(constraints, observations | drawn choices). */
  readonly logWeight: Tensor;
}

/** Some of the choices, at any depth. */
export type Constraints<C> = { readonly [K in keyof C]?: C[K] extends Tensor ? Tensor : Constraints<C[K]> };

/** Values for all of the choices, whatever is known of their support. */
export type Values<C> = { readonly [K in keyof C]: C[K] extends Tensor ? Tensor : Values<C[K]> };

/**
 * Runs a program forward: draws every choice.
 *
 * @returns the choices, their log density (with observations and factors, if the program has any) and the result
 * @example
 * ```ts
 * import { gen, normal, run, sample, simulate } from "elbow";
 * const model = gen(function* () {
 *   return yield* sample("x", normal(0, 1));
 * });
 * const { choices, logDensity } = run(3, simulate(model()));
 * console.log(logDensity.shape, choices.x.shape); // => [] []
 * ```
 */
export function* simulate<C, R>(call: Call<C, R>): Effects<Simulate, Simulated<C, R>> {
  return yield { kind: "simulate", call, source: captureSource() };
}

/**
 * The log density of given choices under a program, with its observations and factors; a scalar. Every choice must be
 * given, and none that the program does not have.
 *
 * @throws ElbowError "missing-choice", "unknown-address", "value-shape"
 */
export function* assess<C, R>(call: Call<C, R>, choices: Values<C>): Effects<Assess, Tensor> {
  return yield { kind: "assess", call, choices: choices as Choices, source: captureSource() };
}

/**
 * Runs a program forward with some choices fixed, and weighs the run: E[exp(logWeight)] is the marginal density of what
 * was fixed and observed.
 *
 * @throws ElbowError "unknown-address" for a constraint that the program does not have
 */
export function* generate<C, R>(call: Call<C, R>, constraints: Constraints<C>): Effects<Generate, Generated<C, R>> {
  return yield { kind: "generate", call, constraints: constraints as Choices, source: captureSource() };
}

/**
 * Runs a program with given values, values in the place of draws, and a rule for which choices count as given: what
 * inference algorithms are made of. The log densities of choices that count as given are summed up in `logGiven` with those
 * of observations, all others in `logDrawn`.
 *
 * @example
 * ```ts
 * import { gen, interpret, normal, run, sample } from "elbow";
 * const model = gen(function* () {
 *   const z = yield* sample("z", normal(0, 1));
 *   yield* sample("x", normal(z, 1));
 * });
 * // both are drawn, and log p(x | z) is told apart from log p(z)
 * const { logGiven } = run(0, interpret(model(), { countsAsGiven: (address) => address === "x" }));
 * console.log(logGiven.shape); // => []
 * ```
 */
export function* interpret<C, R>(
  call: Call<C, R>,
  options: InterpretOptions = {},
): Effects<Interpret, Omit<Outcome, "choices" | "result"> & { readonly choices: C; readonly result: R }> {
  return yield { kind: "interpret", call, options, source: captureSource() };
}

const simulated = ({ choices, logDrawn, logGiven, result }: Outcome) => ({
  choices,
  logDensity: tf.add(logDrawn, logGiven),
  result,
});

/** Answers a verb with a key of its own. */
function answerVerb(verb: Verb, key: Tensor): unknown {
  switch (verb.kind) {
    case "simulate":
      return simulated(execute(verb.call, { key, given: {}, path: [], score: verb.score, source: verb.source }));
    case "assess": {
      const { logDrawn, logGiven } = execute(verb.call, {
        key: undefined,
        auxiliary: key,
        given: verb.choices,
        path: [],
        score: verb.score,
        source: verb.source,
      });
      return tf.add(logDrawn, logGiven);
    }
    case "interpret":
      return execute(verb.call, { given: {}, ...verb.options, key, path: [], source: verb.source });
    case "generate": {
      const outcome = execute(verb.call, { key, given: verb.constraints, path: [], source: verb.source });
      return { ...simulated(outcome), logWeight: outcome.logGiven };
    }
  }
}

const isVerb = (effect: Effect): effect is Verb =>
  ["simulate", "assess", "generate", "interpret"].includes(effect.kind);

/**
 * Drives a computation that may draw and use verbs (an objective, or what `run` executes). The i-th verb has its own key,
 * and so has every address, so eager and traced runs draw the same.
 */
export function drive<R>(computation: Effects<Effect, R>, key: Tensor): R {
  let verbs = 0;
  const costs: AddedCost[] = [];
  const own = new Execution({ key, given: {}, path: [] });
  const proceed = (answer?: unknown) => inProgram(() => computation.next(answer));
  let step = proceed();
  while (!step.done) {
    const effect = step.value;
    if (effect.kind === "observe" || effect.kind === "factor")
      throw new ElbowError("observe-outside-program", {
        message: `${effect.kind}("${effect.address}") stands outside any program, where nothing takes up its log density`,
        hint: "Put it into a gen(…) program, and assess, simulate or generate that.",
        at: { address: effect.address, source: effect.source.line },
      });
    if (effect.kind === "cost") {
      costs.push(effect);
      step = proceed();
      continue;
    }
    step = proceed(
      isVerb(effect)
        ? answerVerb(effect, namedKey(key, `${effect.kind}#${verbs++}`))
        : own.answer(effect as ProgramEffect),
    );
  }
  return costs.length === 0 ? step.value : (withCosts(step.value, costs) as R);
}

/** A result with the costs that came up on the way to it. */
function withCosts(result: unknown, costs: readonly AddedCost[]): Tensor {
  const [{ source }] = costs as [AddedCost];
  if (isTensor(result) && result.size === 1 && result.dtype === "float32")
    return costs.reduce((total, { weight }) => tf.add(total, tf.sum(weight)), result as Tensor);
  throw new ElbowError("cost", {
    message: `addCost adds to the scalar that a computation returns, and this one returned ${isTensor(result) ? `${result.dtype}[${result.shape}]` : typeof result}`,
    hint: "Return a real scalar, tf.scalar(0) for example.",
    at: { source: source.line },
  });
}

/**
 * Executes effects at once, on real tensors: ordinary JavaScript control flow, console.log and breakpoints work.
 *
 * @param seed - a non-negative safe integer; the same seed gives the same draws, here and in a compiled objective
 * @example
 * ```ts
 * import { normal, run, sample } from "elbow";
 * const draw = () => run(7, sample("x", normal(0, 1))).dataSync()[0];
 * console.log(draw() === draw()); // => true
 * ```
 */
export const run = <E extends Effect, R>(seed: number, effects: Effects<E, R>): R =>
  drive(effects as Effects<Effect, R>, seedKey(seed));
