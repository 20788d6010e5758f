import type { Meaning, Outcome, OwnOutcome } from "./meaning.js";

declare const choicesMark: unique symbol;
declare const resultMark: unique symbol;
declare const observedMark: unique symbol;

/**
 * A program applied to its arguments, ready to be given a meaning.
 *
 * @typeParam C - its choices
 * @typeParam R - what it returns
 * @typeParam A - its arguments
 * @typeParam O - addresses of its observations and factors
 */
export interface Call<C = unknown, R = unknown, A extends readonly unknown[] = readonly unknown[], O = unknown> {
  readonly name: string;
  /** Starts the program. */
  readonly start: () => Generator<unknown, unknown, unknown>;
  /** The arguments. @defaultValue unknown */
  readonly args?: A;
  /** The program itself, to be applied to other arguments. @defaultValue it cannot be */
  readonly program?: (...args: never) => Call;
  /** What the program makes of a meaning by itself, in place of its body: a density that is estimated, say. */
  readonly execute?: (meaning: Meaning, execute: Execute) => OwnOutcome;
  /** Type marks only, never present. */
  readonly [choicesMark]?: C;
  readonly [resultMark]?: R;
  readonly [observedMark]?: O;
}

/** Runs a program with a meaning. */
export type Execute = (call: Call, meaning: Meaning) => Outcome;
