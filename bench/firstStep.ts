// What tracing, transforming and compiling take (`compileMs` of a fit): first in a process that has fitted nothing before, then
// for other numbers of draws in the same process, which share no module.  npx tsx bench/firstStep.ts [processes]
import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import * as tf from "@tensorflow/tfjs-core";
import { fit, type Objective } from "elbow";
import { bound, makeNetwork, sizes } from "../models/air.js";
import { canvasSide } from "../models/support/canvases.js";
import { workloads } from "./workloads/all.js";

const names = ["W2", "W4", "AIR"];
const draws = [1, 2, 3, 4];
const [, , argument = "9"] = process.argv;

if (names.includes(argument)) console.log(JSON.stringify(await measure(argument)));
else compare(Number(argument));

/** Milliseconds for each number of draws, one after the other. */
async function measure(name: string): Promise<number[]> {
  const { parameters, data, objective } = name === "AIR" ? air() : workloads.get(name)!().variants[0]!;
  const times: number[] = [];
  for (const count of draws) {
    const { compileMs } = await fit(objective(), {
      parameters: parameters as object,
      data,
      steps: 1,
      draws: count,
      unused: "keep",
    });
    times.push(compileMs);
  }
  return times;
}

/** Attend–Infer–Repeat at full sizes, 64 canvases, all numbers of objects enumerated. */
function air() {
  return {
    parameters: makeNetwork(sizes.full),
    data: [tf.fill([64, canvasSide ** 2], 0.5)] as const,
    objective: () => bound("enumerate") as unknown as Objective<object, readonly unknown[]>,
  };
}

/** Prints the best and the median over processes, the workloads in turns. */
function compare(processes: number): void {
  const times = new Map(names.map((name) => [name, draws.map((): number[] => [])]));
  for (let i = 0; i < processes; i++)
    for (const [name, lists] of times) {
      const child = spawnSync(process.execPath, [...process.execArgv, fileURLToPath(import.meta.url), name]);
      const found = JSON.parse(child.stdout.toString()) as number[];
      lists.forEach((list, k) => {
        list.push(found[k]!);
      });
    }
  for (const [name, lists] of times) {
    const texts = lists.map((list) => {
      const sorted = list.toSorted((a, b) => a - b);
      return `${sorted[0]!.toFixed(0)} (${sorted[sorted.length >> 1]!.toFixed(0)})`;
    });
    console.log(`${name}, ms, best (median) of ${processes}: cold ${texts[0]}; then ${texts.slice(1).join(", ")}`);
  }
}
