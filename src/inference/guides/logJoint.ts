// A model's log density in unconstrained coordinates, as a program: what is differentiated to see the posterior's shape.
import type { Tensor } from "@tensorflow/tfjs-core";
import * as tf from "@tensorflow/tfjs-core";
import { assess } from "../../dsl/assess.js";
import type { Call } from "../../dsl/call.js";
import { type Choices, put } from "../../dsl/choices.js";
import { drive } from "../../dsl/verbs.js";
import { ElbowError } from "../../errors.js";
import { build } from "../../ir/builder.js";
import { inline } from "../../ir/interpret.js";
import { reshape } from "../../ir/primitives/axes.js";
import { slice } from "../../ir/primitives/slicing.js";
import type { Program, Type } from "../../ir/program.js";
import { isSample } from "../../ir/site.js";
import { trace } from "../../ir/tracing.js";
import { seedKey } from "../../ops/random.js";
import { withoutDeadCode } from "../../transforms/deadCode.js";
import { simplify } from "../../transforms/simplify.js";
import { sizeOf } from "../../util/shapes.js";
import type { Site } from "./sites.js";

/** log p(x, f(u)) + log |det ∂f/∂u|, the density of the unconstrained coordinates u. */
export function logJointAt(model: Call, sites: readonly Site[], parts: readonly Tensor[], rest: Choices = {}): Tensor {
  const values = sites.reduce<Choices>(
    (all, site, i) => put(all, site.address, site.bijector.forward(parts[i]!)),
    rest,
  );
  const density = drive(assess(model as Call<Choices>, values), seedKey(0)) as Tensor;
  return sites.reduce((sum, { bijector }, i) => tf.add(sum, tf.sum(bijector.logDet(parts[i]!))), density);
}

/**
 * The same as a program.
 *
 * @param rest - values of choices that are no sites
 * @returns inputs: unconstrained coordinates, site by site; output: a scalar
 * @throws ElbowError "guide" if the density is itself estimated at random
 */
export function logJoint(guide: string, model: Call, sites: readonly Site[], rest: Choices = {}): Program {
  const types = sites.map(({ unconstrained }): Type => ({ shape: [...unconstrained], dtype: "float32" }));
  const program = withoutDeadCode(simplify(trace(types, (...parts) => [logJointAt(model, sites, parts, rest)])));
  if (program.equations.some(isSample))
    throw new ElbowError("guide", {
      message: `${guide} needs a log density without noise, and that of the model ${model.name} is estimated by draws`,
      hint: "Take an exact algorithm (exactEnumeration, gaussHermite) inside marginal and normalize, or meanField or fullRank as a guide.",
    });
  return program;
}

/** The same program on one vector of all coordinates, site after site. */
export const onOneVector = (program: Program): Program => {
  const sizes = program.inputs.map(({ shape }) => sizeOf(shape));
  const whole: Type = { shape: [sizes.reduce((sum, size) => sum + size, 0)], dtype: "float32" };
  return build([whole], (vector) => {
    let from = 0;
    const parts = program.inputs.map(({ shape }, i) => {
      const part = reshape(slice(vector!, [from], [sizes[i]!]), [...shape]);
      from += sizes[i]!;
      return part;
    });
    return inline(program, parts);
  });
};
