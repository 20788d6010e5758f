// GFLOP/s of the wasm engine's matMul: npx tsx bench/wasm/matMul.ts [seconds per size]
import { detectFma } from "../../src/runtime/wasm/assembler/fma.js";
import { ModuleBuilder } from "../../src/runtime/wasm/assembler/moduleBuilder.js";
import type { Operand } from "../../src/runtime/wasm/kernels/kernel.js";
import { matMul } from "../../src/runtime/wasm/kernels/matMul.js";
import { type Shape, sizeOf } from "../../src/util/shapes.js";

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

const cases: [label: string, Shape, Shape, Shape, object?][] = [
  ["16", [16, 16], [16, 16], [16, 16]],
  ["64", [64, 64], [64, 64], [64, 64]],
  ["128", [128, 128], [128, 128], [128, 128]],
  ["256", [256, 256], [256, 256], [256, 256]],
  ["512", [512, 512], [512, 512], [512, 512]],
  ["512 A·Bᵀ", [512, 512], [512, 512], [512, 512], { transposeB: true }],
  ["512 Aᵀ·B", [512, 512], [512, 512], [512, 512], { transposeA: true }],
  ["1024", [1024, 1024], [1024, 1024], [1024, 1024]],
  ["64×784×400", [64, 784], [784, 400], [64, 400]],
  ["512×784×400", [512, 784], [784, 400], [512, 400]],
  ["784×64×400, Aᵀ·B", [64, 784], [64, 400], [784, 400], { transposeA: true }],
  ["64×400×784, A·Bᵀ", [64, 400], [784, 400], [64, 784], { transposeB: true }],
  ["64×400×20", [64, 400], [400, 20], [64, 20]],
  ["10000×10×1", [10_000, 10], [10, 1], [10_000, 1]],
  ["10×10000×1, Aᵀ·B", [10_000, 10], [10_000, 1], [10, 1], { transposeA: true }],
  ["1000×1000×1", [1000, 1000], [1000, 1], [1000, 1]],
  ["1×1000×1000", [1, 1000], [1000, 1000], [1, 1000]],
  ["1000 of 3×3×3", [1000, 3, 3], [1000, 3, 3], [1000, 3, 3]],
  ["100 of 20×20×20", [100, 20, 20], [100, 20, 20], [100, 20, 20]],
];

for (const fma of detectFma() ? [false, true] : [false]) {
  console.log(fma ? "\nwith FMA" : "without FMA");
  for (const [label, a, b, out, attributes] of cases) {
    const inner = (attributes as { transposeA?: boolean })?.transposeA ? a.at(-2)! : a.at(-1)!;
    const { first, best, median } = time(prepare(a, b, out, fma, attributes));
    const rate = (ms: number) => ((2e-6 * sizeOf(out) * inner) / ms).toFixed(1).padStart(6);
    console.log(
      `${label.padEnd(20)} best ${rate(best)}, median ${rate(median)} GFLOP/s; ${best.toFixed(4)} ms, first ${first.toFixed(3)} ms`,
    );
  }
}
