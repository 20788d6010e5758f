// Sums of updates, which stand in the order of their indices, the earlier first.
import type { Variable } from "../../../../ir/program.js";
import { sizeOf } from "../../../../util/shapes.js";
import type { Unit } from "../../plan/units.js";
import { scalarType } from "../../wgsl/elementwise.js";
import { type Emitter, zeroOf } from "../emitter.js";
import { fixed, threads, type Written } from "./unit.js";

/** Elements of the updates and of the result: [batch, before, picks or indices, after]. */
function sizesOf({ heads: [head] }: Unit) {
  const { attributes, outputs } = head!.equation!;
  const [out] = outputs as [Variable];
  const { axis, batchDims } = attributes;
  const before = sizeOf(out.shape.slice(batchDims, axis));
  const after = sizeOf(out.shape.slice(axis + 1));
  return { before, after, length: out.shape[axis]!, size: sizeOf(out.shape) };
}

const element = (emitter: Emitter, value: Variable, flat: string): string =>
  emitter.value(value, { shape: value.shape, flat: emitter.define(flat) });

/** The update that stands at position r of those in order, as source. */
function updateAt(
  emitter: Emitter,
  inputs: readonly Variable[],
  b: string,
  r: string,
  q: string,
  sizes: ReturnType<typeof sizesOf>,
): string {
  const [keys, places, updates] = inputs as [Variable, Variable, Variable];
  const picks = keys.shape.at(-1)!;
  const { before, after } = sizes;
  const place = fixed(emitter, `u32(${element(emitter, places, `(${b} * ${picks}u + ${r})`)})`);
  return element(
    emitter,
    updates,
    `(((${b} * ${before}u + ${q} / ${after}u) * ${picks}u + ${place}) * ${after}u + ${q} % ${after}u)`,
  );
}

/** At every position whose index is not that of the one before in its chunk: the sum of those in the chunk that share it. */
export function writeChunks(emitter: Emitter, unit: Unit, chunk: number): Written {
  const { equation, targets } = unit.heads[0]!;
  const [keys] = equation!.inputs as [Variable];
  const [sums] = targets as [Variable];
  const sizes = sizesOf(unit);
  const picks = keys.shape.at(-1)!;
  const rest = sizes.before * sizes.after;
  const size = sizeOf(sums.shape);
  emitter.line(`let i = w * ${threads}u + lid;`);
  emitter.block(`if (i < ${size}u)`, () => {
    const e = fixed(emitter, "i", "e");
    const q = fixed(emitter, `${e} % ${rest}u`);
    const first = fixed(emitter, `(${e} / ${rest}u) % ${picks}u`);
    const b = fixed(emitter, `${e} / ${rest * picks}u`);
    const keyAt = (r: string) => element(emitter, keys, `(${b} * ${picks}u + ${r})`);
    const key = fixed(emitter, keyAt(first));
    const before = fixed(emitter, keyAt(`max(${first}, 1u) - 1u`));
    emitter.block(`if (${first} % ${chunk}u == 0u || ${before} != ${key})`, () => {
      const total = emitter.mutable(scalarType[sums.dtype], zeroOf[sums.dtype]);
      const end = fixed(emitter, `min(${picks}u, (${first} / ${chunk}u + 1u) * ${chunk}u)`);
      emitter.block(`for (var next = ${first}; next < ${end}; next++)`, () => {
        const r = fixed(emitter, "next", "r");
        emitter.line(`if (${keyAt(r)} != ${key}) { break; }`);
        emitter.line(`${total} += ${updateAt(emitter, equation!.inputs, b, r, q, sizes)};`);
      });
      emitter.store(sums, e, total);
    });
  });
  return { workgroups: Math.ceil(size / threads) };
}

/** Finds what belongs to an index and adds it up: updates, or the sums of chunks. */
export function writeSegments(emitter: Emitter, unit: Unit, chunk: number): Written {
  const { equation, targets } = unit.heads[0]!;
  const { inputs } = equation!;
  const [keys, sums] = inputs as [Variable, Variable];
  const [out] = targets as [Variable];
  const sizes = sizesOf(unit);
  const { before, after, length, size } = sizes;
  const picks = keys.shape.at(-1)!;
  emitter.line(`let i = w * ${threads}u + lid;`);
  emitter.block(`if (i < ${size}u)`, () => {
    const e = fixed(emitter, "i", "e");
    const index = fixed(emitter, `(${e} / ${after}u) % ${length}u`);
    const b = fixed(emitter, `${e} / ${before * length * after}u`);
    const q = fixed(emitter, `((${e} / ${length * after}u) % ${before}u) * ${after}u + ${e} % ${after}u`);
    emitter.line("var low = 0u;");
    emitter.line(`var high = ${picks}u;`);
    emitter.block("while (low < high)", () => {
      const middle = fixed(emitter, "(low + high) / 2u");
      const isBefore = `bitcast<u32>(${element(emitter, keys, `(${b} * ${picks}u + ${middle})`)}) < ${index}`;
      emitter.line(`if (${isBefore}) { low = ${middle} + 1u; } else { high = ${middle}; }`);
    });
    const total = emitter.mutable(scalarType[out.dtype], zeroOf[out.dtype]);
    emitter.block(
      `for (; low < ${picks}u; low = ${chunk === 1 ? "low + 1u" : `(low / ${chunk}u + 1u) * ${chunk}u`})`,
      () => {
        const r = fixed(emitter, "low", "r");
        emitter.line(`if (u32(${element(emitter, keys, `(${b} * ${picks}u + ${r})`)}) != ${index}) { break; }`);
        const part =
          chunk === 1
            ? updateAt(emitter, inputs, b, r, q, sizes)
            : element(emitter, sums, `((${b} * ${picks}u + ${r}) * ${before * after}u + ${q})`);
        emitter.line(`${total} += ${part};`);
      },
    );
    emitter.store(out, e, total);
  });
  return { workgroups: Math.ceil(size / threads) };
}
