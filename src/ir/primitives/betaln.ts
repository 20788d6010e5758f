// log B(a, b) and its derivatives, without the cancellation of gamma functions.
import * as values from "../../util/special/betaln.js";
import type { Value } from "../builder.js";
import type { Operation } from "../primitive.js";
import type { Variable } from "../program.js";
import { floatOnly, neg } from "./arithmetic.js";
import { add, binary } from "./elementwise.js";
import { byOrder, named } from "./orders.js";
import { polygamma } from "./special.js";

const differenceOfOrder: (n: number) => Operation<(a: Value, b: Value) => Variable> = byOrder((n: number) =>
  binary({
    name: named("digammaDifference", [n]),
    dtype: floatOnly("digammaDifference"),
    evaluate: (a, b) => values.polygammaDifference(n, a, b),
    partials: ([a, b]) => [differenceOfOrder(n + 1)(a!, b!), neg(polygamma(n + 1, add(a!, b!)))],
  }),
);

/** ψ(a) − ψ(a + b) for a > 0, b ≥ 0; d = (ψ′(a) − ψ′(a + b))·da − ψ′(a + b)·db */
export const digammaDifference = differenceOfOrder(0);

/** log B(a, b) = log Γ(a)Γ(b)/Γ(a + b) for a, b > 0; d = (ψ(a) − ψ(a + b))·da + (ψ(b) − ψ(a + b))·db */
export const betaln = binary({
  name: "betaln",
  dtype: floatOnly("betaln"),
  evaluate: values.betaln,
  partials: ([a, b]) => [digammaDifference(a!, b!), digammaDifference(b!, a!)],
});
