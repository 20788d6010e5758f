// The engine webgpu that everybody is given: on the device of tfjs' webgpu backend where there is one.
import * as tf from "@tensorflow/tfjs-core";
import { initializeBackend } from "../tfjs/backends.js";
import { lent } from "../tfjs/lentDevice.js";
import type { TfjsBackend } from "./tfjsBuffers.js";
import { openWebgpu, type WebgpuEngine } from "./webgpuEngine.js";

const lostDevices = new WeakSet<GPUDevice>();
let engine: WebgpuEngine | undefined;
/** The last call: they take turns. */
let last: Promise<unknown> = Promise.resolve();

/**
 * The engine on the device of tfjs' webgpu backend, which is initialized if it is registered. Without it, on a device of
 * Elbow's own, on which that backend starts if Elbow registers it later. It is opened anew if its device is lost, or if tfjs
 * has come to another one.
 *
 * @throws ElbowError `engine-unavailable`
 */
export function sharedWebgpu(): Promise<WebgpuEngine> {
  const turn = last.then(async () => {
    const device = await tfjsDevice();
    const isRight = engine && !lostDevices.has(engine.device) && (device ?? engine.device) === engine.device;
    if (!isRight) engine = undefined;
    engine ??= await open(device);
    return engine;
  });
  last = turn.catch(() => undefined);
  return turn;
}

async function open(device: GPUDevice | undefined): Promise<WebgpuEngine> {
  const opened = await openWebgpu({ device });
  if (!device) lent.device = opened.device;
  opened.lost.then(() => {
    lostDevices.add(opened.device);
    if (lent.device === opened.device) lent.device = undefined;
  });
  return opened;
}

/** What tfjs' webgpu backend computes on; undefined if it was not imported, does not start or has lost it. */
async function tfjsDevice(): Promise<GPUDevice | undefined> {
  const { registry, registryFactory } = tf.engine();
  if (!("webgpu" in registry) && "webgpu" in registryFactory) await initializeBackend("webgpu").catch(() => undefined);
  const { device } = (registry.webgpu ?? {}) as Partial<TfjsBackend>;
  return device && !lostDevices.has(device) ? device : undefined;
}
