import type { Attributes, DType } from "../../ir/program.js";
import type { V128 } from "./assembler/expression.js";
import type { FunctionBuilder } from "./assembler/functionBuilder.js";
import type { Guard } from "./math/guarded.js";

/** One operation on four lanes. Operands are locals, so that they may be used several times. */
export type Lanes4 = (application: LaneApplication) => V128;

export interface LaneApplication {
  readonly fn: FunctionBuilder;
  readonly x: readonly V128[];
  /** dtypes of the operands. */
  readonly from: readonly DType[];
  readonly to: DType;
  readonly attributes: Attributes;
  /** If given, special cases may be left out where they are reported. */
  readonly guard?: Guard | undefined;
}
