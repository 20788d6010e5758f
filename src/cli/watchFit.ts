import { type ChildProcess, spawn } from "node:child_process";
import { resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { watchVariable } from "./watched.js";

/**
 * Runs `elbow fit` again whenever the module, anything that it imports or its data file is saved. Every fit is a process of its own,
 * so that all modules are loaded anew; one that still runs is ended first. Ctrl-C ends the fit, which reports, and the watching.
 */
export async function watchFit(file: string): Promise<void> {
  const { watch } = await import("chokidar");
  const files = new Set([resolve(file)]);
  const watcher = watch([...files], {
    ignoreInitial: true,
    awaitWriteFinish: { stabilityThreshold: 60, pollInterval: 20 },
  });
  let child: ChildProcess | undefined;
  let isChanged = false;
  let isEnding = false;
  let wake: () => void = () => undefined;

  watcher.on("all", (event) => {
    if (event === "unlink") return;
    isChanged = true;
    child?.kill("SIGTERM");
    wake();
  });
  const stop = () => {
    if (isEnding) child?.kill("SIGKILL");
    // a terminal interrupts the fit itself, too
    else if (!process.stdin.isTTY) child?.kill("SIGINT");
    isEnding = true;
    wake();
  };
  const kill = () => {
    child?.kill("SIGKILL");
    process.exit(143);
  };
  process.on("SIGINT", stop);
  process.on("SIGTERM", kill);

  while (!isEnding) {
    isChanged = false;
    if (process.stdout.isTTY) console.clear();
    child = startFit((each) => {
      if (files.has(each)) return;
      files.add(each);
      watcher.add(each);
    });
    await new Promise<void>((done) => child!.once("exit", () => done()));
    child = undefined;
    if (isChanged || isEnding) continue;
    process.stderr.write(
      `watching ${files.size} file${files.size > 1 ? "s" : ""}: save one to fit again, Ctrl-C ends\n`,
    );
    await new Promise<void>((done) => {
      wake = done;
    });
  }
  process.removeListener("SIGINT", stop);
  process.removeListener("SIGTERM", kill);
  await watcher.close();
  process.exitCode = 130;
}

/** The same command without watching, in a process that tells which files it uses. */
function startFit(onFile: (file: string) => void): ChildProcess {
  const args = process.argv.slice(2).filter((each) => each !== "--watch");
  const main = fileURLToPath(new URL(import.meta.url.endsWith(".ts") ? "./main.ts" : "./main.js", import.meta.url));
  const child = spawn(process.execPath, [...process.execArgv, main, ...args], {
    stdio: ["inherit", "inherit", "inherit", "ipc"],
    env: { ...process.env, [watchVariable]: "1" },
  });
  child.on("message", (message) => onFile((message as { readonly file: string }).file));
  return child;
}
