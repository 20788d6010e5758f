import * as tf from "@tensorflow/tfjs-core";
import type { Around } from "../reading.js";

/** The part of tfjs' engine that says which backend kernels run on. */
interface Active {
  backendName: string;
  backendInstance: tf.KernelBackend;
}

/** Backends whose values can be read while JavaScript waits. */
export const readsSynchronously = (backend: string): boolean => backend !== "webgpu";

/**
 * Runs work on an initialized backend and goes back to the one that was active. `tf.setBackend` would set up all kernels of
 * the backend anew, which takes longer than many a program; that was done when the backend was initialized.
 */
export function onBackend(backend: string): Around {
  return (work) => {
    const active = tf.engine() as unknown as Active;
    const { backendName, backendInstance } = active;
    if (backendName === backend) return work();
    active.backendInstance = tf.findBackend(backend);
    active.backendName = backend;
    try {
      return work();
    } finally {
      active.backendName = backendName;
      active.backendInstance = backendInstance;
    }
  };
}
