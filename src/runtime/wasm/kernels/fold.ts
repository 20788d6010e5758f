import type { V128 } from "../assembler/expression.js";
import type { FunctionBuilder } from "../assembler/functionBuilder.js";

/** An associative operation on lanes, with its neutral element. */
export interface Fold {
  readonly neutral: V128;
  readonly join: (x: V128, y: V128) => V128;
  /** What is done to an element before it is folded. */
  readonly map?: (fn: FunctionBuilder, x: V128) => V128;
}
