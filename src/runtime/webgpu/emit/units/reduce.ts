// Sums and the like: some threads for each element of the result, which then fold what they found in workgroup memory.
import type { DType } from "../../../../ir/program.js";
import { range } from "../../../../util/shapes.js";
import { termsOf } from "../../plan/forms.js";
import type { Root } from "../../plan/roots.js";
import type { Unit } from "../../plan/units.js";
import { fromWord, scalarType, toWord } from "../../wgsl/elementwise.js";
import type { Emitter } from "../emitter.js";
import { type Fold, foldOf } from "./folds.js";
import { termOf } from "./terms.js";
import { opaque, sharedArrays, threads, type Written, writeTails } from "./unit.js";

/** Sums are made in blocks of so many terms. */
const block = 64;

/** How many threads work on one element. */
function threadsFor(size: number, terms: number): number {
  if (terms <= 32 || (size >= 65536 && terms <= 256)) return 1;
  const each = terms / (size < 1024 ? 8 : 32);
  let count = 1;
  while (count < each && count < threads) count *= 2;
  return count;
}

/** Whether neighbouring terms are neighbours in memory. */
function isAlongRows({ equation }: Root): boolean {
  const { primitive, inputs, attributes } = equation!;
  const [x] = inputs;
  if (primitive.name === "matMul") return inputs[1]!.shape.at(-1) === 1;
  const axes: readonly number[] | undefined =
    attributes.axes ?? (primitive.name.startsWith("arg") ? [attributes.axis] : undefined);
  const last = x!.shape.findLastIndex((size) => size !== 1);
  return axes === undefined || axes.includes(last);
}

export function writeReduction(emitter: Emitter, { size, terms, portions, heads, tails }: Unit): Written {
  const each = threadsFor(size, terms);
  const elements = threads / each;
  const isRows = isAlongRows(heads[0]!);
  const [own, t, stride] = isRows
    ? [`lid / ${each}u`, `lid % ${each}u`, 1]
    : [`lid % ${elements}u`, `lid / ${elements}u`, elements];
  emitter.line(`let i = w * ${elements}u + ${each === 1 ? "lid" : own};`);
  if (each > 1) emitter.line(`let t = ${t};`);
  const e = size === 1 ? "0u" : emitter.fresh("e");
  if (size > 1) emitter.line(`let ${e} = min(i, ${size - 1}u);`);
  const { element, start, count } = portionOf(emitter, e, terms, portions, heads[0]!);
  const results = new Map<Root, string>();
  const passes = Math.max(...heads.map((head) => foldOf(head).passes.length));
  for (const pass of range(passes)) {
    const folds = heads.flatMap((head): [Root, Fold][] => {
      const fold = foldOf(head).passes[pass];
      return fold ? [[head, fold]] : [];
    });
    const totals = new Map(
      folds.map(([head, fold]) => [
        head,
        fold.parts.map(({ dtype, initial }) => emitter.mutable(scalarType[dtype], initial)),
      ]),
    );
    const step = (r: string): void => {
      for (const [head, fold] of folds) {
        const at = start === undefined ? r : emitter.define(`(${start} + ${r})`);
        const term = termOf(emitter, head.equation!, element, at);
        for (const line of fold.take(totals.get(head)!, term, r, results.get(head))) emitter.line(line);
      }
    };
    writeLoop(emitter, folds, totals, { terms, count }, each, step);
    if (each > 1)
      foldThreads(
        emitter,
        folds.map(([head, fold]) => ({ fold, found: totals.get(head)! })),
        each,
        stride,
      );
    for (const [head, fold] of folds) {
      const name = emitter.fresh();
      emitter.line(`let ${name} = ${fold.result(totals.get(head)!, results.get(head))};`);
      results.set(head, name);
    }
  }
  const first = each > 1 ? " && t == 0u" : "";
  for (const [head, name] of results) emitter.bind(head.targets[0]!, e, name);
  emitter.block(`if (i < ${size}u${first})`, () => {
    for (const [head, name] of results) emitter.store(head.targets[0]!, e, name);
    writeTails(emitter, tails, e);
  });
  return { workgroups: Math.ceil(size / elements) };
}

