// What the engine webgpu costs the host: kernels of a step, time to plan and write them, and time to dispatch one, on Dawn's null
// device, which validates commands and computes nothing.  npx tsx bench/webgpu.ts [W1,W2,…]

import { Table } from "console-table-printer";
import { engineByName } from "elbow";
import { formatBytes } from "../src/runtime/webgpu/formatBytes.js";
import { openWebgpu } from "../src/runtime/webgpu/webgpuEngine.js";
import { elbowRunner } from "./harness/elbowRunner.js";
import { workloads } from "./workloads/all.js";

const only = process.argv[2]?.split(",");
const repeats = 7;
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
    const steps = Math.ceil(dispatches / kernels);
    let best = Number.POSITIVE_INFINITY;
    for (let repeat = 0; repeat < repeats; repeat++) {
      const before = gpu.stats().dispatches;
      const from = performance.now();
      await runner.run(steps);
      best = Math.min(best, (1000 * (performance.now() - from)) / (gpu.stats().dispatches - before));
    }
    runner.dispose();
    table.addRow({
      step: `${name} ${variant.name}`,
      kernels,
      memory: formatBytes(bytes),
      "planned and written, ms": compileMs.toFixed(0),
      "µs per dispatch": best.toFixed(2),
    });
  }
}
table.printTable();
gpu.close();
