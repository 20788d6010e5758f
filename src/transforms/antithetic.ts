import { builder } from "../ir/builder.js";
import { interpret, restateConstant } from "../ir/interpret.js";
import type { Primitive } from "../ir/primitive.js";
import { abs, neg, sub } from "../ir/primitives/arithmetic.js";
import { broadcastTo, reshape } from "../ir/primitives/axes.js";
import { foldIn, randomNormal, randomUniform } from "../ir/primitives/random.js";
import { slice } from "../ir/primitives/slicing.js";
import type { Program, Variable } from "../ir/program.js";

/** A value and what it is if every random number is replaced by its mirror image; one variable if that is the same. */
interface Pair {
  readonly own: Variable;
  readonly twin: Variable;
  /** Whether it is, or holds, a random key that is still to be used. */
  readonly isKey?: boolean;
  /** Whether the twin is the negative. */
  readonly isOdd?: boolean;
}

const keyPaths: ReadonlySet<Primitive> = new Set([foldIn, reshape, broadcastTo, slice].map((each) => each.primitive));

/** Why a program has no antithetic twin. */
export type NoTwin = "other sources" | "even";

/**
 * Emits a program of [key, …] into the current builder, and with it its antithetic twin, which sees 1 − u for every uniform
 * number u and −z for every standard normal z: distributed in the same way, and falling where the program rises in them.
 *
 * @returns outputs and their twins; or why there are none: it has other sources of randomness, or its first output is an
 *   even function of its noise and thus its own twin
 */
export function withTwin(
  program: Program,
  inputs: readonly Variable[],
): { readonly own: Variable[]; readonly twin: Variable[] } | NoTwin {
  const pairs = inputs.map((variable, i): Pair => ({ own: variable, twin: variable, isKey: i === 0 }));
  let hasOtherSources = false;
  const { outputs } = interpret<Pair>(
    program,
    pairs,
    (constant) => {
      const variable = restateConstant(constant);
      return { own: variable, twin: variable };
    },
    ({ primitive, attributes }, operands) => {
      const isShared = operands.every(({ own, twin }) => own === twin);
      const isEven = primitive === abs.primitive && operands[0]!.isOdd === true;
      const emit = (side: (pair: Pair) => Variable) => builder().emit(primitive, operands.map(side), attributes);
      const own = emit((pair) => pair.own);
      if (operands.some((operand) => operand.isKey)) {
        if (primitive === randomNormal.primitive) return own.map((z) => ({ own: z, twin: neg(z), isOdd: true }));
        if (primitive === randomUniform.primitive) return own.map((u) => ({ own: u, twin: sub(1, u) }));
        hasOtherSources ||= !keyPaths.has(primitive);
        return own.map((key) => ({ own: key, twin: key, isKey: true }));
      }
      const twin = isShared || isEven ? own : emit((pair) => pair.twin);
      return own.map((variable, i) => ({ own: variable, twin: twin[i]! }));
    },
  );
  if (hasOtherSources) return "other sources";
  if (outputs[0]!.own === outputs[0]!.twin) return "even";
  return { own: outputs.map(({ own }) => own), twin: outputs.map(({ twin }) => twin) };
}
