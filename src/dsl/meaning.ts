import type { Tensor } from "@tensorflow/tfjs-core";
import type { Source } from "../util/location.js";
import type { Call } from "./call.js";
import type { Choices } from "./choices.js";

/** What a run of a program yields. Its log density is the sum of the two parts. */
export interface Outcome {
  readonly choices: Choices;
  /** Log density of the choices that were drawn, a scalar. */
  readonly logDrawn: Tensor;
  /** Log density of what was given: constrained choices, observations, factors; a scalar. */
  readonly logGiven: Tensor;
  readonly result: unknown;
}

/** How a program is run. */
export interface Meaning {
  /** The random key; undefined where nothing may be drawn. */
  readonly key: Tensor | undefined;
  /** Values that are given; all others are drawn. */
  readonly given: Choices;
  /** Whether values at addresses that the program does not have are passed over. @defaultValue false */
  readonly ignoresUnknown?: boolean;
  /** Where the user asked for this run. */
  readonly source?: Source;
  /** Names of the enclosing programs, for messages. */
  readonly path: readonly string[];
}

/** Runs a program with a meaning. */
export type Execute = (call: Call, meaning: Meaning) => Outcome;
