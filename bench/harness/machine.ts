import { execFileSync } from "node:child_process";
import { cpus, loadavg, release, totalmem } from "node:os";
import { formatCeilings } from "../../src/report/stepTable.js";
import { usesFma } from "../../src/runtime/wasm/assembler/fma.js";
import { type Ceilings, measureCeilings } from "../../src/runtime/wasm/ceilings.js";

/** Where and when figures were taken. */
export interface Machine {
  readonly cpu: string;
  readonly cores: number;
  readonly memoryGiB: number;
  readonly platform: string;
  readonly node: string;
  readonly v8: string;
  /** Whether the wasm engine uses fused multiply-adds (ELBOW_FMA). */
  readonly fma: boolean;
  /** What one thread can do at most. */
  readonly ceilings: Ceilings;
  /** Load average of the last minute before the run. */
  readonly load: number;
  readonly commit: string;
  readonly date: string;
}

export function describeMachine(): Machine {
  const [first] = cpus();
  return {
    cpu: first?.model.trim() ?? "unknown",
    cores: cpus().length,
    memoryGiB: Math.round(totalmem() / 2 ** 30),
    platform: `${process.platform} ${process.arch} ${release()}`,
    node: process.version,
    v8: process.versions.v8,
    fma: usesFma(),
    ceilings: measureCeilings(),
    load: loadavg()[0]!,
    commit: currentCommit(),
    date: new Date().toISOString(),
  };
}

function currentCommit(): string {
  try {
    return execFileSync("git", ["describe", "--always", "--dirty"], {
      encoding: "utf8",
      stdio: ["ignore", "pipe", "ignore"],
    }).trim();
  } catch {
    return "unknown";
  }
}

export const formatMachine = ({
  cpu,
  cores,
  memoryGiB,
  platform,
  node,
  v8,
  fma,
  ceilings,
  load,
  commit,
  date,
}: Machine): string =>
  `${cpu}, ${cores} cores, ${memoryGiB} GiB, ${platform}, Node ${node} (V8 ${v8}), ${fma ? "with" : "without"} FMA, load ${load.toFixed(1)}, commit ${commit}, ${date}\none thread: ${formatCeilings(ceilings)}`;
