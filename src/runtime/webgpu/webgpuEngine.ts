import { type DataId, dispose, type Tensor } from "@tensorflow/tfjs-core";
import { ElbowError } from "../../errors.js";
import type { Program } from "../../ir/program.js";
import { sizeOf } from "../../util/shapes.js";
import { checkInputs, checkIteration } from "../checkInputs.js";
import type { Engine, EngineStats, Executable, ExecutableDetails } from "../engine.js";
import { type Command, type Compiled, compileProgram } from "./compiled.js";
import { type Gpu, type GpuOptions, openGpu } from "./gpu.js";
import { place } from "./inputs.js";
import { allocate, free, type Memory } from "./memory.js";
import { resultsOf } from "./results.js";
import { runSteps } from "./run.js";
import { areFinite, valuesOf } from "./tensorValues.js";

/** A compiled program with its memory, and whose values stand in its inputs. */
interface Ready {
  readonly compiled: Compiled;
  memory: Promise<Memory> | undefined;
  readonly uploaded: (DataId | undefined)[];
}

function compileWebgpu(gpu: Gpu, program: Program): Executable {
  // by number of carried outputs
  const known = new Map<number, Ready>();
  /** The last run: they take turns, since they share memory. */
  let last: Promise<unknown> = Promise.resolve();

  const readyFor = (carried: number): Ready => {
    const ready = known.get(carried) ?? {
      compiled: compileProgram(gpu, program, carried),
      memory: undefined,
      uploaded: [],
    };
    known.set(carried, ready);
    return ready;
  };

  async function take(inputs: readonly Tensor[], carried: number, steps: number): Promise<Tensor[]> {
    gpu.check();
    const ready = readyFor(carried);
    const { compiled, uploaded } = ready;
    ready.memory ??= allocate(gpu, compiled);
    const memory = await ready.memory.catch((error) => {
      // what does not fit now may fit later
      ready.memory = undefined;
      throw error;
    });
    const checkInputBuffers = await place(gpu, compiled, memory, inputs, carried, uploaded);
    await runSteps(gpu, compiled, memory, steps);
    const results = await resultsOf(gpu, compiled, memory, program, steps);
    try {
      checkInputBuffers();
    } catch (error) {
      dispose(results);
      throw error;
    }
    return results;
  }

  const inTurn = <R>(work: () => Promise<R>): Promise<R> => {
    const turn = last.then(work);
    last = turn.catch(() => undefined);
    return turn;
  };

  return {
    prepare: (carried) => {
      readyFor(carried);
    },
    run: (inputs) => {
      checkInputs(program, inputs);
      throw new ElbowError("needs-await", {
        message: 'engine "webgpu" cannot read values synchronously',
        hint: "Use runAsync (or the awaited form of the function that you called).",
      });
    },
    runAsync: async (inputs) => {
      checkInputs(program, inputs);
      return inTurn(() => take(inputs, 0, 1));
    },
    iterate: async (inputs, carried, steps) => {
      checkInputs(program, inputs);
      checkIteration(program, carried, steps);
      return inTurn(() => take(inputs, carried, steps));
    },
    details: (carried = 0) => detailsOf(readyFor(carried).compiled),
    dispose: () => {
      const all = [...known.values()];
      known.clear();
      void inTurn(async () => {
        for (const { memory } of all) if (memory) free(gpu, await memory);
      }).catch(() => undefined);
    },
  };
}

function detailsOf({ commands, words, ownInputs }: Compiled): ExecutableDetails {
  const host: string[] = [];
  const count = (some: readonly Command[]): number =>
    some.reduce((sum, command) => {
      if (command.kind === "host") host.push(command.root.equation!.primitive.name);
      return (
        sum +
        (command.kind === "launch" ? 1 : command.kind === "repeat" ? command.loop.length * count(command.commands) : 0)
      );
    }, 0);
  const kernels = count(commands);
  const lengths = [...words, ...ownInputs.map(({ shape }) => sizeOf(shape))];
  return { kernels, bytes: lengths.reduce((sum, each) => sum + 4 * each, 0), hostEvaluated: [...new Set(host)] };
}

export interface WebgpuEngine extends Engine {
  readonly stats: () => EngineStats;
  /** Resolves when the device is gone. */
  readonly lost: Promise<unknown>;
  /** What it computes on, and buffers of tensors must be on to be used as they are. */
  readonly device: GPUDevice;
  /** Gives the device back, unless it is somebody else's; nothing runs on it any more. */
  readonly close: () => void;
}

/**
 * The engine that compiles programs to fused WebGPU kernels, on a device of its own unless it is given one.
 *
 * @throws ElbowError `engine-unavailable`
 */
export async function openWebgpu(options?: GpuOptions): Promise<WebgpuEngine> {
  const gpu = await openGpu(options);
  const engine: WebgpuEngine = {
    name: "webgpu",
    compile: (program) => compileWebgpu(gpu, program),
    read: (tensors) => valuesOf(gpu, tensors),
    areFinite: (tensor) => areFinite(gpu, engine, tensor),
    stats: () => ({ ...gpu.counters }),
    lost: gpu.lost,
    device: gpu.device,
    close: () => {
      if (!options?.device) gpu.device.destroy();
    },
  };
  return engine;
}

export { findGpu } from "./gpu.js";
