// The equations of a nest on four lanes: an element is computed when it is asked for, once.
import type { Variable } from "../../../ir/program.js";
import { sizeOf } from "../../../util/shapes.js";
import type { Local, V128 } from "../assembler/expression.js";
import { f32x4 } from "../assembler/f32x4.js";
import type { FunctionBuilder } from "../assembler/functionBuilder.js";
import { i32x4 } from "../assembler/i32x4.js";
import { v128 } from "../assembler/v128.js";
import { foldOf } from "../kernels/reductions.js";
import { exp } from "../math/exp.js";
import { log } from "../math/log.js";
import { boxMuller, inStream, keyOfLanes, threefryBlocks, threefryVectors, unit, type VectorKey } from "../random.js";
import { applyLanes } from "./applyLanes.js";
import type { Nest, Step } from "./nest.js";
import { type At, positionsAlong } from "./nestAccess.js";

type Fn = FunctionBuilder<readonly [], undefined>;
type Vector = Local<"v128">;

/** Gives elements of the nest's values. */
export type ElementOf = (variable: Variable, at: At) => Vector;

/** What these do is done to the axes alone. */
const repeating: ReadonlySet<string> = new Set(["broadcastTo", "stopGradient", "assumeContinuous"]);

/** Joined in pairs: exact to a few roundings however many there are. */
export function joinPairwise(fn: Fn, parts: readonly V128[], join: (x: V128, y: V128) => V128): V128 {
  if (parts.length === 1) return parts[0]!;
  const half = Math.ceil(parts.length / 2);
  return fn.let(join(joinPairwise(fn, parts.slice(0, half), join), joinPairwise(fn, parts.slice(half), join)));
}

/** The elements of one chunk; `load` reads those of operands from outside. */
export function elementsOf(fn: Fn, nest: Nest, load: (step: Step, operand: number, at: At) => Vector): ElementOf {
  const steps = new Map(nest.steps.map((step) => [step.equation.outputs[0]!, step]));
  const known = new Map<string, Vector>();
  const keys = new Map<string, VectorKey>();

  const element: ElementOf = (variable, at) => {
    const step = steps.get(variable)!;
    const key = keyAt(step, at);
    const value = known.get(key) ?? compute(step, at);
    known.set(key, value);
    return value;
  };
  const keyAt = ({ equation, output }: Step, at: At): string =>
    `${equation.outputs[0]!.id}:${output.filter((axis) => axis !== undefined && !nest.loops.includes(axis)).map((axis) => at[axis!])}`;
  const operand = (step: Step, i: number, at: At): Vector => {
    const input = step.equation.inputs[i]!;
    return steps.has(input) ? element(input, at) : load(step, i, at);
  };

  const compute = (step: Step, at: At): Vector => {
    const { equation, relation } = step;
    const { primitive, inputs } = equation;
    if (relation.kind === "move" || repeating.has(primitive.name)) return operand(step, 0, at);
    if (relation.kind === "foldIn") return deriveKey(step, at);
    if (relation.kind === "draw") return draw(step, at);
    if (relation.kind === "each")
      return applyLanes(
        fn,
        equation,
        inputs.map((_, i) => operand(step, i, at)),
      );
    const parts = positionsAlong(step.folded, nest.sizes, at).map((each) => operand(step, 0, each));
    if (relation.kind === "logSumExp") return logSumExp(fn, parts);
    const { join, map = (_, x) => x } = foldOf(primitive.name, inputs[0]!)!;
    return fn.let(
      joinPairwise(
        fn,
        parts.map((part) => map(fn, part)),
        join,
      ),
    );
  };

  /** The key that the first operand holds, its words along `axis`. */
  const keyOf = (step: Step, axis: number, at: At): VectorKey => {
    const input = step.equation.inputs[0]!;
    const place = step.operands[0]!.map((own) => (own === axis || own === undefined ? "" : at[own]));
    const name = `${input.id}:${place}:${step.operands[0]}`;
    const words = [0, 1].map((word) => operand(step, 0, at.with(axis, word)));
    const key = keys.get(name) ?? keyOfLanes(fn, words[0]!, words[1]!);
    keys.set(name, key);
    return key;
  };

  /** Both words of the derived key are kept. */
  const deriveKey = (step: Step, at: At): Vector => {
    const axis = step.output.at(-1)!;
    const [words] = threefryVectors(fn, keyOf(step, axis, at), [operand(step, 1, at)]);
    for (const [word, value] of words!.entries()) known.set(keyAt(step, at.with(axis, word)), value);
    return words![at[axis]!]!;
  };

  /** Element e comes from word ⌊e/4⌋ mod 2 of block 4⌊e/8⌋ + e mod 4; two blocks at a time are faster. */
  const draw = (step: Step, at: At): Vector => {
    const { equation, operands, output } = step;
    const { name } = equation.primitive;
    const shape: readonly number[] = equation.attributes.shape;
    const size = sizeOf(shape);
    const axes = output.slice(output.length - shape.length);
    const index = axes.reduce<number>((sum, axis, i) => sum * shape[i]! + (axis === undefined ? 0 : at[axis]!), 0);
    const block = 4 * (index >> 3) + (index & 3);
    const plain = keyOf(step, operands[0]!.at(-1)!, at);
    const key = equation.inputs[1] ? inStream(fn, plain, operand(step, 1, at)) : plain;
    const isDrawn = (each: number): boolean => 8 * (each >> 2) + (each & 3) < size;
    const pair = [block & ~1, block | 1].filter(isDrawn);
    const words = threefryBlocks(
      fn,
      pair.map((each) => ({ key, counter: i32x4.const(each) })),
    );
    for (const [k, each] of pair.entries()) {
      const drawn = name === "randomNormal" ? boxMuller(fn, words[k]!) : words[k]!;
      for (const [word, value] of drawn.entries()) {
        let rest = 8 * (each >> 2) + (each & 3) + 4 * word;
        if (rest >= size) continue;
        let place = at;
        for (let axis = shape.length - 1; axis >= 0; axis--) {
          if (axes[axis] !== undefined) place = place.with(axes[axis]!, rest % shape[axis]!);
          rest = Math.floor(rest / shape[axis]!);
        }
        known.set(keyAt(step, place), name === "randomUniform" ? fn.let(unit(value)) : value);
      }
    }
    return known.get(keyAt(step, at))!;
  };
  return element;
}

/** log Σ exp x = m + log Σ exp(x − m), m the largest element; the largest itself where it is infinite. */
function logSumExp(fn: Fn, x: readonly Vector[]): Vector {
  const m = fn.let(joinPairwise(fn, x, f32x4.max));
  const terms = x.map((each) => exp(fn, f32x4.sub(each, m)));
  const sum = fn.let(joinPairwise(fn, terms, f32x4.add));
  const isInfinite = f32x4.eq(f32x4.abs(m), Number.POSITIVE_INFINITY);
  return fn.let(v128.bitselect(m, f32x4.add(m, log(fn, sum)), isInfinite));
}
