// What the host has for threads: Node's worker_threads or a browser's workers, without an import that the other would miss.

/** A thread that runs `workerSource`. */
export interface Helper {
  readonly post: (message: unknown) => void;
  readonly stop: () => void;
}

/** What is told of a helper. */
export interface HelperEvents {
  /** It is running. */
  readonly onReady: () => void;
  /** It is gone; after `onFailure` too. */
  readonly onEnd: () => void;
  /** It could not be started, or its program failed. */
  readonly onFailure: () => void;
}

interface NodeWorker {
  readonly postMessage: (message: unknown) => void;
  readonly terminate: () => unknown;
  readonly unref: () => void;
  readonly on: (event: string, listener: () => void) => void;
}

interface NodeBuiltins {
  readonly "node:worker_threads": { readonly Worker: new (source: string, options: object) => NodeWorker };
  readonly "node:os": { readonly availableParallelism?: () => number; readonly cpus: () => readonly unknown[] };
}

function builtin<K extends keyof NodeBuiltins>(name: K): NodeBuiltins[K] | undefined {
  const { process } = globalThis as {
    process?: { getBuiltinModule?: (name: K) => NodeBuiltins[K] | undefined };
  };
  try {
    return process?.getBuiltinModule?.(name);
  } catch {
    return undefined;
  }
}

/**
 * The whole program of a worker: it runs a module's `work` on memory that it is sent until that returns, and tells of traps in
 * memory, since nobody reads messages meanwhile. Text, because it then runs from sources, from dist and from bundles alike.
 */
const workerSource = `
const start = ({ module, memory, failed, failures, outside }) => {
  let work;
  try {
    work = new WebAssembly.Instance(module, { elbow: { memory, stalled() {}, host() {} } }).exports.work;
  } catch {
    return; // the others do without
  }
  try {
    work();
  } catch (error) {
    const isIndex = String(error && error.stack).includes(outside);
    Atomics.store(new Int32Array(memory.buffer), failed / 4, isIndex ? failures.index : failures.trap);
  }
};
`;
const nodeSource = `${workerSource}
const { parentPort } = require("node:worker_threads");
parentPort.on("message", start);
parentPort.postMessage("ready");`;
const browserSource = `${workerSource}
onmessage = ({ data }) => start(data);
postMessage("ready");`;

/** Starts a thread that does not keep the process alive. @throws whatever the host has against it */
export function startHelper({ onReady, onEnd, onFailure }: HelperEvents): Helper {
  const node = builtin("node:worker_threads");
  if (node) {
    // no loaders or inspectors of the main thread: they are slow to start, and there is nothing for them
    const worker = new node.Worker(nodeSource, { eval: true, execArgv: [], name: "elbow" });
    worker.on("message", onReady);
    worker.on("error", onFailure);
    worker.on("exit", onEnd);
    // after the listeners, which keep the process alive
    worker.unref();
    return { post: (message) => worker.postMessage(message), stop: () => worker.terminate() };
  }
  const url = URL.createObjectURL(new Blob([browserSource], { type: "text/javascript" }));
  const worker = new Worker(url, { name: "elbow" });
  worker.onmessage = () => {
    URL.revokeObjectURL(url);
    onReady();
  };
  worker.onerror = () => {
    onFailure();
    onEnd();
  };
  return { post: (message) => worker.postMessage(message), stop: () => worker.terminate() };
}

/** How many threads can run at once. */
export function coreCount(): number {
  const os = builtin("node:os");
  if (os) return os.availableParallelism?.() ?? os.cpus().length;
  return globalThis.navigator?.hardwareConcurrency ?? 1;
}

/** Whether threads can share memory here: a page must be isolated from other origins for it. */
export function hasThreads(): boolean {
  if (typeof SharedArrayBuffer !== "function") return false;
  if (builtin("node:worker_threads")) return true;
  const { crossOriginIsolated } = globalThis as { crossOriginIsolated?: boolean };
  return crossOriginIsolated === true && typeof Worker === "function";
}
