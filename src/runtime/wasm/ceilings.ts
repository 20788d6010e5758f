// What this machine can do at most, as compiled code of one thread sees it.
import { build } from "../../ir/builder.js";
import { add } from "../../ir/primitives/elementwise.js";
import { exp } from "../../ir/primitives/exponential.js";
import { matMul } from "../../ir/primitives/matMul.js";
import type { Variable } from "../../ir/program.js";
import { range, type Shape, sizeOf } from "../../util/shapes.js";
import { f32x4 } from "./assembler/f32x4.js";
import { usesFma } from "./assembler/fma.js";
import { ModuleBuilder } from "./assembler/moduleBuilder.js";
import { v128 } from "./assembler/v128.js";
import { compileModule } from "./moduleOf.js";
import { instantiate } from "./wasmEngine.js";

/** A memory bandwidth, reading and writing taken together. */
export interface Bandwidth {
  /** Bytes that were worked on. */
  readonly bytes: number;
  readonly gigabytesPerSecond: number;
}

/** Measured on one thread, single precision, the best of several tries. */
export interface Ceilings {
  /** Product of 256 × 256 matrices, GFLOP/s. */
  readonly matMul: number;
  /** Multiply-adds on data in the first-level cache, GFLOP/s with two per multiply-add. */
  readonly multiplyAdd: number;
  /** Exponentials, 10⁹ per second. */
  readonly exp: number;
  /** x + 1 on arrays from what fits the second-level cache to what fits none, in order. */
  readonly bandwidth: readonly Bandwidth[];
  /** Nanoseconds that a call into a module takes. */
  readonly callNanoseconds: number;
  readonly hasFma: boolean;
}

let measured: Ceilings | undefined;

/** Measures once per process, in about 300 ms. */
export function measureCeilings(): Ceilings {
  if (measured?.hasFma === usesFma()) return measured;
  const side = 256;
  const numbers = 4096;
  measured = {
    matMul: (2 * side ** 3) / nanoseconds(programOf([side, side], (x) => matMul(x, x))),
    multiplyAdd: multiplyAddFlops / nanoseconds(multiplyAdds()),
    exp: numbers / nanoseconds(programOf([numbers], (x) => exp(x))),
    bandwidth: workingSets.map((bytes) => ({
      bytes,
      gigabytesPerSecond: bytes / nanoseconds(programOf([bytes / 8], (x) => add(x, 1))),
    })),
    callNanoseconds: callNanoseconds(),
    hasFma: usesFma(),
  };
  return measured;
}

/** The bandwidth that holds for so many bytes. */
export const bandwidthFor = ({ bandwidth }: Ceilings, bytes: number): number =>
  (bandwidth.find((each) => bytes <= each.bytes) ?? bandwidth.at(-1)!).gigabytesPerSecond;

/** Bytes read and written: a quarter of a MiB, 4, 16 and 64 MiB. */
const workingSets = [2 ** 18, 2 ** 22, 2 ** 24, 2 ** 26];

type Run = (times: number) => void;

/** Runs a small program as often as asked in one call. */
function programOf(shape: Shape, f: (x: Variable) => Variable): Run {
  const program = build([{ shape, dtype: "float32" }], (x) => [f(x!)]);
  // not through the cache of modules, which is for those of users
  const { module, floats, run } = instantiate(compileModule(program, 0, false)!, 1);
  const from = module.inputs[0]!.address / 4;
  floats.fill(0.5, from, from + sizeOf(shape));
  return run;
}

const vectors = 8;
const rounds = 256;
const times = 8;
/** Four lanes, two operations. */
const multiplyAddFlops = 8 * vectors * rounds * times;

/** acc ← acc·x + y for eight accumulators, eight times for every x that is loaded: 4 KiB of them. */
function multiplyAdds(): Run {
  const module = new ModuleBuilder({ memory: { minimum: 1 }, fma: usesFma() });
  const kernel = module.function({ params: [] });
  const sums = range(vectors).map(() => kernel.local("v128"));
  const y = kernel.let(f32x4.const(0.5));
  kernel.loop({ to: 16 * rounds, step: 16 }, (at) =>
    kernel.scope(() => {
      const x = kernel.let(v128.load(at, 0));
      for (const _ of range(times)) for (const sum of sums) kernel.set(sum, f32x4.ma(sum, x, y));
    }),
  );
  sums.forEach((sum, i) => {
    kernel.store(0, sum, 16 * (rounds + i));
  });
  const run = module.function({ params: ["i32"] });
  run.loop(run.params[0], () => run.call(kernel));
  module.export("run", run);
  const bytes = module.toBytes({ constantsAt: 32768 });
  return new WebAssembly.Instance(new WebAssembly.Module(bytes)).exports.run as Run;
}

function callNanoseconds(): number {
  const none = programOf([1], (x) => add(x, 1));
  return nanoseconds((count) => {
    for (let i = 0; i < count; i++) none(0);
  });
}

const tryMs = 1;
const enoughMs = 30;
const fewestTries = 4;

/** Nanoseconds per run at best, after V8 had time to optimize. */
function nanoseconds(run: Run): number {
  const started = performance.now();
  const timed = (count: number): number => {
    const before = performance.now();
    run(count);
    return (performance.now() - before) / count;
  };
  let count = 1;
  let best = timed(count);
  // the first run also makes the system find memory
  for (let tries = 0; tries < fewestTries || performance.now() - started < enoughMs; tries++) {
    best = Math.min(best, timed(count));
    count = Math.max(1, Math.round(tryMs / best));
  }
  return 1e6 * best;
}
