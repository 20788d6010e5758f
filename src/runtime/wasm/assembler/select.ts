import type { Expression, I32, ValueType } from "./expression.js";
import { typeByte } from "./expression.js";
import { apply, type Opcode } from "./instruction.js";

/** The first value if the condition is not zero, else the second; both are computed. */
export const select = <T extends ValueType>(
  condition: I32,
  whenTrue: Expression<T>,
  whenFalse: Expression<T>,
): Expression<T> => {
  const type = whenTrue.type;
  const opcode: Opcode = type === "v128" ? [0x1c, 1, typeByte.v128] : [0x1b];
  return apply(type, opcode, [whenTrue, whenFalse, condition]);
};
