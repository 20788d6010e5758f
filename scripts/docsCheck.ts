/**
 * Type-checks and runs the examples of README.md, docs/ and the docstrings of src/ (`npm run docs:check`).
 *
 * ```ts            type-checked and run
 * ```ts no-run     type-checked only
 * ```ts continue   the previous block of the page is part of it
 *
 * A statement that ends in `// => text` must show exactly that text, as console.log would print it.
 *
 * A block that another one continues is run as part of that one.
 *
 * Paths as arguments (`npm run docs:check -- docs/tutorial`) check the files below them alone.
 */
import { type ChildProcess, execFile, fork } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { availableParallelism } from "node:os";
import { dirname, join, resolve } from "node:path";
import { type DocsBlock, docstringBlocks, type Expectation, instrument, layOut, markdownBlocks } from "./docsBlocks.js";
import type { Job, Report } from "./docsWorker.js";

const secondsPerBlock = 60;
const workers = Math.min(4, availableParallelism());
const root = resolve(import.meta.dirname, "..");
const cache = join(root, ".cache", "docs");

interface Example {
  readonly block: DocsBlock;
  readonly name: string;
  readonly path: string;
  readonly expectations: readonly Expectation[];
}

interface Failure {
  readonly at: string;
  readonly message: string;
}

/** The files below `folder` that end in `ending`, as paths from the root, sorted. */
function filesBelow(folder: string, ending: string): string[] {
  if (!existsSync(join(root, folder))) return [];
  return readdirSync(join(root, folder), { recursive: true, encoding: "utf8" })
    .filter((file) => file.endsWith(ending))
    .map((file) => `${folder}/${file.replaceAll("\\", "/")}`)
    .sort();
}

function collect(): DocsBlock[][] {
  const read = (file: string) => readFileSync(join(root, file), "utf8");
  const asked = process.argv.slice(2);
  const isAsked = (file: string) => asked.length === 0 || asked.some((path) => file.startsWith(path));
  return [
    ...["README.md", ...filesBelow("docs", ".md")].filter(isAsked).map((file) => markdownBlocks(file, read(file))),
    ...filesBelow("src", ".ts")
      .filter(isAsked)
      .map((file) => docstringBlocks(file, read(file))),
  ];
}

/** Writes every block twice: as it is for the compiler, instrumented for the run. */
function write(files: readonly DocsBlock[][]): Example[] {
  rmSync(cache, { recursive: true, force: true });
  mkdirSync(join(cache, "types"), { recursive: true });
  mkdirSync(join(cache, "run"), { recursive: true });
  // examples are written for the compiler settings that most readers have
  const compilerOptions = { noUncheckedIndexedAccess: false };
  const config = { extends: "../../../tsconfig.json", compilerOptions, include: ["*.ts"] };
  writeFileSync(join(cache, "types", "tsconfig.json"), JSON.stringify(config));
  const isPart = (next: DocsBlock | undefined) => next?.isContinued && next.isRun;
  return files
    .flatMap((blocks) => layOut(blocks).filter((_, i) => !isPart(blocks[i + 1])))
    .map(({ block, lines }) => {
      const name = `${block.file.replaceAll(/[/\\.]/g, "-")}-${block.line}.ts`;
      const path = join(cache, "run", name);
      const { lines: instrumented, expectations } = instrument(block.file, lines);
      writeFileSync(join(cache, "types", name), `${lines.join("\n")}\n`);
      writeFileSync(path, `${instrumented.join("\n")}\n`);
      return { block, name, path, expectations };
    });
}

