import type { DefaultStrategies } from "../transforms/estimate/estimate.js";
import { enumerateStrategy } from "./enumerate.js";
import { reinforceStrategy } from "./reinforce.js";
import { reparamStrategy } from "./reparam.js";

/** What a site gets that names no strategy: pathwise where sound, else small supports exactly, else the score function. */
export const defaultStrategies: DefaultStrategies = {
  pathwise: reparamStrategy,
  enumeration: enumerateStrategy,
  enumerationLimit: 64,
  score: reinforceStrategy({ copies: 2 }),
};
