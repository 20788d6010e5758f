// Vector functions and random numbers of the wasm engine at 10⁶ elements, one thread, against plain loops of JavaScript in
// the same run: npx tsx bench/wasm/math.ts
import type { V128 } from "../../src/runtime/wasm/assembler/expression.js";
import { f32x4 } from "../../src/runtime/wasm/assembler/f32x4.js";
import { detectFma } from "../../src/runtime/wasm/assembler/fma.js";
import type { FunctionBuilder } from "../../src/runtime/wasm/assembler/functionBuilder.js";
import { i32 } from "../../src/runtime/wasm/assembler/i32.js";
import { ModuleBuilder } from "../../src/runtime/wasm/assembler/moduleBuilder.js";
import { v128 } from "../../src/runtime/wasm/assembler/v128.js";
import { i0e, logI0 } from "../../src/runtime/wasm/math/bessel.js";
import { betaln, digammaDifference } from "../../src/runtime/wasm/math/betaln.js";
import { digamma } from "../../src/runtime/wasm/math/digamma.js";
import { erf } from "../../src/runtime/wasm/math/erf.js";
import { erfinv } from "../../src/runtime/wasm/math/erfinv.js";
import { exp } from "../../src/runtime/wasm/math/exp.js";
import { expm1 } from "../../src/runtime/wasm/math/expm1.js";
import { tanh } from "../../src/runtime/wasm/math/hyperbolic.js";
import { atan } from "../../src/runtime/wasm/math/inverseTrigonometric.js";
import { lgamma } from "../../src/runtime/wasm/math/lgamma.js";
import { log } from "../../src/runtime/wasm/math/log.js";
import { log1p } from "../../src/runtime/wasm/math/log1p.js";
import { ndtri } from "../../src/runtime/wasm/math/normalQuantile.js";
import { logNdtr, ndtr } from "../../src/runtime/wasm/math/normalTail.js";
import { pow } from "../../src/runtime/wasm/math/pow.js";
import { sigmoid, softplus } from "../../src/runtime/wasm/math/sigmoid.js";
import { sin } from "../../src/runtime/wasm/math/trigonometric.js";
import { keyOf, randomBits, randomNormal } from "../../src/runtime/wasm/random.js";
import { normalQuantile } from "../../src/util/normalQuantile.js";
import * as bessel64 from "../../src/util/special/bessel.js";
import { betaln as betaln64, polygammaDifference } from "../../src/util/special/betaln.js";
import * as special from "../../src/util/special/erf.js";
import { erfinv as erfinv64 } from "../../src/util/special/erfinv.js";
import { lgamma as lgamma64 } from "../../src/util/special/lgamma.js";
import { logNdtr as logNdtr64, ndtr as ndtr64 } from "../../src/util/special/logNdtr.js";
import { digamma as digamma64 } from "../../src/util/special/polygamma.js";
import { threefry } from "../../src/util/threefry.js";

const size = 1_000_000;
const bytes = 4 * size;
const repetitions = Number(process.env.REPETITIONS ?? 40);

interface Work {
  readonly name: string;
  readonly write: (fn: FunctionBuilder) => void;
  /** One element in JavaScript. */
  readonly plain: (x: number) => number;
  /** Operands are uniform here. */
  readonly range: readonly [number, number];
}

/** Reads four elements at a time from 0, writes behind them. */
const mapping =
  (f: (fn: FunctionBuilder, x: V128) => V128) =>
  (fn: FunctionBuilder): void =>
    fn.loop({ to: bytes, step: 16 }, (at) => fn.store(at, f(fn, fn.let(v128.load(at))), bytes));

/** Writes groups of eight elements. */
const drawing =
  (generator: typeof randomBits, groups: number) =>
  (fn: FunctionBuilder): void => {
    const key = keyOf(fn, 1, 2);
    fn.loop({ to: size / 8, step: groups }, (group) => {
      const at = fn.let(i32.shl(group, 5));
      for (const [k, vector] of generator(fn, key, group, groups).entries()) fn.store(at, vector, bytes + 16 * k);
    });
  };

const words = new Int32Array(2);
const unit = (word: number): number => ((word >>> 9) + 0.5) * 2 ** -23;
let block = 0;
/** One element of two: the other comes from the same block. */
function plainBits(): number {
  if (block % 2 === 0) threefry(1, 2, 0, block >> 1, words);
  return words[block++ % 2]!;
}
function plainNormal(): number {
  if (block % 2 === 0) threefry(1, 2, 0, block >> 1, words);
  const radius = Math.sqrt(-2 * Math.log(unit(words[0]!)));
  const angle = 2 * Math.PI * unit(words[1]!);
  return radius * (block++ % 2 === 0 ? Math.cos(angle) : Math.sin(angle));
}

