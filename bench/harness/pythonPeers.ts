// NumPyro and plain JAX on the same data, where Python has them.
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Tensor } from "@tensorflow/tfjs-core";
import type { PeerResult } from "./report.js";
import type { Effort } from "./timing.js";
import { leaves, type Variant } from "./workload.js";

interface PythonPeer {
  readonly name: string;
  readonly script: string;
  /** Arguments of the script. */
  readonly options?: readonly string[];
  readonly modules: readonly string[];
  readonly workloads: readonly string[];
}

/** One batched backward pass against a gradient for every image: the latter on GPUs only, where it can be borne. */
export const gpuPeers: readonly PythonPeer[] = [
  {
    name: "JAX, jitted",
    script: "jaxJit.py",
    modules: ["jax"],
    workloads: ["W1", "W2", "W3", "W4", "W5", "W5s", "W6", "VAE"],
  },
  { name: "JAX, vmap(grad)", script: "jaxJit.py", options: ["per-example"], modules: ["jax"], workloads: ["VAE"] },
  { name: "JAX, jitted", script: "jaxAir.py", modules: ["jax"], workloads: ["AIR"] },
];

const everything = ["W1", "W2", "W3", "W4", "W5", "W5s", "W6"];
export const pythonPeers: readonly PythonPeer[] = [
  {
    name: "NumPyro, lax.scan",
    script: "numpyroScan.py",
    modules: ["jax", "numpyro", "funsor"],
    workloads: ["W1", "W2", "W3", "W5"],
  },
  { name: "JAX, jitted", script: "jaxJit.py", modules: ["jax"], workloads: everything },
];

const missing = new Map<string, string | undefined>();

/** Why a peer cannot run here; undefined if it can. */
export function whyMissing({ modules }: PythonPeer): string | undefined {
  const key = modules.join();
  if (!missing.has(key)) missing.set(key, findMissing(modules));
  return missing.get(key);
}

function findMissing(modules: readonly string[]): string | undefined {
  if (spawnSync("python3", ["--version"]).status !== 0) return "python3 is not on the PATH";
  for (const module of modules)
    if (spawnSync("python3", ["-c", `import ${module}`]).status !== 0) return `python3 has no module ${module}`;
  return undefined;
}

const scripts = join(import.meta.dirname, "..", "peers");

/** Runs a peer in a process of its own, on the workload's tensors as raw files. */
export function runPythonPeer(
  peer: PythonPeer,
  workload: string,
  of: Pick<Variant, "name" | "draws" | "learningRate" | "parameters" | "data">,
  steps: number,
  { repeatMs, repeats }: Effort,
  /** JAX's name of what it runs on: cpu, which is held to one thread, or cuda. */
  platform = "cpu",
): PeerResult | string {
  const folder = mkdtempSync(join(tmpdir(), "elbow-bench-"));
  try {
    const save = (tensor: Tensor, name: string) => {
      writeFileSync(join(folder, name), Buffer.from(Float32Array.from(tensor.dataSync()).buffer));
      return { file: name, shape: tensor.shape };
    };
    const task = {
      workload,
      variant: of.name,
      draws: of.draws,
      learningRate: of.learningRate,
      steps,
      repeatMs,
      repeats,
      parameters: leaves(of).map(({ leaf, path }) => ({
        path,
        ...save(leaf, `parameter.${path.join(".")}`),
      })),
      data: of.data.map((tensor, i) => save(tensor, `data.${i}`)),
    };
    writeFileSync(join(folder, "task.json"), JSON.stringify(task));
    const { status, stdout, stderr } = spawnSync(
      "python3",
      [join(scripts, peer.script), folder, ...(peer.options ?? [])],
      {
        encoding: "utf8",
        timeout: 300_000,
        env: {
          ...process.env,
          JAX_PLATFORMS: platform,
          ...(platform === "cpu" && {
            XLA_FLAGS: "--xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1",
          }),
        },
      },
    );
    if (status !== 0) return stderr.trim().split("\n").at(-1) || "it failed";
    const timing = JSON.parse(stdout.trim().split("\n").at(-1)!) as Omit<PeerResult, "workload" | "variant" | "peer">;
    return { workload, variant: of.name, peer: peer.name, ...timing };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
