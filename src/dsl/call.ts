declare const choicesMark: unique symbol;
declare const resultMark: unique symbol;

/** A program applied to its arguments, ready to be given a meaning. */
export interface Call<C = unknown, R = unknown> {
  readonly name: string;
  /** Starts the program. */
  readonly start: () => Generator<unknown, unknown, unknown>;
  /** Type marks only, never present. */
  readonly [choicesMark]?: C;
  readonly [resultMark]?: R;
}