const map = (name: string, f: (fn: FunctionBuilder, x: V128) => V128, plain: Work["plain"], range: Work["range"]) => ({
  name,
  write: mapping(f),
  plain,
  range,
});
const works: readonly Work[] = [
  map(
    "copy",
    (_, x) => x,
    (x) => x,
    [0, 1],
  ),
  map("exp", exp, Math.exp, [-20, 20]),
  map("exp in range", (fn, x) => exp(fn, x, { isInRange: true }), Math.exp, [-20, 20]),
  map("expm1", expm1, Math.expm1, [-2, 2]),
  map("log", log, Math.log, [0, 100]),
  map("log positive normal", (fn, x) => log(fn, x, { isPositiveNormal: true }), Math.log, [0.1, 100]),
  map("log1p", log1p, Math.log1p, [-0.5, 10]),
  map("tanh", tanh, Math.tanh, [-3, 3]),
  map("sigmoid", sigmoid, (x) => 1 / (1 + Math.exp(-x)), [-10, 10]),
  map("softplus", softplus, (x) => Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x))), [-10, 10]),
  map("sin", sin, Math.sin, [-10, 10]),
  map("atan", atan, Math.atan, [-3, 3]),
  map(
    "pow x^1.7",
    (fn, x) => pow(fn, x, v128.const(new Uint8Array(new Float32Array(4).fill(1.7).buffer))),
    (x) => x ** 1.7,
    [0, 10],
  ),
  map("erf", erf, special.erf, [-3, 3]),
  map("erfinv", erfinv, erfinv64, [-1, 1]),
  map("lgamma", lgamma, lgamma64, [0, 20]),
  map("digamma", digamma, digamma64, [0, 20]),
  map("logNdtr", logNdtr, logNdtr64, [-5, 5]),
  map("ndtr", ndtr, ndtr64, [-5, 5]),
  map("ndtri", ndtri, normalQuantile, [0, 1]),
  map("i0e", i0e, bessel64.i0e, [0, 10]),
  map("logI0", logI0, bessel64.logI0, [0, 10]),
  map(
    "betaln(x, 2)",
    (fn, x) => betaln(fn, x, f32x4.const(2)),
    (x) => betaln64(x, 2),
    [0, 20],
  ),
  map(
    "digammaDifference(x, 2)",
    (fn, x) => digammaDifference(fn, x, f32x4.const(2)),
    (x) => polygammaDifference(0, x, 2),
    [0, 20],
  ),
  { name: "threefry bits", write: drawing(randomBits, 1), plain: plainBits, range: [0, 1] },
  { name: "threefry bits, 2 groups", write: drawing(randomBits, 2), plain: plainBits, range: [0, 1] },
  { name: "normals", write: drawing(randomNormal, 1), plain: plainNormal, range: [0, 1] },
  { name: "normals, 2 groups", write: drawing(randomNormal, 2), plain: plainNormal, range: [0, 1] },
];

/** The shortest of several times, in milliseconds. */
function best(run: () => void, count: number): number {
  let least = Number.POSITIVE_INFINITY;
  for (let k = 0; k < count; k++) {
    const start = performance.now();
    run();
    least = Math.min(least, performance.now() - start);
  }
  return least;
}

function compiled(work: Work, fma: boolean): () => void {
  const pages = Math.ceil((2 * bytes) / 65536);
  const module = new ModuleBuilder({ memory: { minimum: pages + 1, export: "memory" }, fma });
  const fn = module.function({ params: [] });
  work.write(fn);
  module.export("run", fn);
  const instance = new WebAssembly.Instance(new WebAssembly.Module(module.toBytes({ constantsAt: pages * 65536 })));
  const { memory, run } = instance.exports as { memory: WebAssembly.Memory; run: () => void };
  const [low, high] = work.range;
  new Float32Array(memory.buffer, 0, size).set(
    Float32Array.from({ length: size }, (_, i) => low + ((high - low) * ((i * 7919) % size)) / size),
  );
  return run;
}

/** A loop of its own for every function, so that the engine can inline it. */
function plainLoop({ plain, range: [low, high] }: Work): () => void {
  const input = Float32Array.from({ length: size }, (_, i) => low + ((high - low) * ((i * 7919) % size)) / size);
  const out = new Float32Array(size);
  const make = new Function("f", "x", "out", "return () => { for (let i = 0; i < x.length; i++) out[i] = f(x[i]); }");
  return make(plain, input, out);
}

const hasFma = detectFma();
const rows = works.map((work) => ({
  name: work.name,
  "wasm, ms": best(compiled(work, false), repetitions).toFixed(2),
  "wasm fma, ms": hasFma ? best(compiled(work, true), repetitions).toFixed(2) : "",
  "JavaScript, ms": best(plainLoop(work), 8).toFixed(2),
}));
console.log(`10⁶ elements, best of ${repetitions}; Node ${process.version}`);
console.table(rows);
