// What the engine webgpu costs the host: kernels of a step, time to plan and write them, and time to dispatch one, on Dawn's null
// device, which validates commands and computes nothing (the least of several repeats, a long run less a short one).  npx tsx bench/webgpu.ts [W1,W2,…]

import { Table } from "console-table-printer";
import { engineByName } from "elbow";
import { openWebgpu } from "../src/runtime/webgpu/webgpuEngine.js";
import { formatBytes } from "../src/util/formatBytes.js";
import { elbowRunner } from "./harness/elbowRunner.js";
import { workloads } from "./workloads/all.js";

const only = process.argv[2]?.split(",");
const repeats = 9;
const dispatches = 8192;

const gpu = await openWebgpu({ dawn: ["backend=null"], mostOperations: 2500 });
const table = new Table();
for (const [name, make] of workloads) {
  if (only && !only.includes(name)) continue;
  for (const variant of make().variants) {
    // the program comes from a run on an engine that computes
    const { program, dispose } = await elbowRunner(variant, await engineByName("wasm"));
    dispose();
    const started = performance.now();
    const executable = gpu.compile(program);
    const { kernels, bytes } = executable.details!();
    const compileMs = performance.now() - started;
    executable.dispose();
    const runner = await elbowRunner(variant, gpu);
    // dispatches of some steps: a small step's kernel takes many at once
    const counted = async (steps: number): Promise<number> => {
      const before = gpu.stats().dispatches;
      await runner.run(steps);
      return gpu.stats().dispatches - before;
    };
    const steps = Math.ceil((dispatches * 128) / (await counted(128)));
    // what a run costs whatever its length (uploads, the read at its end) is in both
    const best = [Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY];
    const counts = [0, 0];
    for (let repeat = 0; repeat < repeats; repeat++)
      for (const i of [0, 1]) {
        const from = performance.now();
        counts[i] = await counted(steps * (i + 1));
        best[i] = Math.min(best[i]!, performance.now() - from);
      }
    const perDispatch = (1000 * (best[1]! - best[0]!)) / (counts[1]! - counts[0]!);
    runner.dispose();
    table.addRow({
      step: `${name} ${variant.name}`,
      kernels,
      memory: formatBytes(bytes),
      "planned and written, ms": compileMs.toFixed(0),
      "µs per dispatch": perDispatch.toFixed(2),
    });
  }
}
table.printTable();
gpu.close();
