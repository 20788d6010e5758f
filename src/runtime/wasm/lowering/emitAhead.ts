// Values of several steps at once, a step in each lane: what depends on step counters alone, random draws above all.
import type { Equation, Variable } from "../../../ir/program.js";
import { sizeOf } from "../../../util/shapes.js";
import type { I32, Local } from "../assembler/expression.js";
import type { FunctionBuilder } from "../assembler/functionBuilder.js";
import { i32 } from "../assembler/i32.js";
import { i32x4 } from "../assembler/i32x4.js";
import { v128 } from "../assembler/v128.js";
import type { MemoryLayout } from "../memory.js";
import { type Blocks, elementsOf, inStream, keyOfLanes, threefryBlocks, type VectorKey } from "../random.js";
import { applyLanes } from "./applyLanes.js";

type Fn = FunctionBuilder<readonly [], undefined>;
type Vector = Local<"v128">;

/** Steps that are prepared at once: two vectors fill a processor that waits on one. */
export const stepsAhead = 8;

/** A 32-bit word of every step, four steps to a vector; a single vector if all steps have the same. */
type Lanes = readonly Vector[];

/** A value of every step: one word, the two words of a key, or the vectors of a draw, in memory step by step. */
type Ahead =
  | { readonly kind: "words"; readonly words: readonly Lanes[] }
  | { readonly kind: "drawn"; readonly address: number; readonly vectors: number };

const pick = (lanes: Lanes, i: number): Vector => lanes[lanes.length === 1 ? 0 : i]!;

/** Computes equations for `stepsAhead` steps and hands out their values step by step. */
export class AheadStore {
  readonly #fn: Fn;
  readonly #layout: MemoryLayout;
  readonly #values = new Map<Variable, Ahead>();
  readonly #tables = new Map<Lanes, number>();

  constructor(fn: Fn, layout: MemoryLayout) {
    this.#fn = fn;
    this.#layout = layout;
  }

  has(variable: Variable): boolean {
    return this.#values.has(variable);
  }

  /** A value that all steps share, in memory. */
  placeFixed(variable: Variable, address: number): void {
    const words = Array.from({ length: sizeOf(variable.shape) }, (_, word) => [
      this.#fn.let(v128.load32Splat(0, address + 4 * word)),
    ]);
    this.#values.set(variable, { kind: "words", words });
  }

  /** A counter that stands in memory and grows by `increment` with every step. */
  placeCounter(variable: Variable, address: number, increment: number): void {
    const start = this.#fn.let(v128.load32Splat(0, address));
    const lanes = Array.from({ length: stepsAhead / 4 }, (_, i) => {
      const [a, b, c, d] = [0, 1, 2, 3].map((lane) => Math.imul(4 * i + lane, increment));
      return this.#fn.let(i32x4.add(start, i32x4.const([a!, b!, c!, d!])));
    });
    this.#values.set(variable, { kind: "words", words: [lanes] });
  }

