import type { Tensor } from "@tensorflow/tfjs-core";
import * as tf from "@tensorflow/tfjs-core";
import type { Distribution } from "../../distributions/distribution.js";
import { independent } from "../../distributions/independent.js";
import { hasKl, kl } from "../../distributions/kl/kl.js";
import type { Call } from "../../dsl/call.js";
import { addressesOf, type Choices, unknownAddress } from "../../dsl/choices.js";
import type { Effects } from "../../dsl/effects.js";
import type { Score, ScoredChoice } from "../../dsl/meaning.js";
import { checkValue } from "../../dsl/site.js";
import type { Trace } from "../../dsl/trace.js";
import type { Assess, Simulate } from "../../dsl/verbEffects.js";
import { ElbowError } from "../../errors.js";
import { isComputedFrom } from "../../ir/tracing.js";
import { captureSource } from "../../util/location.js";

/** Which choices: all that can be treated so, or those at these addresses. */
export type AnalyticKl = boolean | readonly string[];

/** Guide and model run together. */
export interface Contrast {
  readonly choices: Choices;
  /** log p(x, z), with −KL(q‖p) in place of log p of the choices treated analytically. */
  readonly joint: Tensor;
  /** log q(z) of the other choices. */
  readonly logGuide: Tensor;
  /** Addresses of the choices treated analytically. */
  readonly analytic: ReadonlySet<string>;
}

/**
 * Draws from the guide and scores the model, with E_q[log p − log q] of single choices in closed form: −KL(q‖p) given all
 * choices that these distributions depend on. Exact in expectation where the model's distribution of a choice does not
 * depend on this choice itself, as it may when the guide draws something after it that the model draws before it.
 *
 * @param which - true leaves choices estimated that have no closed form; listed ones must have it
 * @param decided - the addresses, if that was decided before
 * @throws ElbowError "kl" for a listed choice that cannot be treated so, "unknown-address" for one that there is not
 */
export function* contrast(
  model: Call,
  guide: Call,
  which: AnalyticKl,
  decided?: ReadonlySet<string>,
): Effects<Simulate | Assess, Contrast> {
  const drawn = new Map<string, ScoredChoice>();
  const source = captureSource();
  const simulated = (yield {
    kind: "simulate",
    isGuide: true,
    call: guide,
    score: (choice) => {
      drawn.set(choice.address, choice);
      return tf.scalar(0);
    },
    source,
  }) as Trace<Choices, unknown>;
  const { choices } = simulated;
  const listed = Array.isArray(which) ? (which as readonly string[]) : undefined;
  const known = addressesOf(choices);
  for (const address of listed ?? [])
    if (!known.includes(address)) throw unknownAddress(address, known, "the guide", source.line);

  const analytic = new Set<string>();
  const score: Score = (choice) => {
    const { address, distribution, value } = choice;
    const own = drawn.get(address);
    const isAsked = decided ? decided.has(address) : (listed?.includes(address) ?? which === true);
    if (!own || !isAsked) return choice.logDensity();
    checkValue(address, distribution, value, choice.source);
    const [q, p] = sameEvents(own.distribution, distribution);
    if (!hasKl(q, p)) {
      if (listed) throw refused(choice, `KL(q‖p) has no closed form\n  q: ${q.family.name}\n  p: ${p.family.name}`);
      return choice.logDensity();
    }
    const divergence = tf.sum(kl(q, p));
    if (!decided && isComputedFrom(divergence, value)) {
      if (listed) throw refused(choice, "the model's distribution depends on what the guide draws after this choice");
      return choice.logDensity();
    }
    analytic.add(address);
    return tf.neg(divergence);
  };
  const joint = (yield { kind: "assess", call: model, choices, score, source }) as Tensor;
  for (const address of listed ?? [])
    if (!analytic.has(address))
      throw new ElbowError("kl", {
        message: `analyticKl cannot treat "${address}": it stands in a loop or a branch`,
        hint: "Leave it out of the list: it is estimated then.",
        at: { address, source: source.line },
      });
  const estimated = [...drawn.values()].filter(({ address }) => !analytic.has(address));
  const logGuide = estimated.reduce((sum, choice) => tf.add(sum, choice.logDensity()), simulated.logDensity);
  return { choices, joint, logGuide, analytic };
}

const refused = ({ address, source }: ScoredChoice, reason: string): ElbowError =>
  new ElbowError("kl", {
    message: `analyticKl cannot treat "${address}": ${reason}`,
    hint: "Leave it out of the list: it is estimated then. registerKl states closed forms of other pairs.",
    at: { address, source: source.line },
  });

type Any = Distribution<Tensor, never>;

/** Both with the larger of both events: the values have the same shape, and the divergences are summed anyway. */
function sameEvents(q: Any, p: Any): readonly [Any, Any] {
  const rank = Math.max(q.event.length, p.event.length);
  const widened = (of: Any): Any =>
    of.event.length === rank ? of : (independent({ ...of, strategy: undefined }, rank - of.event.length) as Any);
  return [widened(q), widened(p)];
}
