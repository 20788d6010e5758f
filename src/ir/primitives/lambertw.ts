import { lambertw as evaluate } from "../../util/special/lambertw.js";
import type { Value } from "../builder.js";
import type { Operation } from "../primitive.js";
import type { Variable } from "../program.js";
import { floatOnly } from "./arithmetic.js";
import { unary } from "./elementwise.js";
import { byOrder, named } from "./orders.js";

const lambertwOfOrder: (n: number) => Operation<(x: Value) => Variable> = byOrder((n: number) =>
  unary({
    name: named("lambertw", [n]),
    dtype: floatOnly("lambertw"),
    evaluate: (x) => evaluate(n, x),
    partials: ([x]) => [lambertwOfOrder(n + 1)(x!)],
  }),
);

/** W(x), the w ≥ −1 of w·eʷ = x, for x ≥ −1/e; d = dx/(eʷ(1 + w)) */
export const lambertw = lambertwOfOrder(0);
