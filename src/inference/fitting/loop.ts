import { pacer } from "../../runtime/pacer.js";
import type { ProgressReporter } from "./progress.js";
import { closeSums, currentMoments, type FitState, nextMultiple, nextSumBoundary } from "./state.js";
import { entryOf, type HistoryEntry, standardErrorOf } from "./statistics.js";
import type { Stepper } from "./stepper.js";

export interface LoopOptions {
  readonly steps: number;
  readonly reportEvery: number;
  readonly checkpointEvery: number | undefined;
  readonly save: (() => Promise<void>) | undefined;
  readonly progress: ProgressReporter | undefined;
  readonly onReport: ((entry: HistoryEntry) => void) | undefined;
  readonly signal: AbortSignal | undefined;
}

/** Milliseconds between two looks at a running fit. A look copies its state and reads all parameters: 6 ms for 10⁶ of them. */
const glance = 250;

/** A GPU stands still while it is read: looks are further apart, up to so many milliseconds, if a hundred steps take that long. */
const longGlance = 2000;
const fewSteps = 100;

/** How many steps to take in one go, so that a go lasts about as long as a glance. */
class Pace {
  private count = 8;

  get steps(): number {
    return this.count;
  }

  /** Only a go of full length tells more than it is worth: short ones end at a boundary. */
  learn(steps: number, milliseconds: number, isOnGpu: boolean): void {
    const stepsIn = (time: number): number => (steps * time) / Math.max(milliseconds, 0.01);
    const fitting = Math.max(stepsIn(glance), isOnGpu ? Math.min(fewSteps, stepsIn(longGlance)) : 0);
    // the first goes compile and warm up, so growth is limited, and shrinking is not
    if (steps >= this.count || fitting < this.count)
      this.count = Math.max(1, Math.round(Math.min(fitting, this.count * 8)));
  }
}

/**
 * Takes steps until there are enough of them or the signal stops it. The bounds of reports and checkpoints are fixed in
 * advance; the clock only decides how many steps are taken per call, which changes no bit of any result.
 *
 * @returns the history, with an entry for the unreported rest
 */
export async function runLoop(state: FitState, stepper: Stepper, options: LoopOptions): Promise<HistoryEntry[]> {
  const { steps, reportEvery, checkpointEvery, save, progress, onReport, signal } = options;
  const from = state.step;
  const started = performance.now();
  const pace = new Pace();
  const turn = pacer();
  let sums: number[] = [0, 0, 0];
  let isSaved = false;
  if (state.step < steps) sums = await stepper.sumsOf(state);
  progress?.start(steps, state.step);
  try {
    while (state.step < steps && !signal?.aborted) {
      const boundary = nextSumBoundary(state.step, reportEvery);
      const checkpoint = checkpointEvery === undefined ? steps : nextMultiple(state.step, checkpointEvery);
      const end = Math.min(steps, boundary, checkpoint, state.step + pace.steps);
      const count = end - state.step;
      const before = performance.now();
      sums = await stepper.advance(state, end);
      const now = performance.now();
      pace.learn(count, now - before, stepper.engine.read !== undefined);
      if (progress) {
        const moments = currentMoments(state, sums);
        const stepsPerSecond = ((end - from) / (now - started)) * 1000;
        const secondsLeft = (steps - end) / stepsPerSecond;
        progress.update({
          step: end,
          steps,
          stepsPerSecond,
          secondsLeft,
          objective: moments.mean,
          standardError: standardErrorOf(moments),
          gradientNorm: moments.norms / moments.count,
        });
      }
      if (end === boundary) {
        const isReport = end % reportEvery === 0;
        closeSums(state, sums, isReport);
        sums = [0, 0, 0];
        if (isReport) onReport?.(state.history.at(-1)!);
      }
      isSaved = end === checkpoint && checkpointEvery !== undefined;
      if (isSaved) await save?.();
      // calls that are shorter than an engine's own pauses would never let a signal through
      await turn();
    }
    if (!isSaved) await save?.();
  } finally {
    progress?.stop();
  }
  const rest = currentMoments(state, sums);
  if (rest.count === 0) return [...state.history];
  const entry = entryOf(state.step, rest);
  onReport?.(entry);
  return [...state.history, entry];
}
