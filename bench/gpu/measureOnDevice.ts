// Optimizer steps of a workload on engines of Elbow and on JAX, on the same device, in turns.
import type { Engine } from "elbow";
import { type ElbowRunner, elbowRunner } from "../harness/elbowRunner.js";
import { gpuPeers, runPythonPeer, whyMissing } from "../harness/pythonPeers.js";
import { type Effort, timeInTurns } from "../harness/timing.js";
import type { Variant } from "../harness/workload.js";

/** A size of a workload that is not compared with loops in JavaScript. */
export type DeviceVariant = Pick<
  Variant,
  "name" | "parameters" | "data" | "draws" | "learningRate" | "scale" | "objective"
>;

/** Milliseconds per optimizer step of one implementation, or why it has none. */
export interface Timed {
  readonly workload: string;
  readonly variant: string;
  readonly name: string;
  readonly ms?: number;
  readonly min?: number;
  readonly max?: number;
  readonly loss?: number;
  readonly firstStepMs?: number;
  readonly reason?: string;
}

/** After so many steps losses are compared, as means over the last of them. */
const comparedSteps = 20;
const lastSteps = 2;

export interface DevicePlan {
  readonly engines: readonly Engine[];
  readonly effort: Effort;
  /** JAX's name of the device; undefined leaves JAX out. */
  readonly jaxPlatform: string | undefined;
}

export async function measureOnDevice(workload: string, of: DeviceVariant, plan: DevicePlan): Promise<Timed[]> {
  const common = { workload, variant: of.name };
  const rows: Timed[] = [];
  const runners: ElbowRunner[] = [];
  const losses: number[] = [];
  for (const engine of plan.engines)
    try {
      const runner = await elbowRunner(of, engine);
      await runner.run(comparedSteps - lastSteps);
      losses.push(await runner.run(lastSteps));
      runners.push(runner);
    } catch (error) {
      const reason = (error instanceof Error ? error.message : String(error)).split("\n")[0]!;
      rows.push({ ...common, name: engine.name, reason });
    }
  const timings = await timeInTurns(runners, plan.effort);
  runners.forEach(({ name, firstStepMs, dispose }, i) => {
    const { ms, min, max } = timings[i]!;
    rows.push({ ...common, name, ms, min, max, loss: losses[i]!, firstStepMs });
    dispose();
  });
  if (plan.jaxPlatform === undefined) return rows;
  for (const peer of gpuPeers.filter(({ workloads }) => workloads.includes(workload))) {
    const outcome = whyMissing(peer) ?? runPythonPeer(peer, workload, of, comparedSteps, plan.effort, plan.jaxPlatform);
    if (typeof outcome === "string") rows.push({ ...common, name: peer.name, reason: outcome });
    else
      rows.push({ ...common, name: peer.name, ms: outcome.ms, min: outcome.min, max: outcome.max, loss: outcome.loss });
  }
  return rows;
}
