// What tfjs' webgl backend needs to be right, besides what GPUs need.
import type { Corrections } from "./gpuRules.js";

/** The backend's own rules, by primitive. */
export const webglCorrections: Corrections = new Map([
  // a vector is turned around whatever the axes are
  [
    "reverse",
    (rule) => (operands, attributes) => (attributes.axes.length === 0 ? [...operands] : rule(operands, attributes)),
  ],
]);
