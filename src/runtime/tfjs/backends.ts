// How each tfjs backend that Elbow knows is found, registered and initialized.
import "../registerCpu.js";
import * as tf from "@tensorflow/tfjs-core";
import { importFromNode, isNode } from "../../util/host.js";
import { importOptional, isInstalled, unavailable } from "../packages.js";
import { lent } from "./lentDevice.js";

/** A tfjs backend that can be asked for by name. */
export interface BackendLoader {
  readonly description: string;
  /** The command that installs what it needs; undefined for what comes with Elbow. */
  readonly install?: string;
  /** Whether its packages are there; undefined where that cannot be known without loading them. */
  readonly isInstalled: () => Promise<boolean | undefined>;
  /** Registers the backend with tfjs. @throws ElbowError `engine-unavailable` */
  readonly register: () => Promise<unknown>;
  /** Why the backend will not do although it has started. */
  readonly refusal?: () => string | undefined;
}

const installTensorflow = "npm install @tensorflow/tfjs-node (or @tensorflow/tfjs-node-gpu)";
const installWebgpu = "npm install @tensorflow/tfjs-backend-webgpu webgpu";
const installWebgl = "npm install @tensorflow/tfjs-backend-webgl";

export const backendLoaders: Readonly<Record<string, BackendLoader>> = {
  cpu: {
    description: "plain JavaScript",
    isInstalled: async () => true,
    register: async () => undefined, // done when this module was loaded
  },
  wasm: {
    description: "tfjs' WebAssembly kernels, SIMD",
    isInstalled: async () => true,
    register: () => import("@tensorflow/tfjs-backend-wasm"),
  },
  tensorflow: {
    description: "TensorFlow's C library, on the processor or on a CUDA GPU",
    install: installTensorflow,
    isInstalled: async () =>
      (await isInstalled("@tensorflow/tfjs-node-gpu")) || (await isInstalled("@tensorflow/tfjs-node")),
    register: registerTensorflow,
  },
  webgpu: {
    description: "WebGPU kernels, in browsers and in Node with the webgpu package",
    install: installWebgpu,
    isInstalled: async () =>
      (await isInstalled("@tensorflow/tfjs-backend-webgpu")) && (hasGpu() || (await isInstalled("webgpu"))),
    register: registerWebgpu,
  },
  webgl: {
    description: "WebGL kernels, in browsers",
    install: installWebgl,
    isInstalled: async () =>
      (await isInstalled("@tensorflow/tfjs-backend-webgl")) !== false && typeof WebGL2RenderingContext !== "undefined",
    register: async () => {
      if (typeof WebGL2RenderingContext === "undefined")
        throw unavailable("tfjs:webgl", "it needs a browser with WebGL 2");
      return importOptional("tfjs:webgl", "@tensorflow/tfjs-backend-webgl", installWebgl);
    },
    // tfjs would go on with WebGL 1, and with numbers of eleven bits
    refusal: () => {
      if (tf.env().getNumber("WEBGL_VERSION") < 2) return "it needs a browser with WebGL 2";
      return tf.env().getBool("WEBGL_RENDER_FLOAT32_ENABLED") ? undefined : "this browser computes in half precision";
    },
  },
};

async function registerTensorflow(): Promise<void> {
  if (!isNode()) throw unavailable("tfjs:tensorflow", "it needs Node");
  process.env.TF_CPP_MIN_LOG_LEVEL ??= "2";
  // tfjs-node still calls two functions that Node 23 removed
  const { default: util } = await importFromNode<{ default: Record<string, unknown> }>("node:util");
  util.isNullOrUndefined ??= (x: unknown) => x === null || x === undefined;
  util.isArray ??= Array.isArray;
  const hasGpuBuild = await isInstalled("@tensorflow/tfjs-node-gpu");
  const packageName = hasGpuBuild ? "@tensorflow/tfjs-node-gpu" : "@tensorflow/tfjs-node";
  await importOptional("tfjs:tensorflow", packageName, installTensorflow);
}

/** Whether this browser (or what stands for one) has WebGPU. */
export const hasGpu = (): boolean => typeof navigator !== "undefined" && "gpu" in navigator && Boolean(navigator.gpu);

/** What Elbow uses of tfjs' package. */
interface WebgpuPackage {
  readonly WebGPUBackend: new (device: GPUDevice, info: GPUAdapterInfo) => tf.KernelBackend;
}

/**
 * tfjs' webgpu backend registers itself only if `navigator.gpu` is there when it is imported. It starts on the device of Elbow's
 * engine webgpu if that is open, else on one of its own, which that engine takes when it is opened.
 */
async function registerWebgpu(): Promise<void> {
  if ((await isInstalled("@tensorflow/tfjs-backend-webgpu")) === false)
    throw unavailable("tfjs:webgpu", `@tensorflow/tfjs-backend-webgpu is not installed, run: ${installWebgpu}`);
  if (!hasGpu()) {
    const dawn = (await importOptional("tfjs:webgpu", "webgpu", installWebgpu)) as {
      readonly create: (options: readonly string[]) => unknown;
      readonly globals: object;
    };
    Object.assign(globalThis, dawn.globals);
    Object.defineProperty(globalThis, "navigator", {
      value: { gpu: dawn.create([]) },
      configurable: true,
      writable: true,
    });
  }
  const { device } = lent;
  if (!device && !(await navigator.gpu.requestAdapter()))
    throw unavailable("tfjs:webgpu", "no GPU was found; it needs a driver for Vulkan, Metal or Direct3D 12");
  const loaded = await importOptional("tfjs:webgpu", "@tensorflow/tfjs-backend-webgpu", installWebgpu);
  if (!device) return;
  const { WebGPUBackend } = loaded as WebgpuPackage;
  if (registeredBackends().includes("webgpu")) tf.removeBackend("webgpu");
  tf.registerBackend("webgpu", () => new WebGPUBackend(device, device.adapterInfo), 3);
}

/** Backends that somebody registered with tfjs, without Elbow's own, which records instead of computing. */
export const registeredBackends = (): string[] =>
  tf
    .engine()
    .backendNames()
    .filter((name) => !name.startsWith("elbow-"));

/** The last initialization: they take turns, because tfjs sets up the kernels of whichever backend was named last. */
let lastTurn: Promise<unknown> = Promise.resolve();

/**
 * Registers and initializes a backend, and leaves the active one active if there is one.
 *
 * @throws ElbowError `engine-unavailable`
 */
export function initializeBackend(name: string): Promise<void> {
  const turn = lastTurn.then(() => initializeNow(name));
  lastTurn = turn.catch(() => undefined);
  return turn;
}

async function initializeNow(name: string): Promise<void> {
  const active = tf.getBackend();
  const isRegistered = () => registeredBackends().includes(name);
  if (!isRegistered()) await backendLoaders[name]?.register();
  const isReady = isRegistered() && (await tf.setBackend(name));
  // else tfjs would try it again whenever it looks for a backend
  if (!isReady && isRegistered()) tf.removeBackend(name);
  if (active && active !== name) await tf.setBackend(active);
  const refusal = isReady && backendLoaders[name]?.refusal?.();
  if (refusal) throw unavailable(`tfjs:${name}`, refusal);
  if (isReady) return;
  const { install } = backendLoaders[name] ?? {};
  throw unavailable(`tfjs:${name}`, `it does not start${install ? `, try: ${install}` : ""}`);
}
