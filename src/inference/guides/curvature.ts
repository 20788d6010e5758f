import { build } from "../../ir/builder.js";
import { evaluate } from "../../ir/evaluate.js";
import type { Program, Type } from "../../ir/program.js";
import { withoutDeadCode } from "../../transforms/deadCode.js";
import { valueAndGrad, zerosLike } from "../../transforms/grad.js";
import { jvpInto } from "../../transforms/jvp.js";
import { simplify } from "../../transforms/simplify.js";
import { vmap } from "../../transforms/vmap.js";
import type { Curved } from "./newton.js";

const lean = (program: Program): Program => withoutDeadCode(simplify(program));

/**
 * A scalar function of one vector with its gradient and Hessian, in double precision: the derivative of the reverse-mode
 * gradient along every coordinate, by forward mode, all side by side.
 */
export function curvature(program: Program): (at: Float64Array) => Curved {
  const { shape } = program.inputs[0]!;
  const n = shape[0]!;
  const vector: Type = { shape, dtype: "float32" };
  const slope = lean(valueAndGrad(program));
  const along = build([vector, vector], (at, direction) => {
    const { tangents, outputs } = jvpInto({ ...slope, outputs: slope.outputs.slice(1) }, [at!], [direction!]);
    return [tangents[0] ?? zerosLike(outputs[0]!)];
  });
  const rows = lean(vmap(lean(along), n, [null, 0]));
  const identity = Float64Array.from({ length: n * n }, (_, i) => (i % (n + 1) === 0 ? 1 : 0));
  return (elements) => {
    const at = { shape, dtype: "float32" as const, elements };
    const [value, gradient] = evaluate(slope, [at]);
    const [hessian] = evaluate(rows, [at, { shape: [n, n], dtype: "float32", elements: identity }]);
    return { value: value!.elements[0]!, gradient: gradient!.elements, hessian: hessian!.elements };
  };
}
