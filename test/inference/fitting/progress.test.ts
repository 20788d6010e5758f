import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { type Progress, terminalProgress } from "../../../src/inference/fitting/progress.js";

beforeEach(() => vi.useFakeTimers({ toFake: ["performance", "Date"] }));
afterEach(() => vi.useRealTimers());

const progress = (step: number): Progress => ({
  step,
  steps: 2000,
  stepsPerSecond: 1234.5,
  secondsLeft: 75.2,
  objective: -31.59512,
  standardError: 0.0123,
  gradientNorm: 0.54321,
});

test("without a terminal a line is written every few seconds", async () => {
  const lines: string[] = [];
  const stream = { isTTY: false, write: (text: string) => lines.push(text) > 0 };
  const reporter = await terminalProgress(stream as unknown as NodeJS.WriteStream);
  reporter.start(2000, 0);
  for (let step = 100; step <= 1000; step += 100) {
    vi.advanceTimersByTime(1000);
    reporter.update(progress(step));
  }
  reporter.stop();
  expect(lines).toEqual([
    "step 500/2000  objective -31.5951 ± 0.012  gradient 0.543  1,235 steps/s  1m15s left\n",
    "step 1000/2000  objective -31.5951 ± 0.012  gradient 0.543  1,235 steps/s  1m15s left\n",
  ]);
});

test("what is not known yet is shown as a dash", async () => {
  const lines: string[] = [];
  const stream = { isTTY: false, write: (text: string) => lines.push(text) > 0 };
  const reporter = await terminalProgress(stream as unknown as NodeJS.WriteStream);
  vi.advanceTimersByTime(6000);
  reporter.update({
    ...progress(1),
    standardError: Number.NaN,
    secondsLeft: Number.POSITIVE_INFINITY,
    stepsPerSecond: 0.25,
  });
  expect(lines).toEqual(["step 1/2000  objective -31.5951 ± –  gradient 0.543  0.25 steps/s  – left\n"]);
});