  emit(equation: Equation): void {
    const { primitive, inputs, outputs } = equation;
    const [output] = outputs;
    const operands = inputs.map((input) => this.#words(input));
    if (primitive.name === "reshape") this.#values.set(output!, this.#values.get(inputs[0]!)!);
    else if (primitive.name === "foldIn") this.#keep(output!, this.#foldIn(operands[0]!, operands[1]![0]!));
    else if (!(primitive.name in elementsOf))
      this.#keep(output!, [this.#each(operands.flat(), (x) => applyLanes(this.#fn, equation, x))]);
    else if (sizeOf(output!.shape) === 1) this.#keep(output!, [this.#drawOne(equation, operands)]);
    else this.#values.set(output!, this.#draw(equation, operands));
  }

  /**
   * The value of the step whose place among those prepared is `slot`, as chunks of four elements: in the function that
   * computes ahead, or in one that it calls.
   */
  chunksAt(fn: Fn, variable: Variable, slot: I32): readonly Vector[] {
    const value = this.#values.get(variable)!;
    if (value.kind === "drawn") {
      const at = fn.let(i32.mul(slot, 16 * value.vectors));
      return Array.from({ length: value.vectors }, (_, i) => fn.let(v128.load(at, value.address + 16 * i)));
    }
    const [first, second] = value.words.map((lanes) => this.#wordAt(fn, lanes, slot));
    return [second ? fn.let(v128.shuffle32(first!, second, [0, 4, 0, 4])) : first!];
  }

  /** Puts what `chunksAt` will read into memory: to be called before the steps. */
  prepare(variable: Variable): void {
    const value = this.#values.get(variable)!;
    if (value.kind === "words") for (const lanes of value.words) this.#tableOf(lanes);
  }

  #wordAt(fn: Fn, lanes: Lanes, slot: I32): Vector {
    if (lanes.length > 1) return fn.let(v128.load32Splat(i32.shl(slot, 2), this.#tableOf(lanes)));
    return fn === this.#fn ? lanes[0]! : fn.let(v128.load(0, this.#tableOf(lanes)));
  }

  #tableOf(lanes: Lanes): number {
    const known = this.#tables.get(lanes);
    if (known !== undefined) return known;
    const address = this.#layout.reserve(4 * stepsAhead);
    lanes.forEach((vector, i) => {
      this.#fn.store(0, vector, address + 16 * i);
    });
    this.#tables.set(lanes, address);
    return address;
  }

  #keep(variable: Variable, words: readonly Lanes[]): void {
    this.#values.set(variable, { kind: "words", words });
  }

  #words(variable: Variable): readonly Lanes[] {
    return (this.#values.get(variable) as Ahead & { kind: "words" }).words;
  }

  /** The function on every vector of four steps, once if all steps have the same. */
  #each(operands: readonly Lanes[], f: (x: readonly Vector[], i: number) => Vector): Lanes {
    const count = Math.max(1, ...operands.map((lanes) => lanes.length));
    return Array.from({ length: count }, (_, i) =>
      f(
        operands.map((lanes) => pick(lanes, i)),
        i,
      ),
    );
  }

  #foldIn([key0, key1]: readonly Lanes[], datum: Lanes): readonly [Lanes, Lanes] {
    const blocks: Blocks[] = [];
    this.#each([key0!, key1!, datum], ([k0, k1, counter]) => {
      blocks.push({ key: keyOfLanes(this.#fn, k0!, k1!), counter: counter! });
      return k0!;
    });
    const words = threefryBlocks(this.#fn, blocks);
    return [words.map(([word]) => word), words.map(([, word]) => word)];
  }

  /** One element for every step. */
  #drawOne({ primitive }: Equation, [key, stream]: readonly (readonly Lanes[])[]): Lanes {
    const fn = this.#fn;
    const [key0, key1] = key!;
    const blocks: Blocks[] = [];
    this.#each([key0!, key1!, ...(stream ?? [])], ([k0, k1, t]) => {
      const key = keyOfLanes(fn, k0!, k1!);
      blocks.push({ key: t ? inStream(fn, key, t) : key, counter: i32x4.const(0) });
      return k0!;
    });
    return threefryBlocks(fn, blocks).map((words) => elementsOf[primitive.name]!(fn, words)[0]);
  }

  /** Several elements for every step: a loop over the steps, two at a time. */
  #draw({ primitive, attributes }: Equation, [key, stream]: readonly (readonly Lanes[])[]): Ahead {
    const fn = this.#fn;
    const [key0, key1] = key!;
    const size = sizeOf(attributes.shape);
    const vectors = Math.ceil(size / 4);
    const address = this.#layout.reserve(16 * vectors * stepsAhead);
    for (const lanes of [key0!, key1!, ...(stream ?? [])]) if (lanes.length > 1) this.#tableOf(lanes);
    const keyAt = (slot: I32): VectorKey => {
      const own = keyOfLanes(fn, this.#wordAt(fn, key0!, slot), this.#wordAt(fn, key1!, slot));
      return stream ? inStream(fn, own, this.#wordAt(fn, stream[0]!, slot)) : own;
    };
    fn.loop({ to: stepsAhead, step: 2 }, (slot) =>
      fn.scope(() => {
        const keys = [keyAt(slot), keyAt(fn.let(i32.add(slot, 1)))];
        const at = fn.let(i32.mul(slot, 16 * vectors));
        // eight elements of both steps at once
        for (let first = 0; first < vectors; first += 2) {
          const counter = i32x4.const([0, 1, 2, 3].map((lane) => 2 * first + lane) as [number, number, number, number]);
          const blocks = keys.map((own): Blocks => ({ key: own, counter }));
          for (const [step, words] of threefryBlocks(fn, blocks).entries())
            for (const [k, vector] of elementsOf[primitive.name]!(fn, words).entries())
              if (first + k < vectors) fn.store(at, vector, address + 16 * (vectors * step + first + k));
        }
      }),
    );
    return { kind: "drawn", address, vectors };
  }
}
