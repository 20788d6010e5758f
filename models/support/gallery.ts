// What every model of the gallery does when it is run on its own: print its results beside the truth.
/** A number with its truth. */
export interface Check {
  readonly name: string;
  readonly value: number;
  readonly truth: number;
  /** Largest accepted deviation. */
  readonly tolerance: number;
}

export interface Findings {
  readonly checks: readonly Check[];
  /** More to print for a person: a table of the posterior, say. */
  readonly text?: string;
  /** More for the JSON object. */
  readonly json?: Readonly<Record<string, unknown>>;
}

const isWithin = ({ value, truth, tolerance }: Check): boolean => Math.abs(value - truth) <= tolerance;

/** Runs a model if its file is the program that was started: prints, and exits with 1 if a check is out of tolerance. */
export async function runAlone(
  url: string,
  name: string,
  model: (isQuiet: boolean) => Promise<Findings>,
): Promise<void> {
  if (typeof process === "undefined") return; // in a browser nothing is started from a command line
  const { pathToFileURL } = await import("node:url");
  if (url !== pathToFileURL(process.argv[1] ?? "").href) return;
  // the process is the model's, so Node's flag for fused multiply-adds may be set
  process.env.ELBOW_FMA ??= "1";
  const isJson = process.argv.includes("--json");
  const { checks, text, json } = await model(isJson);
  const isRight = checks.every(isWithin);
  if (isJson) {
    console.log(JSON.stringify({ model: name, ...json, checks, isRight }));
  } else {
    if (text) console.log(text);
    for (const check of checks) {
      const { value, truth, tolerance } = check;
      const verdict = isWithin(check) ? "ok" : "OUT OF TOLERANCE";
      console.log(
        `${check.name.padEnd(40)} ${value.toFixed(4).padStart(10)}   truth ${truth.toFixed(4).padStart(10)} ± ${Number(tolerance.toPrecision(2))}   ${verdict}`,
      );
    }
  }
  process.exitCode = isRight ? 0 : 1;
}
