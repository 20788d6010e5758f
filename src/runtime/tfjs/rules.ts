// Which rule a backend runs a primitive by: one of its own if it has one, else the primitive's, of tfjs operations.
import type { Primitive } from "../../ir/primitive.js";
import type { HasRule } from "../placement.js";
import { hasTfjsRule } from "../plan.js";
import { onFewAxes } from "./fewAxes.js";
import type { Rule } from "./lowering.js";
import { tensorflowOps } from "./tensorflowOps.js";

/** The rule of a primitive; undefined for what the host has to do. */
export type RuleOf = (primitive: Primitive) => Rule | undefined;

interface Rules {
  readonly ruleOf: RuleOf;
  readonly hasRule: HasRule;
}

const ofTfjs: Rules = {
  ruleOf: ({ isElementwise, tfjs }) => tfjs && (isElementwise ? onFewAxes(tfjs) : tfjs),
  hasRule: hasTfjsRule,
};

const ofTensorflow: Rules = {
  ruleOf: (primitive) => tensorflowOps.get(primitive.name) ?? ofTfjs.ruleOf(primitive),
  hasRule: ({ name, tfjs }) => tfjs !== undefined || tensorflowOps.has(name),
};

/** The rules of a backend by its name. */
export const rulesOf = (backend: string): Rules => (backend === "tensorflow" ? ofTensorflow : ofTfjs);
