// Operations whose elements need earlier ones: a thread or a workgroup for each line or matrix.
import type { Variable } from "../../../../ir/program.js";
import { broadcastShapes, sizeOf } from "../../../../util/shapes.js";
import type { Unit } from "../../plan/units.js";
import { fromWord, scalarType, toWord } from "../../wgsl/elementwise.js";
import type { Emitter } from "../emitter.js";
import { fixed, threads, type Written } from "./unit.js";

/** Lines up to this length are walked through by one thread. */
const short = 32;

function writeCumulative(emitter: Emitter, { heads: [head] }: Unit): Written {
  const { primitive, inputs, outputs, attributes } = head!.equation!;
  const [x, out] = [inputs[0]!, outputs[0]!];
  const { axis, exclusive, reverse } = attributes;
  const length = x.shape[axis]!;
  const inner = sizeOf(x.shape.slice(axis + 1));
  const lines = sizeOf(x.shape) / length;
  const isSum = primitive.name === "cumsum";
  const type = scalarType[x.dtype];
  const initial = x.dtype === "int32" ? (isSum ? "0" : "1") : isSum ? "0f" : "1f";
  const combine = (a: string, b: string): string => `${a} ${isSum ? "+" : "*"} ${b}`;
  const walk = (line: string, total: string, from: string, to: string, isWritten: boolean): void => {
    const k = emitter.fresh("k");
    emitter.block(`for (var ${k}_ = ${from}; ${k}_ < ${to}; ${k}_++)`, () => {
      const at = fixed(emitter, reverse ? `${length - 1}u - ${k}_` : `${k}_`, "k");
      const flat = emitter.define(
        `((${line} / ${inner}u) * ${inner * length}u + ${line} % ${inner}u + ${at} * ${inner}u)`,
      );
      const element = emitter.value(x, { shape: x.shape, flat });
      const next = fixed(emitter, combine(total, element), "x");
      if (isWritten) emitter.store(out, flat, exclusive ? total : next);
      emitter.line(`${total} = ${next};`);
    });
  };
  if (length <= short) {
    emitter.line(`let i = w * ${threads}u + lid;`);
    emitter.block(`if (i < ${lines}u)`, () => {
      const line = fixed(emitter, "i");
      walk(line, emitter.mutable(type, initial), "0u", `${length}u`, true);
    });
    return { workgroups: Math.ceil(lines / threads) };
  }
  const line = fixed(emitter, "w");
  const each = Math.ceil(length / threads);
  const from = fixed(emitter, `min(lid * ${each}u, ${length}u)`);
  const to = fixed(emitter, `min(lid * ${each}u + ${each}u, ${length}u)`);
  const part = emitter.mutable(type, initial);
  walk(line, part, from, to, false);
  emitter.line(`shared_0[lid] = ${toWord(part, x.dtype)};`);
  emitter.line("workgroupBarrier();");
  for (let by = 1; by < threads; by *= 2) {
    emitter.block(`if (lid >= ${by}u)`, () =>
      emitter.line(`${part} = ${combine(fromWord(`shared_0[lid - ${by}u]`, x.dtype), part)};`),
    );
    emitter.line("workgroupBarrier();");
    emitter.line(`shared_0[lid] = ${toWord(part, x.dtype)};`);
    emitter.line("workgroupBarrier();");
  }
  const total = emitter.mutable(type, initial);
  emitter.block("if (lid > 0u)", () => emitter.line(`${total} = ${fromWord("shared_0[lid - 1u]", x.dtype)};`));
  emitter.line("workgroupBarrier();");
  walk(line, total, from, to, true);
  return { workgroups: lines };
}

/** Elements of the matrix that the workgroup works on. */
const cell = (emitter: Emitter, matrix: Variable, w: string, i: string, j: string): string => {
  const [rows, columns] = matrix.shape.slice(-2) as [number, number];
  return emitter.places.word(matrix, `((${w} * ${rows}u + ${i}) * ${columns}u + ${j})`);
};
const real = (word: string): string => `bitcast<f32>(${word})`;
const barrier = "storageBarrier();";

