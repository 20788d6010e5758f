import { type DataId, type Tensor, engine as tfjsEngine } from "@tensorflow/tfjs-core";
import { ElbowError } from "../../errors.js";
import type { DType, Program } from "../../ir/program.js";
import { sizeOf } from "../../util/shapes.js";
import { type Data, dataFromElements } from "../arrays.js";
import { checkInputs, checkIteration } from "../checkInputs.js";
import type { Engine, EngineStats, Executable, ExecutableDetails } from "../engine.js";
import { type Command, type Compiled, compileProgram } from "./compiled.js";
import { type Gpu, type GpuOptions, openGpu } from "./gpu.js";
import { allocate, free, type Memory, read, write } from "./memory.js";
import { runSteps } from "./run.js";

/** A compiled program with its memory, and which tensors stand in its inputs. */
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

  async function upload(ready: Ready, inputs: readonly Tensor[], carried: number): Promise<Memory> {
    const { compiled, uploaded } = ready;
    const isNew = inputs.map((tensor, i) => i < carried || uploaded[i] !== tensor.dataId);
    const data = await Promise.all(
      inputs.map((tensor, i) => (isNew[i] ? (tensor.data() as Promise<Data>) : undefined)),
    );
    ready.memory ??= allocate(gpu, compiled);
    const memory = await ready.memory.catch((error) => {
      // what does not fit now may fit later
      ready.memory = undefined;
      throw error;
    });
    compiled.inputs.forEach((input, i) => {
      const each = data[i];
      if (!each || sizeOf(input.shape) === 0) return;
      write(
        gpu,
        memory,
        compiled.places.position(input, () => 0),
        input,
        each,
      );
      uploaded[i] = inputs[i]!.dataId;
    });
    return memory;
  }

  async function take(inputs: readonly Tensor[], carried: number, steps: number): Promise<Tensor[]> {
    gpu.check();
    const ready = readyFor(carried);
    const { compiled } = ready;
    const memory = await upload(ready, inputs, carried);
    await runSteps(gpu, compiled, memory, steps);
    const present = compiled.outputs.flatMap((variable) =>
      variable
        ? [
            {
              variable,
              position: compiled.places.position(variable, (loop) =>
                loop === compiled.steps ? (steps - 1) & 1 : Number.parseInt(loop.index, 10),
              ),
            },
          ]
        : [],
    );
    const data = present.length > 0 ? await read(gpu, memory, present) : [];
    const found = [...data];
    return compiled.outputs.map((output, i) => {
      const { shape, dtype } = program.outputs[i]!;
      return tensorOf(output ? found.shift()! : dataFromElements(new Float64Array(0), dtype), shape, dtype);
    });
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

const tensorOf = (data: Data, shape: readonly number[], dtype: DType): Tensor =>
  tfjsEngine().makeTensor(data, [...shape], dtype);

function detailsOf({ commands, words }: Compiled): ExecutableDetails {
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
  return { kernels, bytes: words.reduce((sum, each) => sum + 4 * each, 0), hostEvaluated: [...new Set(host)] };
}

export interface WebgpuEngine extends Engine {
  readonly stats: () => EngineStats;
  /** Resolves when the device is gone. */
  readonly lost: Promise<unknown>;
  /** Gives the device back; nothing runs on it any more. */
  readonly close: () => void;
}

/**
 * The engine that compiles programs to fused WebGPU kernels, on a device of its own.
 *
 * @throws ElbowError `engine-unavailable`
 */
export async function openWebgpu(options?: GpuOptions): Promise<WebgpuEngine> {
  const gpu = await openGpu(options);
  return {
    name: "webgpu",
    compile: (program) => compileWebgpu(gpu, program),
    stats: () => ({ ...gpu.counters }),
    lost: gpu.lost,
    close: () => gpu.device.destroy(),
  };
}

export { findGpu } from "./gpu.js";
