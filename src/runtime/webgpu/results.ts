import { type Tensor, engine as tfjsEngine } from "@tensorflow/tfjs-core";
import type { Program } from "../../ir/program.js";
import { sizeOf } from "../../util/shapes.js";
import { dataFromElements } from "../arrays.js";
import type { Compiled } from "./compiled.js";
import { accepted, type Gpu } from "./gpu.js";
import { type Memory, read } from "./memory.js";
import { activeBackend, type NewTensors, newTensors, type TfjsBackend } from "./tfjsBuffers.js";

/** The outputs of the last of some steps: on the GPU if tfjs is at work there, too, else read. */
export async function resultsOf(
  gpu: Gpu,
  compiled: Compiled,
  memory: Memory,
  program: Program,
  steps: number,
): Promise<Tensor[]> {
  const values = compiled.outputs.flatMap((variable) => {
    if (!variable) return [];
    const position = compiled.places.position(variable, (loop) =>
      loop === compiled.steps ? (steps - 1) & 1 : Number.parseInt(loop.index, 10),
    );
    return [{ variable, position }];
  });
  const types = program.outputs.filter((_, i) => compiled.outputs[i]);
  const backend = activeBackend(gpu.device);
  let found: Tensor[];
  if (values.length === 0) found = [];
  else if (backend) {
    const sources = values.map(({ position }, i) => ({
      ...types[i]!,
      word: position.word,
      buffer: memory.bound[position.buffer]!,
    }));
    found = await onGpu(gpu, backend, sources);
  } else
    found = (await read(gpu, memory, values)).map((data, i) =>
      tfjsEngine().makeTensor(data, [...types[i]!.shape], types[i]!.dtype),
    );
  const rest = [...found];
  return compiled.outputs.map((output, i) => {
    const { shape, dtype } = program.outputs[i]!;
    if (output) return rest.shift()!;
    return tfjsEngine().makeTensor(dataFromElements(new Float64Array(0), dtype), [...shape], dtype);
  });
}

async function onGpu(gpu: Gpu, backend: TfjsBackend, sources: Parameters<typeof newTensors>[1]): Promise<Tensor[]> {
  let made: NewTensors | undefined;
  try {
    const bytes = sources.reduce((sum, { shape }) => sum + 4 * sizeOf(shape), 0);
    await accepted(gpu, bytes, () => {
      made = newTensors(backend, sources);
    });
    gpu.counters.submits++;
    gpu.check();
  } catch (error) {
    made?.drop();
    throw error;
  }
  return made!.release();
}
