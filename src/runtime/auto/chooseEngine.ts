// What `auto` is for a program: the engine that is predicted to take less time.
import { ElbowError } from "../../errors.js";
import type { Program } from "../../ir/program.js";
import type { GpuLike } from "../adapters.js";
import type { AutomaticChoice, Engine } from "../engine.js";
import { type Ceilings, measureCeilings } from "../wasm/ceilings.js";
import { isHardware, mayHaveGpu } from "./hardware.js";
import { measureGpu } from "./measureGpu.js";
import { type GpuRates, predictGpu, predictWasm, typicalCeilings } from "./predict.js";
import { stepCost } from "./stepCost.js";

/** A GPU that is open, and what it can do. */
export interface OpenGpu {
  readonly engine: Engine;
  readonly rates: GpuRates;
}

/** What the choice depends on besides the program. */
export interface Machine {
  /** Whether looking for a GPU may find one; nothing is loaded for it. */
  readonly mayHaveGpu: () => Promise<boolean>;
  /** Opens and measures the GPU; undefined where there is none but in software. */
  readonly openGpu: () => Promise<OpenGpu | undefined>;
  readonly ceilings: () => Ceilings;
}

/** The engine and, where a GPU was worth a thought, why. */
export interface Chosen {
  readonly engine: Engine;
  readonly choice: AutomaticChoice;
  /** Whether steps are so small that no GPU was looked for. */
  readonly isSmall: boolean;
}

/** Steps that take less than this on the engine `wasm` are not worth a GPU. */
const leastMicroseconds = 2000;

/**
 * Chooses between the engine `wasm` and the GPU for steps of a program.
 *
 * @param wasm - the engine that it is without a GPU
 * @param carried - how many leading outputs are the leading inputs of the next step
 */
export async function chooseEngine(
  program: Program,
  carried: number,
  wasm: Engine,
  machine: Machine = thisMachine,
): Promise<Chosen> {
  const cost = stepCost(program);
  const threads = wasm.details?.().threads ?? 1;
  const rough = predictWasm(cost, typicalCeilings, threads);
  const stay = (reason: string, wasmMicroseconds = rough, webgpuMicroseconds?: number): Chosen => ({
    engine: wasm,
    choice: { engine: wasm.name, reason, wasmMicroseconds, webgpuMicroseconds },
    isSmall: rough < leastMicroseconds,
  });
  if (rough < leastMicroseconds) return stay("steps are small");
  if (!(await machine.mayHaveGpu())) return stay("no GPU");
  const gpu = await machine.openGpu();
  if (!gpu) return stay("no GPU in hardware that works");
  const wasmMicroseconds = predictWasm(cost, machine.ceilings(), threads);
  let executable: ReturnType<Engine["compile"]> | undefined;
  try {
    executable = gpu.engine.compile(program);
    const { kernels, hostEvaluated } = executable.details!(carried);
    if (hostEvaluated.length > 0)
      return stay(`the GPU would have to wait for ${hostEvaluated.join(", ")} on the host`, wasmMicroseconds);
    const webgpuMicroseconds = predictGpu(cost, kernels, gpu.rates);
    const reason = "predicted to be faster";
    if (webgpuMicroseconds >= wasmMicroseconds) return stay(reason, wasmMicroseconds, webgpuMicroseconds);
    const choice = { engine: gpu.engine.name, reason, wasmMicroseconds, webgpuMicroseconds };
    return { engine: gpu.engine, choice, isSmall: false };
  } catch (error) {
    if (!(error instanceof ElbowError)) throw error;
    return stay(`the GPU cannot take the program (${error.code})`, wasmMicroseconds);
  } finally {
    executable?.dispose();
  }
}

/** Looked for once per process. */
let hasHardware: Promise<boolean> | undefined;
/** A GPU that was lost is opened anew, and is another engine then. */
const measured = new WeakMap<Engine, Promise<GpuRates>>();

/** A driver that fails in whatever way must not stop a fit that never asked for a GPU. */
async function openGpu(): Promise<OpenGpu | undefined> {
  try {
    hasHardware ??= findHardware();
    if (!(await hasHardware)) return undefined;
    const { sharedWebgpu } = await import("../webgpu/sharedEngine.js");
    const engine = await sharedWebgpu();
    const rates = measured.get(engine) ?? measureGpu(engine);
    measured.set(engine, rates);
    return { engine, rates: await rates };
  } catch {
    return undefined;
  }
}

async function findHardware(): Promise<boolean> {
  const { findGpu } = await import("../webgpu/webgpuEngine.js");
  const gpu = (await findGpu([])) as unknown as GpuLike;
  const adapter = await gpu.requestAdapter({ powerPreference: "high-performance" }).catch(() => null);
  return adapter !== null && isHardware(adapter);
}

const thisMachine: Machine = { mayHaveGpu, openGpu, ceilings: measureCeilings };
