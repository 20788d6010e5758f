import { ElbowError } from "../errors.js";
import type { Call } from "./call.js";
import { execute } from "./execution.js";
import type { Earlier, Meaning, Outcome } from "./meaning.js";
import { reusable } from "./reuse.js";
import { outcomeOf, type Trace } from "./trace.js";

/** Runs the program of a trace again, starting from what is kept of it. */
export function rerun(
  trace: Trace,
  args: readonly unknown[],
  earlier: Earlier,
  meaning: Meaning,
): { call: Call; outcome: Outcome } {
  const before = trace.call;
  if (args !== before.args && !before.program)
    throw new ElbowError("trace", {
      message: `the program ${before.name} cannot be applied to other arguments`,
      at: { source: meaning.source?.line },
    });
  const call = args === before.args ? before : before.program!(...(args as never));
  const own = { ...meaning, earlier };
  const record = { call: before, outcome: outcomeOf(trace) };
  return { call, outcome: reusable(record, call, own) ?? execute(call, own) };
}
