// The frame of all elementwise operations, with the two that it is itself made of: add and mul.
import * as tf from "@tensorflow/tfjs-core";
import { ElbowError } from "../../errors.js";
import { broadcastShapes, forEachBlock, forEachBroadcast, formatShape, sameShape, sizeOf } from "../../util/shapes.js";
import { emitOne, lift, type Value } from "../builder.js";
import { type MaybeZero, type Operation, operation, type Primitive, primitive } from "../primitive.js";
import type { DType, Elements, Type, Variable } from "../program.js";
import { broadcastAxes, broadcastTo, reshape, sumTo } from "./axes.js";
import { addLoop, type BlockLoop, mulLoop } from "./loops.js";

/** A partial derivative: a value that multiplies the tangent; undefined where the derivative is zero. */
export type PartialDerivative = Value | undefined;

/** The rules of an elementwise operation. */
export interface ElementwiseRules {
  readonly name: string;
  /** The scalar function in double precision; booleans are 0 and 1. */
  readonly evaluate: (...x: number[]) => number;
  /** The same on 32-bit integers, where the result of `evaluate` cut to 32 bits is not exact. */
  readonly evaluateInteger?: (...x: number[]) => number;
  /** The same as a loop over a block of elements, for operations that run often. Not used for integer results. */
  readonly loop?: BlockLoop;
  /** dtype of the result. @defaultValue that of the last operand */
  readonly dtype?: (inputs: readonly DType[]) => DType;
  /** Partial derivatives by operand, from the operands and the result. @defaultValue all zero */
  readonly partials?: (inputs: readonly Variable[], output: Variable) => readonly PartialDerivative[];
  /** The operands' cotangents from the result's, where that is shorter than by partials. They may be larger than the operands. */
  readonly pullback?: (cotangent: Variable, inputs: readonly Variable[], output: Variable) => readonly Variable[];
  /** Whether it is continuous in operand i. @defaultValue true where there are partials */
  readonly continuousIn?: (input: number) => boolean;
  /** Whether its derivative jumps. @defaultValue false */
  readonly hasKinks?: boolean;
  readonly linearIn?: readonly (readonly number[])[];
  /** The tfjs kernel of the same meaning, or a function on tfjs tensors; absent: evaluated by the host. */
  readonly tfjs?: string | ((...inputs: tf.Tensor[]) => tf.Tensor);
  readonly simplify?: Primitive["simplify"];
}

/** A primitive that acts element by element on operands broadcast against each other. */
export function elementwise(rules: ElementwiseRules): Primitive {
  const { name, partials, tfjs } = rules;
  const dtypeOf = (inputs: readonly Type[]): DType =>
    rules.dtype ? rules.dtype(inputs.map((input) => input.dtype)) : inputs.at(-1)!.dtype;
  // integers wrap around, as they do in every engine
  const onIntegers = rules.evaluateInteger ?? ((...x: number[]) => rules.evaluate(...x) | 0);
  const self: Primitive = primitive({
    name,
    scalar: rules.evaluate,
    infer: (inputs) => {
      // most often there is nothing to broadcast
      const [first] = inputs;
      const isSame = inputs.every((input) => sameShape(input.shape, first!.shape));
      const shape = isSame ? first!.shape : broadcastShapes(...inputs.map((input) => input.shape));
      if (!shape) {
        const shapes = inputs.map((input) => formatShape(input.shape)).join(" and ");
        throw new ElbowError("shape", { message: `${name}: shapes ${shapes} do not broadcast` });
      }
      return [{ shape, dtype: dtypeOf(inputs) }];
    },
    evaluate: (inputs) => {
      const shapes = inputs.map((input) => input.shape);
      const shape = broadcastShapes(...shapes)!;
      const out = new Float64Array(sizeOf(shape));
      const isInteger = dtypeOf(inputs) === "int32";
      const evaluate = isInteger ? onIntegers : rules.evaluate;
      const [x, y, z] = inputs.map((input) => input.elements) as [Elements, Elements, Elements];
      if (inputs.length === 1) for (let i = 0; i < out.length; i++) out[i] = evaluate(x[i]!);
      else if (inputs.length > 3)
        forEachBroadcast(shape, shapes, (at, from) => {
          out[at] = evaluate(...inputs.map(({ elements }, k) => elements[from[k]!]!));
        });
      else
        forEachBlock(shape, shapes, (block) => {
          if (rules.loop && !isInteger) return rules.loop(block, out, x, y, z);
          const [di, dj, dk] = block.steps as [number, number, number];
          for (let row = 0, at = block.at; row < block.rows; row++) {
            let [i, j, k] = block.starts.map((start, n) => start + row * block.rowSteps[n]!) as [
              number,
              number,
              number,
            ];
            for (let n = 0; n < block.length; n++, at++, i += di, j += dj, k += dk)
              out[at] = z ? evaluate(x[i]!, y[j]!, z[k]!) : evaluate(x[i]!, y[j]!);
          }
        });
      return [out];
    },
    jvp: ({ inputs, outputs }, tangents) => {
      const factors = partials?.(inputs, outputs[0]!) ?? [];
      const terms = tangents.map((tangent, i) => scaled(tangent, factors[i]));
      const sum = terms.reduce((total, term) => (total && term ? add(total, term) : (total ?? term)), undefined);
      return [sum && broadcastTo(sum, outputs[0]!.shape)];
    },
    vjp: ({ inputs, outputs }, [cotangent]) => {
      const whole = cotangent && rules.pullback?.(cotangent, inputs, outputs[0]!);
      const factors = (!whole && partials?.(inputs, outputs[0]!)) || [];
      return inputs.map((input, i) => {
        const term = input.dtype === "float32" ? (whole?.[i] ?? scaled(cotangent, factors[i])) : undefined;
        return term && sumTo(broadcastTo(term, outputs[0]!.shape), input.shape);
      });
    },
    batch: (inputs, attributes, rank) => [emitOne(self, alignOwnRanks(inputs, rank), attributes)],
    axes: (inputs, _, [output]) => [inputs.map((input) => broadcastAxes(input.shape, output!.shape))],
    isContinuousIn: rules.continuousIn ?? (() => partials !== undefined),
    linearIn: rules.linearIn ?? [],
    isElementwise: true,
    ...(tfjs && { tfjs: (inputs) => [typeof tfjs === "string" ? runKernel(tfjs, inputs) : tfjs(...inputs)] }),
    ...(rules.hasKinks && { hasKinks: true }),
    ...(rules.simplify && { simplify: rules.simplify }),
  });
  return self;
}

