// Truncated Taylor series in two variables (src/util/special/jet.ts) as arrays: they carry derivatives in the parameters through
// any formula. Coefficient (i, j) is the derivative ∂ⁱ⁺ʲ over i!·j!.
import { f32Literal } from "../literals.js";
import type { Source } from "./calls.js";

const sizeOf = (i: number, j: number): number => (i + 1) * (j + 1);

/** The type of a series. */
export const jetType = (i: number, j: number): string => `array<f32, ${sizeOf(i, j)}>`;

/** A series from the coefficients that are not 0, by their orders: `{ "0,0": value, "1,0": slope }`. */
export function jetOf(i: number, j: number, coefficients: Readonly<Record<string, string>>): string {
  const all: string[] = [];
  for (let k = 0; k <= i; k++) for (let l = 0; l <= j; l++) all.push(coefficients[`${k},${l}`] ?? "0f");
  return `${jetType(i, j)}(${all.join(", ")})`;
}

/** value + first·g + second·h */
export const linear = (i: number, j: number, value: string, first: string, second = "0f"): string =>
  jetOf(i, j, { "0,0": value, "1,0": first, "0,1": second });

/** Products x(k, l)·y(i − k, j − l), without the one that has x(0, 0) if so wished. */
function convolution(
  width: number,
  i: number,
  j: number,
  isWhole: boolean,
  weight: (k: number, l: number) => number,
  x = "x",
  y = "y",
): string {
  const terms: string[] = [];
  for (let k = 0; k <= i; k++)
    for (let l = k === 0 && !isWhole ? 1 : 0; l <= j; l++) {
      const by = weight(k, l);
      if (by !== 0)
        terms.push(
          `${by === 1 ? "" : `${f32Literal(by)} * `}${x}[${k * width + l}] * ${y}[${(i - k) * width + j - l}]`,
        );
    }
  return terms.length === 0 ? "0f" : terms.join(" + ");
}

const eachOrder = (i: number, j: number, line: (k: number, l: number, at: number) => string): string => {
  let lines = "";
  for (let k = 0; k <= i; k++) for (let l = 0; l <= j; l++) lines += `  ${line(k, l, k * (j + 1) + l)}\n`;
  return lines;
};

const frame = (name: string, i: number, j: number, parameters: string, lines: string): string =>
  `fn jet_${name}_${i}_${j}(${parameters}) -> ${jetType(i, j)} {\n  var z: ${jetType(i, j)};\n${lines}  return z;\n}`;

/** Functions jet_name_i_j, by name. */
export const jets: Readonly<Record<string, Source>> = {
  jet_add: (i = 0, j = 0) =>
    frame(
      "add",
      i,
      j,
      `x: ${jetType(i, j)}, y: ${jetType(i, j)}`,
      eachOrder(i, j, (_, __, at) => `z[${at}] = x[${at}] + y[${at}];`),
    ),
  jet_mul: (i = 0, j = 0) =>
    frame(
      "mul",
      i,
      j,
      `x: ${jetType(i, j)}, y: ${jetType(i, j)}`,
      eachOrder(i, j, (k, l, at) => `z[${at}] = ${convolution(j + 1, k, l, true, () => 1)};`),
    ),
  jet_div: (i = 0, j = 0) =>
    frame(
      "div",
      i,
      j,
      `x: ${jetType(i, j)}, y: ${jetType(i, j)}`,
      eachOrder(
        i,
        j,
        (k, l, at) => `z[${at}] = (x[${at}] - (${convolution(j + 1, k, l, false, () => 1, "y", "z")})) / y[0];`,
      ),
    ),
  // eˣ, where the caller knows e^{x₀}
  jet_exp: (i = 0, j = 0) =>
    frame(
      "exp",
      i,
      j,
      `x: ${jetType(i, j)}, first: f32`,
      eachOrder(i, j, (k, l, at) => {
        if (at === 0) return "z[0] = first;";
        const weight = k > 0 ? (m: number) => m : (_: number, m: number) => m;
        return `z[${at}] = (${convolution(j + 1, k, l, false, weight, "x", "z")}) / ${k > 0 ? k : l}f;`;
      }),
    ),
};
