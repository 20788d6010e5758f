// Strategies that stand in for those of random programs, where the distribution allows them.
import type { Tensor } from "@tensorflow/tfjs-core";
import * as tf from "@tensorflow/tfjs-core";
import { categorical, type Distribution, flip, iid, learned, normal } from "elbow";
import type { Strategy } from "../../src/ir/site.js";
import { importanceStrategy } from "../../src/strategies/importance.js";
import { muPropStrategy } from "../../src/strategies/muProp.js";
import { reinforceStrategy } from "../../src/strategies/reinforce.js";
import { reparamCopies } from "../../src/strategies/reparam.js";
import type { Sabotage } from "./runProgram.js";

type Loose = Distribution<Tensor, never>;

/** Replaces score-function strategies. */
const forScores =
  (strategy: (distribution: Loose) => Strategy | undefined): Sabotage =>
  (name, distribution) => {
    if (["default", "enumerate", "reparam", "measureValued"].includes(name)) return undefined;
    const chosen = strategy(distribution);
    return chosen?.objection(distribution.family) === undefined ? chosen : undefined;
  };

/** Replaces pathwise strategies. */
const forPaths =
  (strategy: Strategy): Sabotage =>
  (name) =>
    name === "reparam" ? strategy : undefined;

/** A prediction of the batch shape, or less, that depends on what the site depends on. */
const predictionFor = ({ family, parameters: [first] }: Loose): Tensor =>
  tf.add(0.25, family.parameterEventRanks[0] === 1 ? tf.mean(tf.tanh(first!), -1) : tf.tanh(first!));

/** A distribution that covers another one, and depends on the same things. */
export function proposalFor({ family, parameters: [first, second], batch }: Loose): Loose {
  const own = (d: Loose): Loose => {
    const missing = batch.slice(0, batch.length - d.batch.length);
    return missing.length > 0 ? iid(missing, d) : d;
  };
  if (family.support === "boolean") return flip(0.4) as Loose;
  if (family.support === "real") return own(normal(tf.mul(0.5, first!), tf.add(second!, 0.75)) as Loose);
  const logits = tf.sin(tf.mul(2, first!));
  return own(categorical({ logits }) as Loose);
}

export const substitutes: Record<string, Sabotage> = {
  muProp: forScores(() => muPropStrategy),
  importance: forScores((d) => importanceStrategy(d, proposalFor(d))),
  "importance with copies": forScores((d) => importanceStrategy(d, proposalFor(d), { copies: 2 })),
  "reinforce with a learned baseline": forScores((d) => reinforceStrategy({ baseline: learned(predictionFor(d)) })),
  "reinforce with copies, a learned and a moving baseline": forScores((d) =>
    reinforceStrategy({ baseline: learned(predictionFor(d), { decay: 0.5 }), copies: 2 }),
  ),
  "reinforce with the optimal constant": forScores(() => reinforceStrategy({ baseline: "optimal", copies: 3 })),
  "reparam with copies": forPaths(reparamCopies({ copies: 3 })),
  "antithetic reparam": forPaths(reparamCopies({ copies: 4, antithetic: true })),
};
