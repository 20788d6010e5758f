import { userLine } from "./util/location.js";

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
  /** The error of another library that this one explains. */
  readonly cause?: unknown;
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
  /** What was wrong, without hint and place. */
  readonly summary: string;
  readonly hint: string | undefined;
  readonly at: ErrorLocation;
  /** Whether the line is merely the user's innermost one when the error was thrown: one that is known better replaces it. */
  readonly isLineFound: boolean;

  constructor(code: string, { message, hint, at = {}, cause }: ErrorParts) {
    const found = at.source === undefined && code !== "internal" ? lineOfThrow() : undefined;
    const source = at.source ?? found;
    const place = [at.address === undefined ? undefined : `address "${at.address}"`, source].filter((x) => x);
    super(
      [message, hint && `  hint: ${hint}`, place.length > 0 && `  at ${place.join(", ")}`].filter((x) => x).join("\n"),
      cause === undefined ? undefined : { cause },
    );
    this.code = code;
    this.summary = message;
    this.hint = hint;
    this.at = { ...at, source };
    this.isLineFound = found !== undefined;
  }
}

/** Runs `body`; an error of a user's making that does not know its line gets this one. */
export function located<R>(source: { readonly line: string | undefined } | undefined, body: () => R): R {
  try {
    return body();
  } catch (error) {
    throw withPlace(error, source);
  }
}

/** An error of a user's making that does not know its line, with this one; any other as it is. */
export function withPlace(error: unknown, source: { readonly line: string | undefined } | undefined): unknown {
  if (!(error instanceof ElbowError) || error.code === "internal") return error;
  if (!(error.isLineFound || error.at.source === undefined) || source?.line === undefined) return error;
  const { code, summary, hint, at, cause } = error;
  return new ElbowError(code, { message: summary, hint, at: { ...at, source: source.line }, cause });
}

/** An error of a user's making that does not know its address, with this one; any other as it is. */
export function withAddress(error: unknown, address: string): unknown {
  if (!(error instanceof ElbowError) || error.code === "internal" || error.at.address !== undefined) return error;
  const { code, summary, hint, at, cause } = error;
  const source = error.isLineFound ? undefined : at.source;
  return new ElbowError(code, { message: summary, hint, at: { address, source }, cause });
}

/** The user's line that led here. */
function lineOfThrow(): string | undefined {
  const limit = Error.stackTraceLimit;
  Error.stackTraceLimit = 60;
  const { stack } = new Error();
  Error.stackTraceLimit = limit;
  return userLine(stack ?? "");
}

/** Throws unless the condition holds: for invariants of Elbow itself, never for a user's input. */
export function invariant(condition: unknown, message: string): asserts condition {
  if (!condition) broken(message);
}

/** What `invariant` throws, for places that run too often to make up a message beforehand. */
export function broken(message: string): never {
  throw new ElbowError("internal", { message: `internal invariant broken: ${message}` });
}
