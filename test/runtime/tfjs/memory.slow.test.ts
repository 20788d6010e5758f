// Memory over 10,000 runs, of tfjs and of the whole process.
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import * as tf from "@tensorflow/tfjs-core";
import { describe, expect, test } from "vitest";
import { tensorFromNDArray } from "../../../src/runtime/arrays.js";
import { available } from "../available.js";
import { cases } from "../programs.js";

setFlagsFromString("--expose-gc");
const collectGarbage = runInNewContext("gc") as () => void;

for (const name of ["tfjs:cpu", "tfjs:wasm", "tfjs:tensorflow", "tfjs:webgpu"]) {
  const engine = await available(name);
  const runs = name === "tfjs:webgpu" ? 1000 : 10_000;
  describe.skipIf(!engine)(name, () => {
    test.each(Object.keys(cases))(`%s: memory is flat over ${runs} runs`, async (title) => {
      await tf.setBackend(name.slice(5));
      const { program, inputs } = cases[title]!;
      const tensors = inputs.map(tensorFromNDArray);
      const executable = engine!.compile(program);
      const run = async (times: number) => {
        for (let i = 0; i < times; i++) tf.dispose(await executable.runAsync(tensors));
      };
      await run(runs / 10);
      const tensorsBefore = tf.memory().numTensors;
      collectGarbage();
      const bytesBefore = process.memoryUsage().rss;
      await run(runs);
      expect(tf.memory().numTensors).toBe(tensorsBefore);
      collectGarbage();
      // pages that the heap has not given back are allowed for
      expect(process.memoryUsage().rss - bytesBefore).toBeLessThan(2 ** 27);
      executable.dispose();
      tf.dispose(tensors);
    });
  });
}
