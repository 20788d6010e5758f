// Driving computations: what is asked for on the way is answered, each verb by its own file.
import type { Tensor } from "@tensorflow/tfjs-core";
import * as tf from "@tensorflow/tfjs-core";
import { ElbowError } from "../errors.js";
import { namedKey, seedKey } from "../ops/random.js";
import { driven } from "./asked.js";
import { answerAssess } from "./assess.js";
import { isTensor } from "./choices.js";
import type { AddedCost, Effect, Effects, ProgramEffect } from "./effects.js";
import { Execution } from "./execution.js";
import { answerGenerate } from "./generate.js";
import { answerInterpret } from "./interpret.js";
import { answerObserving } from "./observations.js";
import { answerPredict } from "./predict.js";
import { answerPropose } from "./propose.js";
import { answerRegenerate } from "./regenerate.js";
import { answerSimulate } from "./simulate.js";
import { duringVerb, loggingSites } from "./siteLog.js";
import { answerUpdate } from "./update.js";
import type { Verb } from "./verbEffects.js";

/** Answers a verb with a key of its own. */
function answerVerb(verb: Verb, key: Tensor): unknown {
  switch (verb.kind) {
    case "simulate":
      return answerSimulate(verb, key);
    case "assess":
      return answerAssess(verb, key);
    case "generate":
      return answerGenerate(verb, key);
    case "propose":
      return answerPropose(verb, key);
    case "interpret":
      return answerInterpret(verb, key);
    case "predict":
      return answerPredict(verb, key);
    case "observing":
      return answerObserving(verb, key);
    case "update":
      return answerUpdate(verb, key);
    case "regenerate":
      return answerRegenerate(verb, key);
  }
}

const verbs = [
  "simulate",
  "assess",
  "generate",
  "propose",
  "interpret",
  "predict",
  "observing",
  "update",
  "regenerate",
];
const isVerb = (effect: Effect): effect is Verb => verbs.includes(effect.kind);

/**
 * Drives a computation that may draw and use verbs (an objective, or what `run` executes). The i-th verb has its own key,
 * and so has every address, so eager and traced runs draw the same.
 */
export const drive = <R>(computation: Effects<Effect, R>, key: Tensor): R =>
  loggingSites(() => driveLogged(computation, key)).result;

function driveLogged<R>(computation: Effects<Effect, R>, key: Tensor): R {
  let answered = 0;
  const costs: AddedCost[] = [];
  const own = new Execution({ key, given: {}, path: [] });
  const body = driven<Effect, R>(computation, "the computation", undefined);
  let step = body.next();
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
      step = body.next();
      continue;
    }
    step = body.next(
      isVerb(effect)
        ? duringVerb(effect.kind, () => answerVerb(effect, namedKey(key, `${effect.kind}#${answered++}`)))
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