/** tangent · factor, where either may be absent. */
function scaled(tangent: MaybeZero, factor: PartialDerivative): MaybeZero {
  if (tangent === undefined || factor === undefined || factor === 0) return undefined;
  return factor === 1 ? tangent : mul(tangent, factor);
}

/** Inserts axes of size 1 between the batch axes and the own ones, so that own axes line up from the right. */
export function alignOwnRanks(inputs: readonly Variable[], rank: number): Variable[] {
  const own = Math.max(...inputs.map((input) => input.shape.length - rank));
  return inputs.map((x) => {
    const missing = new Array<number>(own - (x.shape.length - rank)).fill(1);
    return reshape(x, [...x.shape.slice(0, rank), ...missing, ...x.shape.slice(rank)]);
  });
}

/** Runs a tfjs kernel of one or two operands by name on the active backend. */
function runKernel(name: string, [a, b]: readonly tf.Tensor[]): tf.Tensor {
  const inputs = (b ? { a, b } : { x: a }) as unknown as tf.NamedTensorMap;
  return tf.engine().runKernel(name, inputs) as tf.Tensor;
}

/** An elementwise operation of one operand. */
export function unary(rules: ElementwiseRules): Operation<(x: Value) => Variable> {
  const self = elementwise(rules);
  return operation((x: Value) => emitOne(self, lift([x])), self);
}

/** An elementwise operation of two operands, which broadcast. */
export function binary(rules: ElementwiseRules): Operation<(x: Value, y: Value) => Variable> {
  const self = elementwise(rules);
  return operation((x: Value, y: Value) => emitOne(self, lift([x, y])), self);
}

export function ternary(rules: ElementwiseRules): Operation<(x: Value, y: Value, z: Value) => Variable> {
  const self = elementwise(rules);
  return operation((x: Value, y: Value, z: Value) => emitOne(self, lift([x, y, z])), self);
}

/** The operand itself if broadcasting it to the result's shape changes nothing but the shape. */
const unchanged = (x: Variable, output: Variable): Variable[] => [broadcastTo(x, output.shape)];
const isAll = (elements: Elements | undefined, value: number): boolean =>
  elements?.every((each) => each === value) ?? false;

/** x + y */
export const add = binary({
  name: "add",
  evaluate: (x, y) => x + y,
  loop: addLoop,
  partials: () => [1, 1],
  linearIn: [[0, 1]],
  tfjs: "Add",
  simplify: ({ inputs: [x, y], outputs: [z] }, elementsOf) =>
    isAll(elementsOf(x!), 0) ? unchanged(y!, z!) : isAll(elementsOf(y!), 0) ? unchanged(x!, z!) : undefined,
});

/** x · y; d(xy) = dx·y + x·dy */
export const mul = binary({
  name: "mul",
  evaluate: (x, y) => x * y,
  loop: mulLoop,
  evaluateInteger: Math.imul,
  partials: ([x, y]) => [y, x],
  linearIn: [[0], [1]],
  tfjs: "Multiply",
  simplify: ({ inputs: [x, y], outputs: [z] }, elementsOf) =>
    isAll(elementsOf(x!), 1) ? unchanged(y!, z!) : isAll(elementsOf(y!), 1) ? unchanged(x!, z!) : undefined,
});
