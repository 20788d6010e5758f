/** Where an error happened: the address of a random choice and the user's own source line, when they are known. */
export interface ErrorLocation {
  readonly address?: string | undefined;
  readonly source?: string | undefined;
}

/** What every {@link ElbowError} is made from. */
export interface ErrorParts {
  /** What was wrong; further lines (expected, received, …) after the first one. */
  readonly message: string;
  /** One remedy, as a sentence. */
  readonly hint?: string | undefined;
  readonly at?: ErrorLocation | undefined;
}

/**
 * The one error class of Elbow.
 *
 * `code` is stable and can be matched on; `message` holds the whole text that a person reads: what was wrong, then the
 * remedy, then the place.
 */
export class ElbowError extends Error {
  override readonly name = "ElbowError";
  readonly code: string;
  readonly hint: string | undefined;
  readonly at: ErrorLocation;

  constructor(code: string, { message, hint, at = {} }: ErrorParts) {
    const place = [at.address === undefined ? undefined : `address "${at.address}"`, at.source].filter((x) => x);
    super(
      [message, hint && `  hint: ${hint}`, place.length > 0 && `  at ${place.join(", ")}`].filter((x) => x).join("\n"),
    );
    this.code = code;
    this.hint = hint;
    this.at = at;
  }
}

/** Throws unless the condition holds: for invariants of Elbow itself, never for a user's input. */
export function invariant(condition: unknown, message: string): asserts condition {
  if (!condition) throw new ElbowError("internal", { message: `internal invariant broken: ${message}` });
}
