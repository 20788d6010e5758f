import { ElbowError } from "../errors.js";

/** An error as `--json` prints it. */
export interface ReportedError {
  readonly code: string;
  readonly message: string;
  readonly hint?: string | undefined;
  readonly address?: string | undefined;
  readonly source?: string | undefined;
}

/** What is known of an error. Those that are not Elbow's have the code "error", misuse of the command line "usage". */
export function reportedError(error: unknown): ReportedError {
  if (error instanceof ElbowError) {
    const { code, summary, hint, at } = error;
    return { code, message: summary, hint, ...at };
  }
  return { code: "error", message: error instanceof Error ? error.message : String(error) };
}

/** Prints an error: as text on stderr, and for `--json` as an object on stdout, too. */
export function printError(error: unknown, { json, debug }: { readonly json: boolean; readonly debug: boolean }): void {
  const text = error instanceof Error ? (debug ? (error.stack ?? error.message) : error.message) : String(error);
  process.stderr.write(`${text}\n`);
  if (json) process.stdout.write(`${JSON.stringify({ error: reportedError(error) })}\n`);
}
