// Products of matrices by tiles in workgroup memory; every thread keeps up to 4 × 4 elements of the result.
import type { Equation, Variable } from "../../../../ir/program.js";
import { range } from "../../../../util/shapes.js";
import { productSizes, tilesOf } from "../../plan/forms.js";
import { inlineProducer } from "../../plan/roots.js";
import type { Unit } from "../../plan/units.js";
import type { Emitter } from "../emitter.js";
import { areLongInside, convolutionFactors, type Factors } from "./convolution.js";
import { batchOf, threads, type Written, writeTails } from "./unit.js";

/** Depth of the tiles, and threads along each side. */
const depth = 16;
const side = 16;

export function writeProduct(emitter: Emitter, { heads: [head], tails, portions }: Unit): Written {
  const equation = head!.equation!;
  const sizes = productSizes(equation);
  const { batch, m, n, k } = sizes;
  const [a, b] = equation.inputs as [(typeof equation.inputs)[0], (typeof equation.inputs)[0]];
  const [out] = head!.targets as [typeof a];
  const { rows, columns } = tilesOf(sizes);
  const [across, down] = [Math.ceil(n / columns), Math.ceil(m / rows)];
  const [perRow, perColumn] = [rows / side, columns / side];

  const fixed = (code: string, prefix = "b"): string => {
    const name = emitter.fresh(prefix);
    emitter.line(`let ${name} = ${code};`);
    return name;
  };
  const whole = fixed(`w / ${across * down}u`);
  const matrix = portions === 1 ? whole : fixed(`${whole} % ${batch}u`);
  const terms = Math.ceil(k / portions);
  const firstTerm = portions === 1 ? "0u" : fixed(`${whole} / ${batch}u * ${terms}u`);
  const lastTerm = portions === 1 ? `${k}u` : fixed(`min(${firstTerm} + ${terms}u, ${k}u)`);
  const top = fixed(`((w / ${across}u) % ${down}u) * ${rows}u`);
  const left = fixed(`(w % ${across}u) * ${columns}u`);
  const y = fixed(`lid / ${side}u`);
  const x = fixed(`lid % ${side}u`);
  const isMatMul = equation.primitive.name === "matMul";
  const batchShape = equation.outputs[0]!.shape.slice(0, isMatMul ? -2 : -4);
  const coordinates = emitter.coordinatesOf({ shape: [...batchShape, 1], flat: matrix }).slice(0, -1);
  const { first, second } = isMatMul
    ? matMulFactors(emitter, equation, coordinates)
    : convolutionFactors(emitter, equation, coordinates);
  const cells = range(perRow).flatMap((r) =>
    range(perColumn).map((c) => ({ r, c, total: emitter.mutable("f32", "0f") })),
  );

  /** Fills a tile: `long` elements along the result's side, `depth` along the other. */
  const fill = (
    array: string,
    long: number,
    isLongInside: boolean,
    load: (i: string, l: string) => string,
    limit: number,
    start: string,
    from: string,
  ): void => {
    const q = emitter.fresh("q");
    emitter.block(`for (var ${q} = lid; ${q} < ${long * depth}u; ${q} += ${threads}u)`, () => {
      const at = fixed(q, "q");
      const i = fixed(isLongInside ? `${at} % ${long}u` : `${at} / ${depth}u`);
      const l = fixed(isLongInside ? `${at} / ${long}u` : `${at} % ${depth}u`);
      const [position, term] = [fixed(`${start} + ${i}`), fixed(`${from} + ${l}`)];
      const value = load(fixed(`min(${position}, ${limit - 1}u)`), fixed(`min(${term}, ${k - 1}u)`));
      emitter.line(
        `${array}[${l} * ${long}u + ${i}] = select(0f, ${value}, ${position} < ${limit}u && ${term} < ${lastTerm});`,
      );
    });
  };
  const isTransposed = (value: typeof a): boolean =>
    inlineProducer(emitter.graph, value)?.primitive.name === "transpose";
  const [isLongA, isLongB] = isMatMul ? [isTransposed(a), !isTransposed(b)] : areLongInside(equation);

  const from = emitter.fresh("k");
  emitter.block(`for (var ${from}_ = ${firstTerm}; ${from}_ < ${lastTerm}; ${from}_ += ${depth}u)`, () => {
    const l0 = fixed(`${from}_`, "k");
    fill("tile_a", rows, isLongA, first, m, top, l0);
    fill("tile_b", columns, isLongB, (j, l) => second(l, j), n, left, l0);
    emitter.line("workgroupBarrier();");
    const l = emitter.fresh("k");
    emitter.block(`for (var ${l} = 0u; ${l} < ${depth}u; ${l}++)`, () => {
      const firsts = range(perRow).map((r) => fixed(`tile_a[${l} * ${rows}u + ${y} + ${r * side}u]`));
      const seconds = range(perColumn).map((c) => fixed(`tile_b[${l} * ${columns}u + ${x} + ${c * side}u]`));
      for (const { r, c, total } of cells) emitter.line(`${total} += ${firsts[r]} * ${seconds[c]};`);
    });
    emitter.line("workgroupBarrier();");
  });
  for (const { r, c, total } of cells) {
    const i = fixed(`${top} + ${y} + ${r * side}u`);
    const j = fixed(`${left} + ${x} + ${c * side}u`);
    emitter.block(`if (${i} < ${m}u && ${j} < ${n}u)`, () => {
      const e = fixed(`(${whole} * ${m}u + ${i}) * ${n}u + ${j}`, "e");
      const value = fixed(total, "x");
      emitter.store(out, e, value);
      emitter.bind(out, e, value);
      writeTails(emitter, tails, e);
    });
  }
  return { workgroups: portions * batch * down * across };
}

function matMulFactors(emitter: Emitter, { inputs }: Equation, batch: readonly string[]): Factors {
  const [a, b] = inputs as [Variable, Variable];
  const at = (value: Variable, i: string, j: string): string =>
    emitter.value(value, { shape: value.shape, coordinates: [...batchOf(value.shape.slice(0, -2), batch), i, j] });
  return { first: (i, l) => at(a, i, l), second: (l, j) => at(b, l, j) };
}
