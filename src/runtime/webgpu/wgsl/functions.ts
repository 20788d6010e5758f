// The families of functions that are written for single precision. A new family is added here and nowhere else.
import { poissonQuantile } from "./poissonQuantile.js";
import { samplers } from "./samplers.js";
import { special } from "./special.js";

/** WGSL by name; `math_…` are those of primitives, which take and give bits. */
export const functions: Readonly<Record<string, string>> = { ...special, ...samplers, ...poissonQuantile };
