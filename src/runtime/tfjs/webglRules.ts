// What tfjs' webgl backend needs to be right, besides what GPUs need.
import type { Corrections } from "./gpuRules.js";
import type { Rule } from "./lowering.js";
import { webglPrograms } from "./webglPrograms.js";
import { webglReductions } from "./webglReductions.js";

/** The backend's own rules, by primitive. */
export const webglCorrections: Corrections = new Map<string, (rule: Rule) => Rule>([
  // a vector is turned around whatever the axes are
  [
    "reverse",
    (rule) => (operands, attributes) => (attributes.axes.length === 0 ? [...operands] : rule(operands, attributes)),
  ],
  ...[...webglPrograms, ...webglReductions].map(([name, program]): [string, (rule: Rule) => Rule] => [
    name,
    () => program,
  ]),
]);
