import { expect, test } from "vitest";
import { allPrimitives } from "../../../src/ir/primitives/all.js";
import { ModuleBuilder } from "../../../src/runtime/wasm/assembler/moduleBuilder.js";
import { reduction } from "../../../src/runtime/wasm/kernels/reductions.js";
import { type Shape, sizeOf } from "../../../src/util/shapes.js";
import { array } from "./runKernel.js";

/** The kernel's result, for elements at 65536 and the result at 1024. */
function reduced(name: string, { shape, elements }: ReturnType<typeof array>, axes: readonly number[]): Float32Array {
  const module = new ModuleBuilder({ memory: { import: ["host", "memory"], minimum: 1 } });
  const fn = module.function({ params: [] });
  const out: Shape = shape.filter((_, axis) => !axes.includes(axis));
  const place = (address: number, of: Shape) => ({ address, shape: of, dtype: "float32" }) as const;
  reduction(name)({ fn, scratch: () => 0 }, [place(65536, shape)], [place(1024, out)], { axes });
  module.export("run", fn);
  const bytes = module.toBytes({ constantsAt: 60_000 });
  const memory = new WebAssembly.Memory({ initial: 2 + Math.ceil((4 * elements.length) / 65536) });
  const floats = new Float32Array(memory.buffer);
  floats.fill(Number.NaN);
  floats.set(elements, 65536 / 4);
  const instance = new WebAssembly.Instance(new WebAssembly.Module(bytes), { host: { memory } });
  (instance.exports.run as () => void)();
  return floats.slice(256, 256 + sizeOf(out));
}

const reference = (name: string) => allPrimitives.find((each) => each.name === name)!;

test("columns of any number and height", () => {
  for (const name of ["reduceSum", "reduceMax"])
    for (const rows of [1, 2, 3, 7, 64, 700])
      for (const columns of [1, 3, 4, 6, 20, 31, 32, 33, 50, 70])
        for (const [shape, axes] of [
          [[rows, columns], [0]],
          [[2, rows, columns], [1]],
          [
            [2, rows, 3, columns],
            [0, 2],
          ],
        ] as const) {
          const input = array(shape);
          const [expected] = reference(name).evaluate([input], { axes });
          const found = reduced(name, input, axes);
          const far = expected!.findIndex((each, i) => !(Math.abs(found[i]! - each) < 1e-4 * Math.sqrt(rows) + 1e-5));
          if (far >= 0) throw new Error(`${name} [${shape}] ${axes}: [${far}] is ${found[far]}, not ${expected![far]}`);
        }
});

test("long columns are not one running sum", () => {
  const rows = 300_000;
  const tenth = Math.fround(0.1);
  const error = (sum: number): number => Math.abs(sum / (rows * tenth) - 1);
  let running = 0;
  for (let i = 0; i < rows; i++) running = Math.fround(running + tenth);
  const sums = reduced(
    "reduceSum",
    array([rows, 5], "float32", () => tenth),
    [0],
  );
  for (const sum of sums) expect(error(sum)).toBeLessThan(Math.min(3e-5, error(running) / 10));
});
