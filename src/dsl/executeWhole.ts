import * as tf from "@tensorflow/tfjs-core";
import { ElbowError } from "../errors.js";
import type { Call, Execute } from "./call.js";
import { addressesOf, at, put } from "./choices.js";
import type { Meaning, Outcome } from "./meaning.js";
import { noCalls } from "./records.js";
import { totalOf } from "./trace.js";

/**
 * Runs a program that executes itself. Its log density is known as a whole, under an empty name, and so are its choices kept:
 * all or none of them.
 */
export function executeWhole(call: Call, meaning: Meaning, execute: Execute): Outcome {
  const { earlier, given, path, source } = meaning;
  const kept = earlier ? addressesOf(earlier.choices).filter((address) => at(given, address) === undefined) : [];
  const all = kept.reduce((grown, address) => put(grown, address, at(earlier!.choices, address)!), given);
  const own = call.execute!({ ...meaning, given: all, earlier: undefined }, execute);
  const { logDrawn, logGiven, choices } = own;
  const isKept = (address: string) => kept.includes(address);
  const isMixed = addressesOf(choices).some((address) => !isKept(address) && at(given, address) === undefined);
  if (kept.some((address) => at(choices, address) !== undefined) && isMixed)
    throw new ElbowError("trace", {
      message: `the choices of ${call.name}, at "${path.join("/")}", can only be kept or drawn again together`,
      at: { source: source?.line },
    });
  return {
    ...own,
    logDensities: { "": tf.add(logDrawn, logGiven) },
    logObserved: {},
    branches: {},
    calls: noCalls,
    logKept: kept.length > 0 ? totalOf(earlier!.logDensities) : undefined,
  };
}
