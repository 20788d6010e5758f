// Where a compiled program's time goes: its module once more, with a clock between its parts.
import type { Program } from "../../ir/program.js";
import { range } from "../../util/shapes.js";
import { ModuleBuilder } from "./assembler/moduleBuilder.js";
import { addFlops, bytesOf, type Flops, flopsOf, noFlops, scaleFlops } from "./cost.js";
import { createProbe, type Part, type Probe } from "./lowering/probe.js";
import { write } from "./memoryValues.js";
import { compileModule, type ModuleCost, moduleOf, pageBytes } from "./moduleOf.js";
import { type Instance, instantiate } from "./wasmEngine.js";

/** What a part takes, per run of the program. */
export interface PartProfile {
  readonly part: Part;
  /** How often it is executed; 1/8 for what is computed for eight runs at once. */
  readonly executions: number;
  /** Without the parts inside it. */
  readonly microseconds: number;
  /** Half the range of repeated measurements, and a quarter of what the clock itself takes. */
  readonly uncertainty: number;
  readonly flops: Flops;
  readonly bytes: number;
}

/** Where the time of a program goes, on one thread. */
export interface Profile {
  /** Per run, of the module as it is: the best of several tries. */
  readonly microseconds: number;
  readonly parts: readonly PartProfile[];
  /** What a mark of the clock takes; it is subtracted from the parts. */
  readonly clockMicroseconds: number;
  readonly made: ModuleCost;
  readonly memoryBytes: number;
}

export interface ProfileOptions {
  /** How many of the outputs are the inputs of the next run. @defaultValue 0 */
  readonly carried?: number;
  /** Time to measure for. @defaultValue 600 */
  readonly milliseconds?: number;
  /** Runs after which it begins again with the inputs. @defaultValue unlimited */
  readonly mostRuns?: number;
}

/** A module with a clock between its parts: the same computation. */
export interface ClockedInstance {
  readonly instance: Instance;
  readonly parts: readonly Part[];
  /** Milliseconds and marks since the last `reset`, by part. */
  readonly spent: Float64Array;
  readonly marks: Float64Array;
  readonly reset: () => void;
}

/** Compiles the program with a clock. Results are those of the module without one. */
export function clockedInstance(program: Program, carried: number): ClockedInstance {
  let probe: Probe | undefined;
  const watch = (module: ModuleBuilder): Probe => {
    probe = createProbe(module);
    return probe;
  };
  const module = compileModule(program, carried, false, watch)!;
  const { parts } = probe!;
  const spent = new Float64Array(parts.length);
  const marks = new Float64Array(parts.length);
  let last = 0;
  const mark = (part: number): void => {
    const now = performance.now();
    spent[part]! += now - last;
    marks[part]! += 1;
    last = now;
  };
  const reset = (): void => {
    spent.fill(0);
    marks.fill(0);
    last = performance.now();
  };
  return { instance: instantiate(module, 1, { mark }), parts, spent, marks, reset };
}

/** Shortest stretch that is timed, and how many there are. */
const batches = 12;
/** For every part, its quickest are believed: what else the machine does only ever adds time. */
const believed = 4;
const warmUpShare = 0.25;
/** By what share a mark may take more or less between parts than in a loop of marks. */
const clockDoubt = 0.25;

/**
 * Measures the parts of a program, as the wasm engine compiles it. Clocked and plain runs take turns, and all start from the
 * same inputs.
 *
 * @param inputs - the elements of each input
 */
export function profile(program: Program, inputs: readonly ArrayLike<number>[], options: ProfileOptions = {}): Profile {
  const { carried = 0, milliseconds = 600, mostRuns = Number.POSITIVE_INFINITY } = options;
  const clocked = clockedInstance(program, carried);
  const module = moduleOf(program, carried);
  const plain = instantiate(module, 1);
  const time = (instance: Instance, runs: number): number => {
    instance.module.inputs.forEach((operand, i) => {
      write(instance, operand, inputs[i]!);
    });
    clocked.reset();
    const started = performance.now();
    instance.run(runs);
    return (1000 * (performance.now() - started)) / runs;
  };

  // first runs are slow: V8 optimizes functions while they are called
  const runs = { clocked: 1, plain: 1 };
  const stretch = ((1 - warmUpShare) * milliseconds) / (2 * batches);
  const warmUpUntil = performance.now() + warmUpShare * milliseconds;
  const fit = (per: number): number => {
    const count = Math.max(1, Math.min(mostRuns, Math.round((1000 * stretch) / per)));
    // whole blocks of what is computed for eight runs at once
    return count < 8 ? count : count - (count % 8);
  };
  do {
    runs.clocked = fit(time(clocked.instance, runs.clocked));
    runs.plain = fit(time(plain, runs.plain));
  } while (performance.now() < warmUpUntil);

  const perMark = clockMicroseconds();
  const measured = range(batches).map(() => {
    const plainMicroseconds = time(plain, runs.plain);
    time(clocked.instance, runs.clocked);
    const executions = Array.from(clocked.marks, (count) => count / runs.clocked);
    const microseconds = Array.from(clocked.spent, (ms, i) => (1000 * ms) / runs.clocked - perMark * executions[i]!);
    return { plainMicroseconds, executions, microseconds };
  });

  return {
    microseconds: Math.min(...measured.map((each) => each.plainMicroseconds)),
    parts: clocked.parts.map((part, i) => {
      const all = measured.map((each) => Math.max(0, each.microseconds[i]!));
      const times = all.toSorted((a, b) => a - b).slice(0, believed);
      const executions = measured[0]!.executions[i]!;
      const once = part.equations.map(flopsOf).reduce(addFlops, noFlops);
      return {
        part,
        executions,
        microseconds: times.reduce((sum, each) => sum + each, 0) / times.length,
        uncertainty: (times.at(-1)! - times[0]!) / 2 + clockDoubt * perMark * executions,
        flops: scaleFlops(executions * part.repeats, once),
        bytes: executions * bytesOf(part),
      };
    }),
    clockMicroseconds: perMark,
    made: module.made,
    memoryBytes: module.pages * pageBytes,
  };
}

let measuredClock: number | undefined;

/** What a mark takes: the best of several loops of nothing else. */
function clockMicroseconds(): number {
  if (measuredClock !== undefined) return measuredClock;
  const module = new ModuleBuilder({ memory: { minimum: 0 } });
  const clock = module.importFunction("elbow", "mark", { params: ["i32"] });
  const run = module.function({ params: ["i32"] });
  run.loop(run.params[0], () => run.call(clock, run.params[0]));
  module.export("run", run);
  const spent = new Float64Array(1);
  let last = 0;
  const mark = (): void => {
    const now = performance.now();
    spent[0]! += now - last;
    last = now;
  };
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(module.toBytes()), { elbow: { mark } });
  const marks = 5_000;
  const tries = range(50).map(() => {
    const started = performance.now();
    (exports.run as (count: number) => void)(marks);
    return (1000 * (performance.now() - started)) / marks;
  });
  measuredClock = Math.min(...tries);
  return measuredClock;
}
