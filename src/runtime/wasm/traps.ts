import { ElbowError } from "../../errors.js";
import { outsideFunction } from "./kernels/indexing.js";

/** Whether a trap of the machine was an index of the program's that is out of range. */
const isIndexTrap = (cause: unknown): boolean =>
  cause instanceof WebAssembly.RuntimeError && (cause.stack?.includes(outsideFunction) ?? false);

/** A trap of the machine as an error that says what the program did; other errors stay. */
export function explainTrap(cause: unknown, isIndex = isIndexTrap(cause)): unknown {
  if (!(cause instanceof WebAssembly.RuntimeError)) return cause;
  return new ElbowError(isIndex ? "index" : "engine-failed", {
    message: isIndex
      ? "an index of gather or scatterAdd is outside its axis"
      : `the compiled program stopped: ${cause.message}`,
    hint: isIndex
      ? "Check the indices against the sizes, or run on the reference engine, which names the index."
      : undefined,
  });
}
