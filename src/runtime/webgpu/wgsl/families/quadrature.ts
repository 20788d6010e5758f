// Integrals of smooth functions of one sign, by Gauss–Legendre quadrature: what is summed does not cancel.
import { gaussLegendre } from "../../../../util/quadrature/gaussLegendre.js";
import { f32Literal } from "../literals.js";
import { choose, type Source } from "./calls.js";

const nodes = 12;
const rule = gaussLegendre(nodes);

/**
 * Lines that go through the nodes of [from, to]: `body` has the point `s` and its weight `w`.
 *
 * @param panels - equal parts of the interval, with nodes of their own
 */
export const integrate = (from: string, to: string, panels: number, body: string): string => `  {
    let start = ${from};
    let half = (${to} - start) * ${f32Literal(1 / (2 * panels))};
    for (var n = 0; n < ${nodes * panels}; n++) {
      let node = quadrature_node(n % ${nodes});
      let s = start + (f32(2 * (n / ${nodes}) + 1) + node.x) * half;
      let w = node.y * half;
      ${body}
    }
  }
`;

/** How far logarithms of densities have fallen where they no longer matter. */
export const depth = 24;

/**
 * Lines that put the cumulants of a deviation from something into `result[k]`, k = 2 … n, its mean into `mean` and the integral of
 * the weights into `total`.
 *
 * @param weight - of a point `s`, relative to the largest
 */
export function cumulants(
  n: number,
  [from, to]: readonly [string, string],
  deviation: string,
  weight: string,
  panels = 4,
): string {
  const first = `  var total = 0f;
  var mean = 0f;
${integrate(from, to, panels, `let e = w * ${weight};\n      total += e;\n      mean += e * ${deviation};`)}  mean /= total;
`;
  if (n < 2) return first;
  const powers = Array.from({ length: n - 1 }, (_, k) => k + 2);
  const sums = powers.map((k) => `moments[${k}] += e;`);
  const all = powers.map((k) => {
    const parts = Array.from({ length: Math.max(0, k - 2) }, (_, j) => j + 2)
      .filter((j) => k - j > 1)
      .map((j) => ` - ${f32Literal(choose(k - 1, j - 1))} * result[${j}] * moments[${k - j}]`);
    return `  moments[${k}] /= total;\n  result[${k}] = moments[${k}]${parts.join("")};\n`;
  });
  return `${first}  var moments: array<f32, ${n + 1}>;
${integrate(
  from,
  to,
  panels,
  `let d = ${deviation} - mean;\n      var e = w * ${weight} * d;\n      ${sums.map((each) => `e *= d;\n      ${each}`).join("\n      ")}`,
)}${all.join("")}`;
}

export const quadrature: Readonly<Record<string, Source>> = {
  quadrature_node: () => `fn quadrature_node(i: i32) -> vec2f {
  var table = array<vec2f, ${nodes}>(${rule.nodes.map((x, i) => `vec2f(${f32Literal(x)}, ${f32Literal(rule.weights[i]!)})`).join(", ")});
  return table[i];
}`,
};
