import { pathToFileURL } from "node:url";
import { format, stripVTControlCharacters } from "node:util";

/** What the worker runs: one instrumented block. */
export interface Job {
  readonly id: number;
  readonly path: string;
}

/** What the worker reports: the text shown on each line that has an expectation, and the error that ended the block. */
export interface Report {
  readonly id: number;
  readonly shown: readonly { readonly line: number; readonly text: string }[];
  readonly error?: string;
}

let current: number | undefined;
let shown: { line: number; text: string }[] = [];

const send = (report: Report) => process.send!(report);
const describe = (error: unknown) => (error instanceof Error ? (error.stack ?? error.message) : String(error));

Object.assign(globalThis, {
  __show:
    (line: number) =>
    (...values: unknown[]) => {
      shown.push({ line, text: stripVTControlCharacters(format(...values)).trim() });
    },
});
console.log = () => {};

// A rejection nobody awaits fails the block that is running.
process.on("unhandledRejection", (error) => {
  if (current !== undefined) send({ id: current, shown, error: describe(error) });
  current = undefined;
});

// Loading Elbow is no part of an example's time.
await import("../src/index.js");
process.send!("ready");

process.on("message", async (job: Job) => {
  current = job.id;
  shown = [];
  let error: string | undefined;
  try {
    await import(pathToFileURL(job.path).href);
    await new Promise((resolve) => setImmediate(resolve));
  } catch (thrown) {
    error = describe(thrown);
  }
  if (current === job.id) send({ id: job.id, shown, ...(error !== undefined && { error }) });
  current = undefined;
});