/** The element of the whole reduction, where this portion of its terms begins, and how many it has. */
function portionOf(emitter: Emitter, e: string, terms: number, portions: number, head: Root) {
  if (portions === 1) return { element: e, start: undefined, count: `${terms}u` };
  const element = emitter.define(`(${e} / ${portions}u)`);
  const start = emitter.define(`((${e} % ${portions}u) * ${terms}u)`);
  const count = emitter.define(`min(${terms}u, ${termsOf(head.equation!)}u - ${start})`);
  return { element, start, count };
}

/** Goes through a thread's terms; sums of many are made in blocks, so that their errors stay small. */
function writeLoop(
  emitter: Emitter,
  folds: readonly (readonly [Root, Fold])[],
  totals: ReadonlyMap<Root, string[]>,
  { terms, count }: { readonly terms: number; readonly count: string },
  each: number,
  step: (r: string) => void,
): void {
  const start = each > 1 ? "t" : "0u";
  const loop = (from: string, to: string): void => {
    const r = emitter.fresh("r");
    emitter.block(`for (var ${r}_ = ${from}; ${r}_ < ${to}; ${r}_ += ${each}u)`, () => {
      const inner = emitter.fresh("r");
      emitter.line(`let ${inner} = ${r}_;`);
      step(inner);
    });
  };
  if (terms <= block * each || !folds.every(([, fold]) => fold.isSum)) {
    loop(start, count);
    return;
  }
  const k = emitter.fresh("k");
  const sums = folds.map(([head, { parts }]) => ({ total: totals.get(head)![0]!, dtype: parts[0]!.dtype }));
  emitter.block(`for (var ${k}_ = ${start}; ${k}_ < ${count}; ${k}_ += ${block * each}u)`, () => {
    const befores = sums.map(({ total }) => {
      const before = emitter.fresh();
      emitter.line(`let ${before} = ${total};`);
      return before;
    });
    for (const { total, dtype } of sums) emitter.line(`${total} = ${dtype === "int32" ? "0" : "0f"};`);
    loop(`${k}_`, `min(${k}_ + ${block * each}u, ${count})`);
    sums.forEach(({ total }, i) => {
      emitter.line(`${total} = ${befores[i]} + ${total};`);
    });
  });
}

/** What the threads have of one reduction, in variables of the source. */
interface Found {
  readonly fold: Fold;
  readonly found: readonly string[];
}

/** Folds what the threads of an element have, as a tree; several reductions share its barriers. */
function foldThreads(emitter: Emitter, all: readonly Found[], each: number, stride: number): void {
  const own: { array: string; dtype: DType; name: string }[] = [];
  let count = 0;
  while (count < all.length) {
    const { fold, found } = all[count]!;
    if (own.length + fold.parts.length > sharedArrays) break;
    fold.parts.forEach(({ dtype }, k) => {
      own.push({ array: `shared_${own.length}`, dtype, name: found[k]! });
    });
    count++;
  }
  const some = all.slice(0, count);
  const put = (): void =>
    own.forEach(({ array, dtype, name }) => {
      emitter.line(`${array}[lid] = ${toWord(name, dtype)};`);
    });
  put();
  emitter.line("workgroupBarrier();");
  const half = emitter.fresh("h");
  emitter.block(`for (var ${half}_ = ${opaque(each / 2)}; ${half}_ > 0u; ${half}_ >>= 1u)`, () => {
    emitter.block(`if (t < ${half}_)`, () => {
      const others = own.map(({ array, dtype }) => {
        const name = emitter.fresh();
        emitter.line(`let ${name} = ${fromWord(`${array}[lid + ${half}_ * ${stride}u]`, dtype)};`);
        return name;
      });
      let at = 0;
      for (const { fold, found } of some) {
        for (const line of fold.merge(found, others.slice(at, at + fold.parts.length))) emitter.line(line);
        at += fold.parts.length;
      }
      put();
    });
    emitter.line("workgroupBarrier();");
  });
  for (const { array, dtype, name } of own)
    emitter.line(`${name} = ${fromWord(`${array}[lid - t * ${stride}u]`, dtype)};`);
  emitter.line("workgroupBarrier();");
  if (count < all.length) foldThreads(emitter, all.slice(count), each, stride);
}
