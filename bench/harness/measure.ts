import type { Engine } from "elbow";
import { eagerRunner } from "./eagerRunner.js";
import { type ElbowRunner, elbowRunner, runFit } from "./elbowRunner.js";
import { handWrittenRunner } from "./handWrittenRunner.js";
import { pythonPeers, runPythonPeer, whyMissing } from "./pythonPeers.js";
import type { Agreement, PeerResult, Result, Skipped } from "./report.js";
import type { Runner } from "./runner.js";
import { type Effort, timeInTurns } from "./timing.js";
import type { Variant, Workload } from "./workload.js";

/** What to measure, and how long. */
export interface Plan {
  readonly engines: readonly Engine[];
  /** Backends of the eager versions. */
  readonly backends: readonly string[];
  /** Engines that the user has named run whatever it takes. */
  readonly isNamed: (engine: string) => boolean;
  readonly isQuick: boolean;
  readonly effort: Effort;
  /** Expected seconds of one step above which an implementation is left out. */
  readonly longestStep: number;
}

export interface Measured {
  readonly results: readonly Result[];
  readonly peers: readonly PeerResult[];
  readonly skipped: readonly Skipped[];
  /** Empty if there is nothing to compare. */
  readonly agreement: readonly Agreement[];
}

/** Expected GFLOP/s: low, since whole steps are meant. */
const rates: Readonly<Record<string, number>> = { reference: 0.15, "tfjs:cpu": 0.15, "hand-written": 2 };
const usualRate = 3;

/** Expected seconds for an amount of arithmetic. */
export const expectedSeconds = (name: string, gigaflops: number): number => gigaflops / (rates[name] ?? usualRate);

const firstLine = (error: unknown): string => (error instanceof Error ? error.message : String(error)).split("\n")[0]!;

/** A run of the compared steps: the mean loss of the last tenth. */
async function comparedLoss(runner: Runner, steps: number): Promise<number> {
  const last = Math.max(1, Math.ceil(steps / 10));
  if (steps > last) await runner.run(steps - last);
  return runner.run(last);
}

/** All implementations of one size of a workload, in this order: compared steps of each, then timings in turns. */
export async function measureVariant({ name: workload }: Workload, of: Variant, plan: Plan): Promise<Measured> {
  const { engines, backends, isNamed, isQuick, effort, longestStep } = plan;
  const { steps, tolerance } = isQuick ? of.quickComparison : of.comparison;
  const variant = of.name;
  const skipped: Skipped[] = [];
  const fits = (name: string, rateOf: string): boolean => {
    const seconds = expectedSeconds(rateOf, of.gigaflops);
    if (seconds <= longestStep) return true;
    skipped.push({ workload, variant, name, reason: `one step would take about ${Number(seconds.toPrecision(1))} s` });
    return false;
  };

  const own: { engine: Engine; runner: ElbowRunner; loss: number; fitMs: number }[] = [];
  for (const engine of engines) {
    if (!isNamed(engine.name) && !fits(`elbow ${engine.name}`, engine.name)) continue;
    try {
      const runner = await elbowRunner(of, engine);
      const { loss, seconds } = await runFit(of, engine, steps);
      own.push({ engine, runner, loss, fitMs: (1000 * seconds) / steps });
    } catch (error) {
      skipped.push({ workload, variant, name: `elbow ${engine.name}`, reason: firstLine(error) });
    }
  }
  const others: { runner: Runner; loss: number }[] = [];
  if (fits("hand-written", "hand-written")) {
    const runner = handWrittenRunner(of);
    others.push({ runner, loss: await comparedLoss(runner, steps) });
  }
  for (const backend of backends) {
    if (!fits(`eager tfjs:${backend}`, `tfjs:${backend}`)) continue;
    const runner = eagerRunner(of, backend);
    others.push({ runner, loss: await comparedLoss(runner, steps) });
  }

  const timings = await timeInTurns(
    [...own, ...others].map(({ runner }) => runner),
    effort,
  );
  for (const { runner } of [...own, ...others]) runner.dispose();
  // a fit that was over before it began says how long tracing takes, not a step
  for (const [i, each] of own.entries()) {
    const many = Math.ceil((20 * effort.repeatMs) / timings[i]!.ms);
    if (many > 2 * steps)
      each.fitMs = (1000 * (await runFit(of, each.engine, many, Math.max(100, Math.ceil(many / 50)))).seconds) / many;
  }

  const peers: PeerResult[] = others.map(({ runner, loss }, i) => {
    const { ms, min, max } = timings[own.length + i]!;
    return { workload, variant, peer: runner.name, ms, min, max, loss };
  });
  for (const peer of pythonPeers.filter(({ workloads }) => workloads.includes(workload))) {
    const reason = whyMissing(peer);
    const outcome = reason ?? runPythonPeer(peer, workload, of, steps, effort);
    if (typeof outcome === "string") skipped.push({ workload, variant, name: peer.name, reason: outcome });
    else peers.push(outcome);
  }

  const results = own.map(({ runner, loss, fitMs }, i): Result => {
    const { ms, min, max } = timings[i]!;
    return {
      workload,
      variant,
      engine: runner.name,
      ms,
      min,
      max,
      against: Object.fromEntries(peers.map((peer) => [peer.peer, ms / peer.ms])),
      loss,
      firstStepMs: runner.firstStepMs,
      fitMs,
      equations: runner.program.equations.length,
    };
  });
  const losses = [...results, ...peers].map(({ loss }) => loss);
  if (losses.length < 2) return { results, peers, skipped, agreement: [] };
  const lowest = Math.min(...losses);
  const highest = Math.max(...losses);
  const agrees = highest - lowest <= tolerance;
  return { results, peers, skipped, agreement: [{ workload, variant, steps, lowest, highest, tolerance, agrees }] };
}
