import type { Runner } from "./runner.js";

/** How long to measure. */
export interface Effort {
  /** Milliseconds that one repeat should take. */
  readonly repeatMs: number;
  readonly repeats: number;
  /** Milliseconds per implementation after which no further repeat is begun. */
  readonly limitMs: number;
}

/** Milliseconds per step. */
export interface Timing {
  readonly ms: number;
  readonly min: number;
  readonly max: number;
  readonly repeats: number;
  readonly stepsPerRepeat: number;
}

const median = (values: readonly number[]): number => {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
};

interface Entry<T> {
  readonly run: (steps: number) => Promise<T>;
  steps: number;
  spent: number;
  readonly times: number[];
}

/**
 * Times implementations in turns, so that what else the machine does meets all of them alike. Warm-up: runs of doubling
 * length until one takes as long as a repeat; then repeats of that many steps.
 */
export async function timeInTurns(runners: readonly Pick<Runner, "run">[], effort: Effort): Promise<Timing[]> {
  const entries: Entry<number>[] = [];
  for (const { run } of runners) {
    const entry: Entry<number> = { run, steps: 1, spent: 0, times: [] };
    for (;;) {
      const ms = await clock(() => run(entry.steps));
      entry.spent += ms;
      if (ms >= effort.repeatMs / 2 || entry.spent > effort.limitMs) {
        // a run too slow for any repeat is its own measurement
        if (entry.spent > effort.limitMs) entry.times.push(ms / entry.steps);
        entry.steps = Math.max(1, Math.round((entry.steps * effort.repeatMs) / ms));
        break;
      }
      entry.steps *= ms < effort.repeatMs / 16 ? 8 : 2;
    }
    entries.push(entry);
  }
  for (let repeat = 0; repeat < effort.repeats; repeat++)
    for (const entry of entries) {
      if (entry.spent > effort.limitMs) continue;
      const ms = await clock(() => entry.run(entry.steps));
      entry.spent += ms;
      entry.times.push(ms / entry.steps);
    }
  return entries.map(({ times, steps }) => ({
    ms: median(times),
    min: Math.min(...times),
    max: Math.max(...times),
    repeats: times.length,
    stepsPerRepeat: steps,
  }));
}

async function clock(work: () => Promise<unknown>): Promise<number> {
  const started = performance.now();
  await work();
  return performance.now() - started;
}
