// The families of functions that are written for single precision. A new family is added here and nowhere else.
import { special } from "./special.js";

/** WGSL by name; `math_…` are those of primitives, which take and give bits. */
export const functions: Readonly<Record<string, string>> = { ...special };
