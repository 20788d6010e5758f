import type { Tensor } from "@tensorflow/tfjs-core";
import type { Distribution } from "../distributions/distribution.js";
import type { Source } from "../util/location.js";
import type { Choices } from "./choices.js";

/** Tensors that a run leaves behind by address, nested as programs are; those of loops and plates are stacked. */
export interface Records {
  readonly choices: Choices;
  /** Log densities of the choices, each a scalar. */
  readonly logDensities: Choices;
  /** Those of observations and factors. */
  readonly logObserved: Choices;
  /** Which branch ran, at the address of the branch with an empty name below. */
  readonly branches: Choices;
}

/** What a program that runs by itself yields. */
export interface OwnOutcome {
  readonly choices: Choices;
  /** Log density of the choices that were drawn, a scalar. */
  readonly logDrawn: Tensor;
  /** Log density of what was given: constrained and kept choices, observations, factors; a scalar. */
  readonly logGiven: Tensor;
  readonly result: unknown;
}

/** What a run of a program yields. Its log density is the sum of `logDrawn` and `logGiven`. */
export interface Outcome extends Records, OwnOutcome {
  /** What the kept choices' log density was in the earlier run; undefined where none was kept. */
  readonly logKept: Tensor | undefined;
  /** Programs nested directly under an address, but for those in loops, plates and branches. */
  readonly calls: ReadonlyMap<string, CallRecord>;
}

/** A nested program and what it did. */
export interface CallRecord {
  readonly call: { readonly args?: readonly unknown[]; readonly program?: unknown };
  readonly outcome: Outcome;
}

/** An earlier run that a new one starts from: its choices are kept where nothing is given. */
export interface Earlier extends Records {
  readonly calls: ReadonlyMap<string, CallRecord>;
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

/** A value for a choice in place of a draw, with what counts as its log density. */
export interface ChosenValue {
  readonly value: Tensor;
  readonly logDensity: Tensor;
}

/** How a program is run. */
export interface Meaning {
  /** The random key; undefined where no choice of the program may be drawn. */
  readonly key: Tensor | undefined;
  /** A random key for what estimates a density, where no choice may be drawn. @defaultValue `key` */
  readonly auxiliary?: Tensor | undefined;
  /** Values that are given; all others are kept from an earlier run, or drawn. */
  readonly given: Choices;
  /** An earlier run, without the choices that are to be drawn again. */
  readonly earlier?: Earlier | undefined;
  /** Whether values at addresses that the program does not have are passed over. @defaultValue false */
  readonly ignoresUnknown?: boolean;
  /** Whether what the program does is stacked, so that both branches must leave the same structure. @defaultValue false */
  readonly isStacked?: boolean;
  /** What stands in for the log densities of choices, except those in loops and branches. @defaultValue they themselves */
  readonly score?: Score | undefined;
  /** Puts values in the place of draws. @defaultValue draws */
  readonly choose?:
    | ((address: string, distribution: Distribution<Tensor, never>) => ChosenValue | undefined)
    | undefined;
  /** Whether draws are constants that no derivative goes through, whatever their strategies. @defaultValue false */
  readonly isHeld?: boolean | undefined;
  /** Whether the program is a guide, whose log density is that of its choices: it may observe nothing. @defaultValue false */
  readonly isGuide?: boolean | undefined;
  /** Whether a choice belongs to what is given in the outcome's log densities. @defaultValue whether a value is given */
  readonly countsAsGiven?: ((address: string) => boolean) | undefined;
  /** Whether observations are drawn like choices, and stand among them; log densities of them stay apart. @defaultValue false */
  readonly drawsObservations?: boolean | undefined;
  /** What of observations stands among the choices: the data, or the log densities of their elements. @defaultValue nothing */
  readonly recordsObservations?: "values" | "logDensities" | undefined;
  /** Where the user asked for this run. */
  readonly source?: Source;
  /** Names of the enclosing programs, for messages. */
  readonly path: readonly string[];
}
