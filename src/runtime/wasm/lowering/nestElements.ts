// The equations of a nest on four lanes: an element is computed when it is asked for, once.
import type { Variable } from "../../../ir/program.js";
import { range, sizeOf, stridesOf } from "../../../util/shapes.js";
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

  let blocks: DrawnBlock[] | undefined;
  /** Element e comes from word ⌊e/4⌋ mod 2 of block 4⌊e/8⌋ + e mod 4. Two blocks at a time are faster, of any draws. */
  const draw = (step: Step, at: At): Vector => {
    blocks ??= nest.steps.filter(({ relation }) => relation.kind === "draw").flatMap((each) => blocksOf(each, nest));
    const wanted = blocks.findIndex(
      (block) => block.step === step && block.elements.some((each) => keyAt(step, each) === keyAt(step, at)),
    );
    const isReady = ({ step: { equation }, at: place }: DrawnBlock): boolean =>
      equation.inputs.every((input) => !steps.has(input) || known.has(keyAt(steps.get(input)!, place)));
    const next = blocks.findIndex((block, i) => i > wanted && isReady(block));
    const group = [blocks[wanted]!, ...(next < 0 ? [] : [blocks[next]!])];
    blocks = blocks.filter((block) => !group.includes(block));
    const words = threefryBlocks(
      fn,
      group.map(({ step: { equation }, step: own, at: place, block }) => {
        const plain = keyOf(own, own.operands[0]!.at(-1)!, place);
        const key = equation.inputs[1] ? inStream(fn, plain, operand(own, 1, place)) : plain;
        return { key, counter: i32x4.const(block) };
      }),
    );
    for (const [k, { step: own, elements }] of group.entries()) {
      const { name } = own.equation.primitive;
      const drawn = name === "randomNormal" ? boxMuller(fn, words[k]!) : words[k]!;
      for (const [word, each] of elements.entries())
        known.set(keyAt(own, each), name === "randomUniform" ? fn.let(unit(drawn[word]!)) : drawn[word]!);
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

/** A block of random words, and the elements that they become. */
interface DrawnBlock {
  readonly step: Step;
  readonly at: At;
  readonly block: number;
  readonly elements: readonly At[];
}

/** The blocks of a draw, of all keys that are side by side. */
function blocksOf(step: Step, { loops, sizes }: Nest): DrawnBlock[] {
  const { equation, output } = step;
  const shape: readonly number[] = equation.attributes.shape;
  const size = sizeOf(shape);
  const strides = stridesOf(shape);
  const keys = output.slice(0, output.length - shape.length);
  const drawn = output.slice(output.length - shape.length);
  const places = positionsAlong(
    keys.filter((axis) => axis !== undefined && !loops.includes(axis)) as number[],
    sizes,
    sizes.map(() => 0),
  );
  const elementAt = (place: At, index: number): At =>
    drawn.reduce<At>(
      (at, axis, i) => (axis === undefined ? at : at.with(axis, Math.floor(index / strides[i]!) % shape[i]!)),
      place,
    );
  return places.flatMap((at) =>
    range(((size >> 3) << 2) + Math.min(size & 7, 4)).map((block) => {
      const first = 8 * (block >> 2) + (block & 3);
      const elements = [first, first + 4].filter((index) => index < size).map((index) => elementAt(at, index));
      return { step, at, block, elements };
    }),
  );
}
