import { setting } from "../../../util/host.js";
import { f32x4 } from "./f32x4.js";
import { ModuleBuilder } from "./moduleBuilder.js";

export interface FmaOptions {
  /**
   * Whether Node's experimental flag for relaxed SIMD may be set where it is needed (Node 20).
   *
   * @defaultValue true
   */
  readonly mayEnable?: boolean;
}

interface FlagSetter {
  readonly setFlagsFromString: (flags: string) => void;
}

/** What there is of Node, if this is Node. */
interface Host {
  readonly process?: {
    readonly getBuiltinModule?: (name: string) => unknown;
  };
}

/** A module whose only instruction of interest is the relaxed multiply-add. */
function probe(): Uint8Array<ArrayBuffer> {
  const module = new ModuleBuilder({ memory: { minimum: 0 }, fma: true });
  const fn = module.function({ params: ["v128"], result: "v128" });
  const [x] = fn.params;
  fn.return(f32x4.relaxedMadd(x, x, x));
  return module.toBytes();
}

/** node:v8 where there is one: no import, which a browser's loader would stumble over. */
function v8(): FlagSetter | undefined {
  const { process }: Host = globalThis;
  try {
    return process?.getBuiltinModule?.("node:v8") as FlagSetter | undefined;
  } catch {
    return undefined;
  }
}

/**
 * Whether modules made with `fma: true` can be compiled here. Asks the engine first; only if it refuses, tries Node's flag,
 * which newer versions no longer know.
 */
export function detectFma({ mayEnable = true }: FmaOptions = {}): boolean {
  probed ??= probe();
  isThere ||= WebAssembly.validate(probed);
  if (isThere || !mayEnable || isRefused) return isThere;
  try {
    v8()?.setFlagsFromString("--experimental-wasm-relaxed-simd");
    isThere = WebAssembly.validate(probed);
  } catch {
    // the flag is not known
  }
  isRefused = !isThere;
  return isThere;
}

let probed: Uint8Array<ArrayBuffer> | undefined;
let isThere = false;
/** Whether the flag has been tried in vain. */
let isRefused = false;

/**
 * Whether programs are compiled with fused multiply-adds: where the host has them as it is, as Node 22 and browsers do. The
 * environment variable ELBOW_FMA, in a browser the global variable of that name, pins it: with 0 they are never used; with 1
 * also where Node 20 needs its experimental flag set. The `elbow` command and other owners of their process set it to 1 unless
 * it says something.
 */
export function usesFma(): boolean {
  const pinned = setting("ELBOW_FMA");
  return pinned !== "0" && detectFma({ mayEnable: pinned === "1" });
}
