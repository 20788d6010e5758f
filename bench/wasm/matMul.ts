// GFLOP/s of the wasm engine's matMul: npx tsx bench/wasm/matMul.ts [seconds per size] [part of a label]
import { detectFma } from "../../src/runtime/wasm/assembler/fma.js";
import { ModuleBuilder } from "../../src/runtime/wasm/assembler/moduleBuilder.js";
import type { Operand } from "../../src/runtime/wasm/kernels/kernel.js";
import { matMul } from "../../src/runtime/wasm/kernels/matMul.js";
import type { View } from "../../src/runtime/wasm/kernels/view.js";
import { permuted, wholeOf } from "../../src/runtime/wasm/lowering/views.js";
import { range, type Shape, sizeOf } from "../../src/util/shapes.js";

const seconds = Number(process.argv[2] ?? 1);

function prepare(shapeA: Shape, shapeB: Shape, out: Shape, fma: boolean, attributes = {}): () => void {
  let top = 1024;
  const allocate = (bytes: number): number => {
    const address = top;
    top += Math.ceil(bytes / 64) * 64 + 64;
    return address;
  };
  const [a, b, c] = [shapeA, shapeB, out].map(
    (shape): Operand => ({ shape, dtype: "float32", address: allocate(4 * sizeOf(shape)) }),
  ) as [Operand, Operand, Operand];
  const module = new ModuleBuilder({ memory: { import: ["host", "memory"], minimum: 1 }, fma });
  const fn = module.function({ params: [] });
  matMul({ fn, scratch: allocate }, [a, b], [c], attributes);
  module.export("run", fn);
  const bytes = module.toBytes({ constantsAt: allocate(module.poolBytes) });
  const memory = new WebAssembly.Memory({ initial: Math.ceil(top / 65536) });
  new Float32Array(memory.buffer).fill(0.5);
  const instance = new WebAssembly.Instance(new WebAssembly.Module(bytes), { host: { memory } });
  return instance.exports.run as () => void;
}

/** The best and the median of repeated calls, in milliseconds, and the first one. */
function time(run: () => void): { first: number; best: number; median: number } {
  const times: number[] = [];
  for (const start = performance.now(); performance.now() - start < 1000 * seconds || times.length < 3; ) {
    const before = performance.now();
    run();
    times.push(performance.now() - before);
  }
  const sorted = times.slice(Math.min(times.length - 1, 10)).sort((x, y) => x - y);
  return { first: times[0]!, best: sorted[0]!, median: sorted[sorted.length >> 1]! };
}

type Flips = "" | "a" | "b" | "ab" | "c";
const cases: [m: number, k: number, n: number, turned?: Flips, batch?: number][] = [
  [16, 16, 16],
  [64, 64, 64],
  [128, 128, 128],
  [256, 256, 256],
  [512, 512, 512],
  [512, 512, 512, "b"],
  [512, 512, 512, "a"],
  [1024, 1024, 1024],
  // a layer of 784 inputs and 400 outputs, and its gradients
  [64, 784, 400],
  [784, 64, 400, "a"],
  [64, 400, 784, "b"],
  [512, 784, 400],
  [784, 512, 400, "a"],
  [512, 400, 784, "b"],
  // layers of 20 outputs
  [64, 400, 20],
  [400, 64, 20, "a"],
  [400, 512, 20, "a"],
  [64, 20, 400],
  [64, 20, 400, "b"],
  [20, 512, 400, "a"],
  // ten regressions on 10000 rows of 50 features, and their gradient
  [10, 50, 10_000, "b"],
  [10_000, 50, 10],
  [10, 10_000, 50],
  [50, 10_000, 10, "a"],
  [10_000, 50, 1],
  [10_000, 50, 2],
  [10_000, 50, 3],
  [10_000, 50, 4],
  [10_000, 50, 16],
  [10_000, 3, 10],
  [10_000, 10, 1],
  [10, 10_000, 1, "a"],
  // matrices and vectors
  [1000, 1000, 1],
  [1000, 1000, 1, "a"],
  [1, 1000, 1000],
  [1, 1000, 1000, "b"],
  [4, 1000, 1000],
  [4, 1000, 1000, "b"],
  [16, 1000, 1000],
  [16, 1000, 1000, "b"],
  [16, 1024, 1024],
  [128, 128, 1],
  [1, 100_000, 1],
  [1000, 1, 1000],
  [100, 1, 100],
  [3, 3, 3, "", 1000],
  [20, 20, 20, "", 100],
  [20, 1, 20, "", 100],
];

/** The operand and its view; turned, its rows stand where columns should. */
function operandOf(rows: number, columns: number, batch: number, isTurned: boolean): { shape: Shape; view: View } {
  const outer = batch > 1 ? [batch] : [];
  const shape = isTurned ? [...outer, columns, rows] : [...outer, rows, columns];
  const rank = shape.length;
  const exchange = [...range(rank - 2), rank - 1, rank - 2];
  return { shape, view: isTurned ? permuted(wholeOf({ shape }), exchange) : wholeOf({ shape }) };
}

const only = process.argv[3];
for (const fma of detectFma() ? [false, true] : [false]) {
  console.log(fma ? "\nwith FMA" : "without FMA");
  for (const [m, k, n, turned = "", batch = 1] of cases) {
    const label = `${batch > 1 ? `${batch} of ` : ""}${m}×${k}×${n}${turned && `, turned: ${turned}`}`;
    if (only && !label.includes(only)) continue;
    const a = operandOf(m, k, batch, turned.includes("a"));
    const b = operandOf(k, n, batch, turned.includes("b"));
    const c = operandOf(m, n, batch, turned === "c");
    const views = { a: a.view, b: b.view, c: c.view };
    const { first, best, median } = time(prepare(a.shape, b.shape, c.shape, fma, { views }));
    const rate = (ms: number) => ((2e-6 * sizeOf(c.shape) * k) / ms).toFixed(1).padStart(6);
    const traffic = (4e-6 * (sizeOf(a.shape) + sizeOf(b.shape) + sizeOf(c.shape))) / best;
    console.log(
      `${label.padEnd(24)} best ${rate(best)}, median ${rate(median)} GFLOP/s, ${traffic.toFixed(1).padStart(5)} GB/s; ${best.toFixed(4)} ms, first ${first.toFixed(3)} ms`,
    );
  }
}
