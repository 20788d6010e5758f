// How the values of input tensors come before the kernels: as the tensor's own buffer, copied on the GPU, or from the host.
import type { DataId, Tensor } from "@tensorflow/tfjs-core";
import { ElbowError } from "../../errors.js";
import type { Variable } from "../../ir/program.js";
import { sizeOf } from "../../util/shapes.js";
import type { Data } from "../arrays.js";
import type { Compiled } from "./compiled.js";
import { convertToFloats } from "./convert.js";
import { destroyBuffer, type Gpu } from "./gpu.js";
import { allocateInput, bind, type Memory, write } from "./memory.js";
import { bufferOf, flush, type TensorBuffer } from "./tfjsBuffers.js";

/** Throws if a tensor whose buffer is bound has given it back. */
export type StillBound = () => void;

/**
 * Puts inputs where the kernels look for them. Carried ones, which are overwritten, are always put there anew.
 *
 * @param present - by input: whose values stand there
 */
export async function place(
  gpu: Gpu,
  compiled: Compiled,
  memory: Memory,
  tensors: readonly Tensor[],
  carried: number,
  present: (DataId | undefined)[],
): Promise<StillBound> {
  const { inputs, ownInputs } = compiled;
  const isNew = tensors.map(({ dataId }, i) => i < carried || present[i] !== dataId);
  const found = tensors.map((tensor) => bufferOf(tensor, gpu.device));
  const data = await Promise.all(
    tensors.map((tensor, i) => (isNew[i] && !found[i] ? (tensor.data() as Promise<Data>) : undefined)),
  );
  for (const [at, input] of ownInputs.entries()) {
    const i = inputs.indexOf(input);
    if (!isBindable(found[i], input)) memory.inputs[at] ??= await allocateInput(gpu, input);
  }
  // from here on nothing is awaited: tfjs cannot come between
  for (const backend of new Set(found.flatMap((each) => each?.backend ?? []))) flush(backend);
  const encoder = gpu.device.createCommandEncoder();
  let isCopying = false;
  const bound: { readonly tensor: Tensor; readonly buffer: GPUBuffer; readonly i: number }[] = [];
  inputs.forEach((input, i) => {
    const size = sizeOf(input.shape);
    if (size === 0) return;
    const at = ownInputs.indexOf(input);
    const onGpu = found[i];
    if (at >= 0 && isBindable(onGpu, input)) {
      const own = memory.inputs[at];
      if (own) destroyBuffer(gpu, own);
      memory.inputs[at] = undefined;
      present[i] = undefined;
      bound.push({ tensor: tensors[i]!, buffer: onGpu.buffer, i });
      return;
    }
    if (!isNew[i]) return;
    present[i] = tensors[i]!.dataId;
    const position = compiled.places.position(input, () => 0);
    const target = memory.inputs[at] ?? memory.buffers[position.buffer]!;
    if (!onGpu) write(gpu, memory, position, input, data[i]!);
    else if (isConverted(onGpu, input)) convertToFloats(gpu, onGpu.buffer, target, position.word, size);
    else {
      encoder.copyBufferToBuffer(onGpu.buffer, 0, target, 4 * position.word, 4 * size);
      isCopying = true;
    }
  });
  if (isCopying) {
    gpu.device.queue.submit([encoder.finish()]);
    gpu.counters.submits++;
  }
  const all = ownInputs.map((input, at) => memory.inputs[at] ?? bound.find(({ i }) => inputs[i] === input)!.buffer);
  bind(gpu, compiled, memory, all);
  return () => {
    for (const { tensor, buffer, i } of bound) if (bufferOf(tensor, gpu.device)?.buffer !== buffer) throw goneInput(i);
  };
}

const isConverted = ({ isInteger }: TensorBuffer, { dtype }: Variable): boolean => isInteger && dtype === "float32";

const isBindable = (found: TensorBuffer | undefined, input: Variable): found is TensorBuffer =>
  found !== undefined && !isConverted(found, input);

const goneInput = (position: number): ElbowError =>
  new ElbowError("input-disposed", {
    message: `input ${position} was disposed, or moved to another backend, while the program ran on its buffer`,
    hint: "Keep inputs on tfjs' webgpu backend until the run has ended.",
  });
