import type { Tensor } from "@tensorflow/tfjs-core";
import * as tf from "@tensorflow/tfjs-core";
import type { Call } from "../../dsl/call.js";
import { addressesOf, type Choices, unknownAddress } from "../../dsl/choices.js";
import type { Meaning, OwnOutcome } from "../../dsl/meaning.js";
import { ElbowError } from "../../errors.js";
import { byAddress, inOrder } from "./perSite.js";
import type { Site } from "./sites.js";

/** What draws and scores the values of all sites at once, in their order. */
export interface Whole {
  readonly draw: (key: Tensor) => { readonly values: readonly Tensor[]; readonly logDensity: Tensor };
  /** The log density of values, a scalar. */
  readonly assess: (values: readonly Tensor[]) => Tensor;
}

/** A program whose choices are all drawn together, or all given. */
export function wholeProgram(name: string, sites: readonly Site[], whole: Whole): Call<Choices, Choices> {
  const addresses = sites.map(({ address }) => address);
  const choicesOf = (values: readonly Tensor[]): Choices => byAddress(sites, (_, i) => values[i]!);
  const execute = ({ given, key, ignoresUnknown, source }: Meaning): OwnOutcome => {
    const present = addressesOf(given);
    const unknown = present.find((address) => !addresses.includes(address));
    if (unknown !== undefined && !ignoresUnknown)
      throw unknownAddress(unknown, addresses, `the program ${name}`, source?.line);
    const missing = addresses.filter((address) => !present.includes(address));
    if (missing.length === 0) {
      const values = inOrder(sites, given);
      const choices = choicesOf(values);
      return { choices, logDrawn: tf.scalar(0), logGiven: whole.assess(values), result: choices };
    }
    if (missing.length < addresses.length || !key)
      throw new ElbowError("missing-choice", {
        message: `${name} has no value for ${missing.join(", ")}\n  given: ${present.join(", ") || "nothing"}`,
        hint: "Its choices are drawn together: give all of them, or none.",
        at: { source: source?.line },
      });
    const { values, logDensity } = whole.draw(key);
    const choices = choicesOf(values);
    return { choices, logDrawn: logDensity, logGiven: tf.scalar(0), result: choices };
  };
  // its body is never run: `execute` stands in for it
  const start = function* (): Generator<unknown, void, unknown> {};
  return { name, start, execute };
}
