// Tensors of tfjs' webgpu backend as buffers of the GPU, where Elbow works on the same device.
import * as tf from "@tensorflow/tfjs-core";
import type { DType } from "../../ir/program.js";
import type { Data } from "../arrays.js";

/** Where tfjs' backend has a tensor's values: on the GPU, in JavaScript, or on both. */
interface TensorData {
  /** Of the buffer's elements. A tensor that was cast without loss keeps the buffer of its operand. */
  readonly dtype: tf.DataType;
  values: unknown;
  resource?: GPUBuffer | GPUTexture | GPUExternalTexture | null;
}

/** What Elbow uses of tfjs' webgpu backend. */
export interface TfjsBackend extends tf.KernelBackend {
  readonly device: GPUDevice;
  readonly tensorMap: { has(id: tf.DataId): boolean; get(id: tf.DataId): TensorData };
  readonly bufferManager: { releaseBuffer(buffer: GPUBuffer, reuse: boolean): void };
  readonly commandEncoder: GPUCommandEncoder | null;
  endComputePassEncoder(): void;
  submitQueue(): void;
  uploadToGPU(id: tf.DataId): void;
  makeTensorInfo(shape: readonly number[], dtype: DType): tf.TensorInfo;
}

const isOn = (backend: tf.KernelBackend | undefined, device: GPUDevice): backend is TfjsBackend =>
  (backend as Partial<TfjsBackend> | undefined)?.device === device;

/** The active backend, if it works on the device. */
export function activeBackend(device: GPUDevice): TfjsBackend | undefined {
  const backend = tf.engine().registry[tf.getBackend()];
  return isOn(backend, device) ? backend : undefined;
}

/** A tensor's values on the device. */
export interface TensorBuffer {
  readonly buffer: GPUBuffer;
  /** Booleans take a word each, as integers do. */
  readonly isInteger: boolean;
  /** Whether JavaScript has the values, too. */
  readonly isKnown: boolean;
  readonly backend: TfjsBackend;
}

/** Undefined if the values are in JavaScript, on another backend or on another device. */
export function bufferOf({ dataId }: tf.Tensor, device: GPUDevice): TensorBuffer | undefined {
  const backend = tf.engine().state.tensorInfo.get(dataId)?.backend;
  if (!isOn(backend, device) || !backend.tensorMap.has(dataId)) return undefined;
  const { resource, dtype, values } = backend.tensorMap.get(dataId);
  // a texture has no such state
  if (!resource || !("mapState" in resource)) return undefined;
  return { buffer: resource, isInteger: dtype !== "float32", isKnown: Boolean(values), backend };
}

/** Lets tfjs know values that were read, as its own reading does, so that nobody has to read them again. */
export function keepValues({ dataId, isDisposed }: tf.Tensor, buffer: GPUBuffer, values: Data): void {
  const { backend } = tf.engine().state.tensorInfo.get(dataId) ?? {};
  if (isDisposed || !backend || !(backend as TfjsBackend).tensorMap.has(dataId)) return;
  const data = (backend as TfjsBackend).tensorMap.get(dataId);
  if (data.resource === buffer) data.values = values;
}

/** Submits what tfjs has written down but not submitted yet, so that later commands come after it. */
export function flush(backend: TfjsBackend): void {
  backend.endComputePassEncoder();
  if (backend.commandEncoder) backend.submitQueue();
}

/** Where new values come from: elements from a word of a buffer on. */
export interface Source {
  readonly buffer: GPUBuffer;
  readonly word: number;
  readonly shape: readonly number[];
  readonly dtype: DType;
}

/** Tensors that are not known to tfjs' engine yet. */
export interface NewTensors {
  readonly release: () => tf.Tensor[];
  /** Frees them: their memory may not be there. */
  readonly drop: () => void;
}

/** Copies values into buffers that tfjs takes from its own stock, and gives back to it when the tensors are disposed. */
export function newTensors(backend: TfjsBackend, sources: readonly Source[]): NewTensors {
  // what is still to be submitted may write to a buffer in stock
  flush(backend);
  const infos = sources.map(({ shape, dtype }) => backend.makeTensorInfo(shape, dtype));
  const encoder = backend.device.createCommandEncoder();
  infos.forEach(({ dataId }, i) => {
    const { buffer, word } = sources[i]!;
    backend.uploadToGPU(dataId);
    const target = backend.tensorMap.get(dataId).resource as GPUBuffer;
    encoder.copyBufferToBuffer(buffer, 4 * word, target, 0, target.size);
  });
  backend.device.queue.submit([encoder.finish()]);
  return {
    release: () => infos.map((info) => tf.engine().makeTensorFromTensorInfo(info, backend)),
    drop: () => {
      for (const { dataId } of infos) {
        const data = backend.tensorMap.get(dataId);
        if (data.resource) backend.bufferManager.releaseBuffer(data.resource as GPUBuffer, false);
        data.resource = null;
        backend.disposeData(dataId, true);
      }
    },
  };
}
