// Runs the command line as it is published: compiled, with a package.json of its own, so that what lies in its folder finds
// "elbow" there. Compiling once is far less work than running the sources through tsx in every process.
import { spawn } from "node:child_process";
import { cpSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

export const root = fileURLToPath(new URL("../..", import.meta.url));

/** The package, for modules of tests to lie in. */
export const home = join(root, ".cache", `cli-${process.pid}`);
process.once("exit", () => rmSync(home, { recursive: true, force: true }));

/** Removes what processes have left that were ended. */
function tidyUp(): void {
  for (const name of readdirSync(join(root, ".cache"))) {
    const pid = /^cli-(\d+)$/.exec(name)?.[1];
    if (pid !== undefined && !isAlive(Number(pid)))
      rmSync(join(root, ".cache", name), { recursive: true, force: true });
  }
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

let compiled: Promise<unknown> | undefined;

function compile(): Promise<unknown> {
  mkdirSync(home, { recursive: true });
  tidyUp();
  cpSync(join(root, "templates"), join(home, "templates"), { recursive: true });
  const { dependencies } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
  const manifest = {
    name: "elbow",
    version: "0.0.0-test",
    type: "module",
    exports: { ".": "./dist/index.js" },
    dependencies,
  };
  writeFileSync(join(home, "package.json"), JSON.stringify(manifest));
  return build({
    entryPoints: [join(root, "src/**/*.ts")],
    outdir: join(home, "dist"),
    outbase: join(root, "src"),
    format: "esm",
    platform: "node",
    target: "node20",
    sourcemap: true,
    logLevel: "warning",
  });
}

export interface Outcome {
  readonly code: number | null;
  /** What ended the process, if it did not end itself. */
  readonly signal?: NodeJS.Signals | null;
  readonly out: string;
  readonly err: string;
}

export interface Settings {
  /** Whether the sources are run, for modules that import them. @defaultValue false */
  readonly fromSources?: boolean;
  /** The package whose command is run. @defaultValue `home` */
  readonly package?: string;
  /** @defaultValue the project's */
  readonly cwd?: string;
  /** Is told all that the process has written so far, and may send it signals. */
  readonly onText?: (text: Outcome, kill: (signal: NodeJS.Signals) => void) => void;
}

/** Runs the command line to its end. */
export async function elbow(
  args: readonly string[],
  { fromSources = false, package: own = home, cwd = root, onText = () => undefined }: Settings = {},
): Promise<Outcome> {
  compiled ??= fromSources ? undefined : compile();
  if (!fromSources) await compiled;
  const program = fromSources ? ["--import", "tsx", "src/cli/main.ts"] : [join(own, "dist/cli/main.js")];
  const child = spawn(process.execPath, [...program, ...args], { cwd });
  let [out, err] = ["", ""];
  const tell = () => onText({ code: null, out, err }, (signal) => child.kill(signal));
  child.stdout.on("data", (chunk) => {
    out += chunk;
    tell();
  });
  child.stderr.on("data", (chunk) => {
    err += chunk;
    tell();
  });
  return new Promise((resolve) =>
    child.on("close", (code, signal) => resolve({ code, ...(signal && { signal }), out, err })),
  );
}
