import type { Meaning, Outcome } from "./meaning.js";

declare const choicesMark: unique symbol;
declare const resultMark: unique symbol;

/** A program applied to its arguments, ready to be given a meaning. */
export interface Call<C = unknown, R = unknown> {
  readonly name: string;
  /** Starts the program. */
  readonly start: () => Generator<unknown, unknown, unknown>;
  /** What the program makes of a meaning by itself, in place of its body: a density that is estimated, say. */
  readonly execute?: (meaning: Meaning, execute: Execute) => Outcome;
  /** Type marks only, never present. */
  readonly [choicesMark]?: C;
  readonly [resultMark]?: R;
}

/** Runs a program with a meaning. */
export type Execute = (call: Call, meaning: Meaning) => Outcome;
