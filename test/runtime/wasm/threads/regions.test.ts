// Regions by hand: that blocks run side by side, and what becomes of traps in workers.
import { afterEach, expect, test } from "vitest";
import { ElbowError } from "../../../../src/errors.js";
import { atomics } from "../../../../src/runtime/wasm/assembler/atomics.js";
import type { I32 } from "../../../../src/runtime/wasm/assembler/expression.js";
import type { FunctionBuilder } from "../../../../src/runtime/wasm/assembler/functionBuilder.js";
import { i32 } from "../../../../src/runtime/wasm/assembler/i32.js";
import { ModuleBuilder } from "../../../../src/runtime/wasm/assembler/moduleBuilder.js";
import { outsideFunction } from "../../../../src/runtime/wasm/kernels/indexing.js";
import { MemoryLayout } from "../../../../src/runtime/wasm/memory.js";
import { failures } from "../../../../src/runtime/wasm/threads/control.js";
import { failureOf, stopHelpers, type Team } from "../../../../src/runtime/wasm/threads/pool.js";
import { Regions } from "../../../../src/runtime/wasm/threads/regions.js";
import { runWithHelpers } from "../../../../src/runtime/wasm/threads/runWithHelpers.js";

afterEach(stopHelpers);

const work = { steps: 2, nanoseconds: 1e6 };
const started = 32;
const met = 48;

/** A region of two blocks: `write` gets which one it is, after they have waited for each other for a while. */
function makeTeam(write: (fn: FunctionBuilder, block: I32, captured: I32) => void): { team: Team; run: () => void } {
  const module = new ModuleBuilder({ memory: { import: ["elbow", "memory"], minimum: 1, maximum: 1, isShared: true } });
  const layout = new MemoryLayout();
  layout.reserve(256);
  const regions = new Regions(module, (bytes) => layout.reserve(bytes));
  const main = module.function({ params: ["i32"] });
  const [given] = main.params;
  regions.share(
    main as unknown as FunctionBuilder,
    work,
    (fn, from, _, [captured]) => {
      fn.let(atomics.add(0, 1, started));
      const looks = fn.let(i32.const(0));
      fn.while(i32.and(i32.ltS(atomics.load(0, started), 2), i32.ltS(looks, 20_000_000)), () =>
        fn.set(looks, i32.add(looks, 1)),
      );
      fn.if(i32.eq(atomics.load(0, started), 2), () => fn.store(met, i32.const(1)));
      write(fn, from as I32, captured!);
    },
    [i32.add(given, 40)],
  );
  const control = regions.finish()!;
  module.export("run", main);
  const compiled = new WebAssembly.Module(module.toBytes());
  const memory = new WebAssembly.Memory({ initial: 1, maximum: 1, shared: true });
  const { exports } = new WebAssembly.Instance(compiled, { elbow: { memory, stalled: () => undefined } });
  const team: Team = { module: compiled, memory, control, threads: 2 };
  return { team, run: () => runWithHelpers(team, exports.run as (x: number) => void)(2) };
}

const wordsOf = ({ memory }: Team): Int32Array => new Int32Array(memory.buffer);
const untilReady = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 50));

test("two threads meet in a region; captured values reach it", async () => {
  const { team, run } = makeTeam((fn, block, captured) => fn.store(i32.mul(block, 4), i32.add(captured, block), 64));
  for (let tries = 0; tries < 100 && wordsOf(team)[met / 4] === 0; tries++) {
    wordsOf(team)[started / 4] = 0;
    run();
    await untilReady();
  }
  expect(wordsOf(team)[met / 4]).toBe(1);
  expect([...wordsOf(team).subarray(16, 18)]).toEqual([42, 43]);
});

test.for([
  ["index", failures.index, "an index of gather or scatterAdd is outside its axis"],
  ["engine-failed", failures.trap, "the compiled program stopped"],
] as const)("a trap in a worker is the same error as in the main thread: %s", async ([code, failure, message]) => {
  const seen = new Set<number>();
  for (let tries = 0; tries < 100 && !seen.has(failure); tries++) {
    const { team, run } = makeTeam((fn, block) => {
      const stop = fn.surroundings.helper(
        code === "index" ? outsideFunction : "other",
        { params: [], result: "i32" },
        (own) => own.return(i32.divS(i32.const(1), i32.const(0))),
      );
      // the second block: most often the worker's
      fn.if(i32.eq(block, 1), () => fn.scope(() => fn.call(stop)));
    });
    try {
      run();
      expect.unreachable();
    } catch (error) {
      expect(error).toBeInstanceOf(ElbowError);
      expect(error).toMatchObject({ code, message: expect.stringContaining(message) });
    }
    seen.add(failureOf(team));
    await untilReady();
  }
  expect(seen).toContain(failure);
});
