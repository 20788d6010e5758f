// Which rule a backend runs a primitive by: one of its own if it has one, else the primitive's, of tfjs operations.
import type { Primitive } from "../../ir/primitive.js";
import type { Equation } from "../../ir/program.js";
import type { HasRule } from "../placement.js";
import { hasTfjsRule } from "../plan.js";
import { onFewAxes } from "./fewAxes.js";
import { computesIntegers, gpuRule } from "./gpuRules.js";
import type { Rule } from "./lowering.js";
import { tensorflowOps } from "./tensorflowOps.js";
import { webglCorrections } from "./webglRules.js";
import { isInexactOnWebgpu, webgpuCorrections } from "./webgpuRules.js";

/** The rule of a primitive; undefined for what the host has to do. */
export type RuleOf = (primitive: Primitive) => Rule | undefined;

/** How a backend runs programs. */
export interface Rules {
  readonly ruleOf: RuleOf;
  readonly hasRule: HasRule;
  /** Whether the host has to evaluate an equation although there is a rule. */
  readonly isInexact?: (equation: Equation) => boolean;
}

const ofTfjs: Rules = {
  ruleOf: ({ isElementwise, tfjs }) => tfjs && (isElementwise ? onFewAxes(tfjs) : tfjs),
  hasRule: hasTfjsRule,
};

const ofTensorflow: Rules = {
  ruleOf: (primitive) => tensorflowOps.get(primitive.name) ?? ofTfjs.ruleOf(primitive),
  hasRule: ({ name, tfjs }) => tfjs !== undefined || tensorflowOps.has(name),
};

const ofWebgpu: Rules = {
  ruleOf: (primitive) => gpuRule(primitive, webgpuCorrections),
  hasRule: hasTfjsRule,
  isInexact: isInexactOnWebgpu,
};

const ofWebgl: Rules = {
  ruleOf: (primitive) => gpuRule(primitive, webglCorrections),
  hasRule: hasTfjsRule,
  isInexact: computesIntegers,
};

const ofBackend: Readonly<Record<string, Rules>> = { tensorflow: ofTensorflow, webgpu: ofWebgpu, webgl: ofWebgl };

/** The rules of a backend by its name. */
export const rulesOf = (backend: string): Rules => ofBackend[backend] ?? ofTfjs;
