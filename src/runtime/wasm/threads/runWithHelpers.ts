import { explainTrap } from "../traps.js";
import { failures } from "./control.js";
import { failureOf, join, leave, stopHelpers, type Team } from "./pool.js";

type Run = (steps: number) => void;

/** Runs a team's program with the help of the workers. After an error its memory must not be used again: they may still write. */
export const runWithHelpers =
  (team: Team, run: Run): Run =>
  (steps) => {
    join(team);
    try {
      run(steps);
    } catch (cause) {
      const isTrap = cause instanceof WebAssembly.RuntimeError;
      // anything else comes from waiting in vain: those workers are of no use any more
      if (isTrap) leave(team);
      else stopHelpers();
      const failure = failureOf(team);
      throw failure === 0 ? explainTrap(cause) : explainTrap(cause, failure === failures.index);
    }
  };