/** In place, column by column: the rest of the matrix is updated after each of them. */
function writeCholesky(emitter: Emitter, { heads: [head] }: Unit): Written {
  const { inputs, outputs } = head!.equation!;
  const [a, out] = [inputs[0]!, outputs[0]!];
  const n = a.shape.at(-1)!;
  const matrix = fixed(emitter, "w");
  const at = (i: string, j: string): string => cell(emitter, out, matrix, i, j);
  const q = emitter.fresh("q");
  emitter.block(`for (var ${q}_ = lid; ${q}_ < ${n * n}u; ${q}_ += ${threads}u)`, () => {
    const i = fixed(emitter, `${q}_ / ${n}u`);
    const j = fixed(emitter, `${q}_ % ${n}u`);
    const element = (r: string, c: string): string =>
      emitter.value(a, { shape: a.shape, flat: emitter.define(`((${matrix} * ${n}u + ${r}) * ${n}u + ${c})`) });
    const value = `select(0f, (${element(i, j)} + ${element(j, i)}) * 0.5f, ${j} <= ${i})`;
    emitter.line(`${at(i, j)} = bitcast<u32>(${value});`);
  });
  emitter.line(barrier);
  emitter.block(`for (var k = 0u; k < ${n}u; k++)`, () => {
    emitter.block("if (lid == 0u)", () => {
      const pivot = fixed(emitter, real(at("k", "k")), "x");
      emitter.line(`${at("k", "k")} = bitcast<u32>(select(not_a_number(), sqrt(${pivot}), ${pivot} > 0f));`);
    });
    emitter.line(barrier);
    emitter.block(`for (var i = k + 1u + lid; i < ${n}u; i += ${threads}u)`, () =>
      emitter.line(`${at("i", "k")} = bitcast<u32>(${real(at("i", "k"))} / ${real(at("k", "k"))});`),
    );
    emitter.line(barrier);
    emitter.line(`let rest = ${n - 1}u - k;`);
    emitter.block(`for (var c = lid; c < rest * rest; c += ${threads}u)`, () => {
      emitter.line("let i = k + 1u + c / rest;");
      emitter.line("let j = k + 1u + c % rest;");
      emitter.block("if (j <= i)", () =>
        emitter.line(
          `${at("i", "j")} = bitcast<u32>(${real(at("i", "j"))} - ${real(at("i", "k"))} * ${real(at("j", "k"))});`,
        ),
      );
    });
    emitter.line(barrier);
  });
  // a matrix that is not positive definite has no factor: nothing of it stays
  emitter.line(`let isLost = is_nan(${real(at(`${n - 1}u`, `${n - 1}u`))});`);
  emitter.line(barrier);
  emitter.block(`for (var c = lid; c < ${n * n}u; c += ${threads}u)`, () =>
    emitter.line(
      `if (isLost && c % ${n}u <= c / ${n}u) { ${at(`c / ${n}u`, `c % ${n}u`)} = bitcast<u32>(not_a_number()); }`,
    ),
  );
  return { workgroups: sizeOf(a.shape.slice(0, -2)) };
}

/** Substitution in place: after each row, what it contributes is taken from all that follow. */
function writeSolve(emitter: Emitter, { heads: [head] }: Unit): Written {
  const { inputs, outputs, attributes } = head!.equation!;
  const [matrix, b] = inputs as [Variable, Variable];
  const [out] = outputs as [Variable];
  const [n, columns] = out.shape.slice(-2) as [number, number];
  const batch = broadcastShapes(matrix.shape.slice(0, -2), b.shape.slice(0, -2))!;
  const w = fixed(emitter, "w");
  const coordinates = emitter.coordinatesOf({ shape: [...batch, 1, 1], flat: w }).slice(0, -2);
  const of = (value: Variable): string[] => {
    const own = value.shape.slice(0, -2);
    return own.map((size, axis) => (size === 1 ? "0u" : coordinates[axis + coordinates.length - own.length]!));
  };
  const { lower, transpose } = attributes;
  const isForward = lower !== transpose;
  const at = (i: string, j: string): string => cell(emitter, out, w, i, j);
  const entry = (i: string, j: string): string =>
    emitter.value(matrix, { shape: matrix.shape, coordinates: [...of(matrix), ...(transpose ? [j, i] : [i, j])] });
  const q = emitter.fresh("q");
  emitter.block(`for (var ${q}_ = lid; ${q}_ < ${n * columns}u; ${q}_ += ${threads}u)`, () => {
    const i = fixed(emitter, `${q}_ / ${columns}u`);
    const j = fixed(emitter, `${q}_ % ${columns}u`);
    emitter.line(`${at(i, j)} = bitcast<u32>(${emitter.value(b, { shape: b.shape, coordinates: [...of(b), i, j] })});`);
  });
  emitter.line(barrier);
  emitter.block(`for (var k = 0u; k < ${n}u; k++)`, () => {
    const i = fixed(emitter, isForward ? "k" : `${n - 1}u - k`);
    emitter.block(`for (var c = lid; c < ${columns}u; c += ${threads}u)`, () =>
      emitter.line(`${at(i, "c")} = bitcast<u32>(${real(at(i, "c"))} / ${entry(i, i)});`),
    );
    emitter.line(barrier);
    emitter.block(`for (var c = lid; c < ${(n - 1) * columns}u; c += ${threads}u)`, () => {
      const row = fixed(emitter, `k + 1u + c / ${columns}u`);
      emitter.block(`if (${row} < ${n}u)`, () => {
        const r = fixed(emitter, isForward ? row : `${n - 1}u - ${row}`);
        const factor = entry(r, i);
        // a factor of 0 takes nothing, not even of ∞
        emitter.line(
          `if (${factor} != 0f) { ${at(r, `c % ${columns}u`)} = bitcast<u32>(${real(at(r, `c % ${columns}u`))} - ${factor} * ${real(at(i, `c % ${columns}u`))}); }`,
        );
      });
    });
    emitter.line(barrier);
  });
  return { workgroups: sizeOf(batch) };
}

export function writeLines(emitter: Emitter, unit: Unit): Written {
  const { name } = unit.heads[0]!.equation!.primitive;
  if (name === "cholesky") return writeCholesky(emitter, unit);
  return name === "triangularSolve" ? writeSolve(emitter, unit) : writeCumulative(emitter, unit);
}
