import { isNode } from "../../util/host.js";

/** How far a fit is. */
export interface Progress {
  /** Steps taken, and to be taken in all. */
  readonly step: number;
  readonly steps: number;
  readonly stepsPerSecond: number;
  readonly secondsLeft: number;
  /** Mean of the objective over the latest stretch, with its standard error. */
  readonly objective: number;
  readonly standardError: number;
  /** Mean Euclidean norm of all gradients together over the same stretch, before clipping. */
  readonly gradientNorm: number;
}

/** Something that shows how far a fit is. It is told about ten times a second. */
export interface ProgressReporter {
  readonly start: (steps: number, step: number) => void;
  readonly update: (progress: Progress) => void;
  readonly stop: () => void;
}

/** Seconds between lines where there is no terminal. */
const lineInterval = 5;

const number = (x: number): string => (Number.isNaN(x) ? "–" : x.toPrecision(6));
const describe = ({ objective, standardError }: Progress): string =>
  `${number(objective)} ± ${Number.isNaN(standardError) ? "–" : standardError.toPrecision(2)}`;
const duration = (seconds: number): string => {
  if (!Number.isFinite(seconds)) return "–";
  const whole = Math.round(seconds);
  return whole < 60 ? `${whole}s` : `${Math.floor(whole / 60)}m${String(whole % 60).padStart(2, "0")}s`;
};
const rate = (x: number): string => (x >= 10 ? Math.round(x).toLocaleString("en-US") : x.toPrecision(2));

const fields = (progress: Progress) => ({
  objective: describe(progress),
  gradient: Number.isNaN(progress.gradientNorm) ? "–" : progress.gradientNorm.toPrecision(3),
  rate: rate(progress.stepsPerSecond),
  left: duration(progress.secondsLeft),
});

/** A bar on stderr if that is a terminal, else a line there every few seconds, in a browser in the console. */
export async function terminalProgress(
  stream: NodeJS.WriteStream | undefined = isNode() ? process.stderr : undefined,
): Promise<ProgressReporter> {
  if (!stream) return lineProgress((line) => console.info(line));
  if (!stream.isTTY) return lineProgress((line) => stream.write(`${line}\n`));
  const { default: cliProgress } = await import("cli-progress");
  const bar = new cliProgress.SingleBar({
    format: "{bar} {percentage}% | {value}/{total} | {rate} steps/s | {objective} | gradient {gradient} | {left} left",
    barCompleteChar: "█",
    barIncompleteChar: "░",
    barsize: 24,
    hideCursor: true,
    stream,
  });
  return {
    start: (steps, step) => bar.start(steps, step, { objective: "–", gradient: "–", rate: "–", left: "–" }),
    update: (progress) => bar.update(progress.step, fields(progress)),
    stop: () => bar.stop(),
  };
}

function lineProgress(write: (line: string) => unknown): ProgressReporter {
  let last = performance.now();
  return {
    start: () => undefined,
    update: (progress) => {
      if (performance.now() - last < lineInterval * 1000) return;
      last = performance.now();
      const { objective, gradient, rate: speed, left } = fields(progress);
      write(
        `step ${progress.step}/${progress.steps}  objective ${objective}  gradient ${gradient}  ${speed} steps/s  ${left} left`,
      );
    },
    stop: () => undefined,
  };
}
