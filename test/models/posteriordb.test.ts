// The models of models/posteriordb are those of posteriordb: their log densities at the points of ../shared, in double precision.
import type { Tensor } from "@tensorflow/tfjs-core";
import * as tf from "@tensorflow/tfjs-core";
import { assess } from "elbow";
import { describe, expect, it } from "vitest";
import { posteriors } from "../../models/posteriordb/all.js";
import type { Numbers } from "../../models/posteriordb/support/posterior.js";
import { drive } from "../../src/dsl/verbs.js";
import { evaluate } from "../../src/ir/evaluate.js";
import { trace } from "../../src/ir/tracing.js";
import { seedKey } from "../../src/ops/random.js";
import { isThere, referenceOf } from "./posteriordb.js";

const shapeOf = (x: Numbers): number[] =>
  typeof x === "number" ? [] : [x.length, ...shapeOf(x[0] as readonly number[])];

describe.skipIf(!isThere)("posteriordb, with the data of ../shared", () => {
  it.each(posteriors.map((each) => [each.name, each] as const))(
    "%s",
    (_, { model, inputs, choices, offset = 0, ...of }) => {
      const { data, checkpoints } = referenceOf({ model, inputs, ...of });
      const args = inputs(data);
      for (const { parameters, logDensity } of checkpoints) {
        const named = choices ? choices(parameters) : parameters;
        const numbers = [...args, ...Object.values(named)];
        const types = numbers.map((each) => ({ shape: shapeOf(each), dtype: "float32" as const }));
        const program = trace(types, (...tensors) => {
          const values = Object.fromEntries(Object.keys(named).map((name, i) => [name, tensors[args.length + i]!]));
          const joint = assess(model(...tensors.slice(0, args.length)), values);
          return [drive(joint as Parameters<typeof drive>[0], seedKey(0)) as Tensor];
        });
        const elements = numbers.map((each) => Float64Array.from([each].flat(3) as number[]));
        const [found] = evaluate(
          program,
          types.map((type, i) => ({ ...type, elements: elements[i]! })),
        );
        expect(Math.abs((found!.elements[0]! - offset) / logDensity - 1)).toBeLessThan(1e-6);
      }
    },
  );
  it("parameters of choices of parameters are these", () => {
    for (const each of posteriors) {
      const [point] = referenceOf(each).checkpoints;
      if (!each.choices || !each.parameters) continue;
      const back = each.parameters(each.choices(point!.parameters));
      for (const [name, value] of Object.entries(point!.parameters))
        expect(tf.tensor(back[name] as number[]).sub(tf.tensor(value as number[])).abs().max().dataSync()[0]).toBeLessThan(1e-5); // biome-ignore format: short
    }
  });
});
