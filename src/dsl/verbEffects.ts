// What an inference program can ask for: programs to be run with a meaning.
import type { Source } from "../util/location.js";
import type { Call } from "./call.js";
import type { Choices } from "./choices.js";
import type { Meaning, Score } from "./meaning.js";
import type { Trace } from "./trace.js";

/** Runs a program forward. */
export interface Simulate {
  readonly kind: "simulate";
  readonly call: Call<unknown, unknown>;
  readonly score?: Score;
  /** Whether observations and factors are refused. @defaultValue false */
  readonly isGuide?: boolean;
  readonly source: Source;
}

/** Scores given choices under a program. */
export interface Assess {
  readonly kind: "assess";
  readonly call: Call<unknown, unknown>;
  readonly choices: Choices;
  readonly score?: Score;
  readonly source: Source;
}

/** Runs a program forward with some choices fixed. */
export interface Generate {
  readonly kind: "generate";
  readonly call: Call<unknown, unknown>;
  readonly constraints: Choices;
  readonly source: Source;
}

/** Runs a program with values for some choices, and rules for what becomes of the others. */
export interface Interpret {
  readonly kind: "interpret";
  readonly call: Call<unknown, unknown>;
  readonly options: InterpretOptions;
  readonly source: Source;
}

/** Options of {@link interpret}. */
export interface InterpretOptions extends Pick<Meaning, "choose" | "countsAsGiven"> {
  /** Values of choices. @defaultValue none */
  readonly given?: Choices;
}

/** Runs a program forward, for its choices alone. */
export interface Propose {
  readonly kind: "propose";
  readonly call: Call;
  readonly source: Source;
}

/** Runs a program forward and draws what it observes. */
export interface Predict {
  readonly kind: "predict";
  readonly call: Call;
  readonly given: Choices;
  readonly source: Source;
}

/** Scores what a program observes, element by element, at given choices. */
export interface Observing {
  readonly kind: "observing";
  readonly call: Call;
  readonly choices: Choices;
  readonly source: Source;
}

/** Changes arguments and choices of an earlier run. */
export interface Update {
  readonly kind: "update";
  readonly trace: Trace;
  readonly args: readonly unknown[];
  readonly choices: Choices;
  readonly source: Source;
}

/** Draws some choices of an earlier run again. */
export interface Regenerate {
  readonly kind: "regenerate";
  readonly trace: Trace;
  readonly selection: readonly string[];
  readonly source: Source;
}

/** What an inference program may ask for: programs to be run with a meaning. */
export type Verb = Simulate | Assess | Generate | Propose | Interpret | Predict | Observing | Update | Regenerate;