async function checkTypes(examples: readonly Example[]): Promise<Failure[]> {
  if (examples.length === 0) return [];
  const compiler = join(dirname(createRequire(import.meta.url).resolve("typescript/package.json")), "bin", "tsc");
  const args = [compiler, "-p", join(cache, "types"), "--pretty", "false"];
  const options = { cwd: root, maxBuffer: 2 ** 26 };
  const { status, stdout, stderr } = await new Promise<{ status: unknown; stdout: string; stderr: string }>((done) => {
    execFile(process.execPath, args, options, (error, out, err) =>
      done({ status: error?.code ?? (error ? error.message : 0), stdout: out, stderr: err }),
    );
  });
  if (status === 0) return [];
  const failures = stdout
    .split(/\n(?=\S)/)
    .filter((text) => text.trim() !== "")
    .map((text): Failure => {
      const [, path, line, message] = /^(.*?)\((\d+),\d+\): ([\s\S]*)$/.exec(text) ?? [];
      const example = examples.find(({ name }) => path?.endsWith(name));
      const file = example?.block.file ?? path?.replace(/^(\.\.\/)+/, "");
      return { at: file === undefined ? "tsc" : `${file}:${line}`, message: (message ?? text).trim() };
    });
  return failures.length > 0 ? failures : [{ at: "tsc", message: stderr || `exit status ${status}` }];
}

/** Runs one block in the worker; resolves when it has ended, died or run out of time. */
function runInWorker(worker: ChildProcess, job: Job): Promise<Report> {
  return new Promise((done) => {
    const finish = (report: Report) => {
      clearTimeout(timer);
      worker.off("message", onMessage);
      worker.off("exit", onExit);
      done(report);
    };
    const onMessage = (report: Report) => {
      if (report.id === job.id) finish(report);
    };
    const onExit = () => finish({ id: job.id, shown: [], error: "the example ended the process" });
    const timer = setTimeout(() => {
      worker.kill("SIGKILL");
      finish({ id: job.id, shown: [], error: `still running after ${secondsPerBlock} s` });
    }, secondsPerBlock * 1000);
    worker.on("message", onMessage);
    worker.on("exit", onExit);
    worker.send(job);
  });
}

function judge(example: Example, report: Report): Failure[] {
  const { file, line } = example.block;
  if (report.error !== undefined) {
    const frame = report.error.split("\n").find((text) => text.includes(example.name));
    const thrownAt = frame?.slice(frame.indexOf(example.name)).match(/:(\d+)/)?.[1];
    return [{ at: `${file}:${thrownAt ?? line}`, message: report.error }];
  }
  return example.expectations.flatMap((expected): Failure[] => {
    const texts = report.shown.filter(({ line: at }) => at === expected.line).map(({ text }) => text);
    if (texts.length > 0 && texts.every((text) => text === expected.text)) return [];
    const received = texts.length === 0 ? "(the line was never reached)" : texts.join("\n             ");
    return [{ at: `${file}:${expected.line}`, message: `  expected:  ${expected.text}\n  received:  ${received}` }];
  });
}

/** A worker that has loaded Elbow. */
function startWorker(): Promise<ChildProcess> {
  return new Promise((done, fail) => {
    const worker = fork(join(import.meta.dirname, "docsWorker.ts"), { execArgv: ["--import", "tsx"], cwd: root });
    worker.once("message", () => done(worker));
    worker.once("error", fail);
    worker.once("exit", () => fail(new Error("the worker ended before it was ready")));
  });
}

/** Runs the examples on a few processes; each takes the next one that is left. */
async function run(examples: readonly Example[]): Promise<Failure[]> {
  const failures: Failure[][] = [];
  const left = examples.entries();
  const takeTurns = async () => {
    let worker = await startWorker();
    for (const [id, example] of left) {
      if (!worker.connected || worker.killed) worker = await startWorker();
      failures[id] = judge(example, await runInWorker(worker, { id, path: example.path }));
    }
    worker.kill();
  };
  await Promise.all(Array.from({ length: Math.min(workers, examples.length) }, takeTurns));
  return failures.flat();
}

const examples = write(collect());
const runnable = examples.filter(({ block }) => block.isRun);
const failures = (await Promise.all([checkTypes(examples), run(runnable)])).flat();
for (const { at, message } of failures) console.error(`${at}\n${message}\n`);
console.log(`${examples.length} examples type-checked, ${runnable.length} run, ${failures.length} failures`);
process.exitCode = failures.length === 0 ? 0 : 1;
