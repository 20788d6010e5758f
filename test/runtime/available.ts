import { ElbowError } from "../../src/errors.js";
import type { Engine } from "../../src/runtime/engine.js";
import { engineByName } from "../../src/runtime/engines.js";

/** The engine, or undefined where it is not installed: its tests are then shown as skipped. */
export const available = (name: string): Promise<Engine | undefined> =>
  engineByName(name).catch((error: unknown) => {
    if (error instanceof ElbowError && error.code === "engine-unavailable") return undefined;
    throw error;
  });
