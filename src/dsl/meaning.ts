import type { Tensor } from "@tensorflow/tfjs-core";
import type { Distribution } from "../distributions/distribution.js";
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

/** A random choice with its value. */
export interface ScoredChoice {
  /** With the names of the enclosing programs. */
  readonly address: string;
  readonly distribution: Distribution<Tensor, never>;
  readonly value: Tensor;
  readonly source: Source;
  /** Computes the log density of the value, a scalar. */
  readonly logDensity: () => Tensor;
}

/** What counts as a choice's log density, a scalar: an objective may know better than to score the value. */
export type Score = (choice: ScoredChoice) => Tensor;

/** How a program is run. */
export interface Meaning {
  /** The random key; undefined where nothing may be drawn. */
  readonly key: Tensor | undefined;
  /** Values that are given; all others are drawn. */
  readonly given: Choices;
  /** Whether values at addresses that the program does not have are passed over. @defaultValue false */
  readonly ignoresUnknown?: boolean;
  /** What stands in for the log densities of choices, except those in loops and branches. @defaultValue they themselves */
  readonly score?: Score | undefined;
  /** Where the user asked for this run. */
  readonly source?: Source;
  /** Names of the enclosing programs, for messages. */
  readonly path: readonly string[];
}

/** Runs a program with a meaning. */
export type Execute = (call: Call, meaning: Meaning) => Outcome;
