/**
 * What a gradient of an ELBO with one binary choice per datum costs under each strategy, in passes forward and back of the
 * same cost at given choices: `npx tsx bench/strategies/main.ts [data]`.
 */
import type { Tensor } from "@tensorflow/tfjs-core";
import * as tf from "@tensorflow/tfjs-core";
import { engineByName, seedKey } from "elbow";
import { parameterTensors } from "../../src/inference/prepare.js";
import { build } from "../../src/ir/builder.js";
import { inline } from "../../src/ir/interpret.js";
import { add, mul } from "../../src/ir/primitives/elementwise.js";
import { foldIn } from "../../src/ir/primitives/random.js";
import type { Program } from "../../src/ir/program.js";
import { simplify } from "../../src/transforms/simplify.js";
import { timeInTurns } from "../harness/timing.js";
import { dataOf, gradientProgram, onePassProgram, strategies, weights } from "./perDatumElbo.js";

const count = Number(process.argv[2] ?? 10_000);
const engine = await engineByName("wasm:1");
const parameters = parameterTensors(weights());

/** [key, weights…, data] → the next of both: small steps, each with numbers of its own. */
const stepOf = (gradient: Program): Program =>
  simplify(
    build(gradient.inputs, (...inputs) => {
      const [, ...slopes] = inline(gradient, inputs);
      const next = slopes.map((slope, i) => add(inputs[i + 1]!, mul(slope, 1e-12)));
      return [foldIn(inputs[0]!, 1), ...next];
    }),
  );

function runner(name: string, program: Program, data: readonly Tensor[]) {
  const executable = engine.compile(stepOf(program));
  const carried = [tf.tidy(() => seedKey(1)), ...parameters];
  const run = async (steps: number): Promise<number> => {
    tf.dispose(await executable.iterate([...carried, ...data], carried.length, steps));
    return 0;
  };
  return { name, run };
}

const x = dataOf(count);
const z = tf.tensor1d(Array.from({ length: count }, (_, i) => (i * 7) % 2));
const runners = [
  runner("one pass forward and back", onePassProgram(count), [x, z]),
  ...Object.entries(strategies).map(([name, on]) => runner(name, gradientProgram(on, count), [x])),
];
const timings = await timeInTurns(runners, { repeatMs: 60, repeats: 11, limitMs: 4000 });
const [base] = timings;
for (const [i, { min }] of timings.entries())
  console.log(
    `${runners[i]!.name.padEnd(26)} ${min.toFixed(3).padStart(8)} ms   ${(min / base!.min).toFixed(2).padStart(5)} passes`,
  );
process.exit();
