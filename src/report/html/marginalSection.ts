import { type Density, densityOf, quantileOf } from "./density.js";
import { figure, ink, type Plotting } from "./plotting.js";
import type { ReportData, ScalarDraws } from "./reportData.js";
import { count, escaped, number } from "./text.js";

/** Densities that are drawn. */
const mostMarginals = 24;

/** Densities of single numbers, beside the prior's, with the truth. */
export function marginalSection(plotting: Plotting, { scalars, scalarCount, summary }: ReportData): string {
  const shown = scalars.slice(0, mostMarginals).filter(({ values }) => values.every(Number.isFinite));
  const hasPrior = shown.some(({ prior }) => prior);
  const hasTruth = shown.some(({ truth }) => truth !== undefined);
  const legend = [
    `<span class="key posterior"></span>${summary?.from === "guide" ? "guide" : "posterior"}`,
    ...(hasPrior ? ['<span class="key prior"></span>prior'] : []),
    ...(hasTruth ? ['<span class="key truth"></span>truth'] : []),
  ].join("");
  const pictures = shown.map(
    (scalar) => `<div><h3>${escaped(scalar.name)}</h3>${(scalar.isDiscrete ? bars : curves)(plotting, scalar)}</div>`,
  );
  const left = scalarCount - shown.length;
  return [
    `<p class="note">${legend}</p>`,
    `<div class="grid">${pictures.join("\n")}</div>`,
    ...(left > 0 ? [`<p class="note">${count(left)} of ${count(scalarCount)} numbers are not drawn.</p>`] : []),
  ].join("\n");
}

const size = { width: 310, height: 150, marginLeft: 10, marginRight: 10, marginTop: 8, marginBottom: 24 };

const labelOf = (what: string, { name, values, truth }: ScalarDraws): string => {
  const ascending = Float64Array.from(values).sort();
  const [a, b] = [0.05, 0.95].map((p) => number(quantileOf(ascending, p), 3));
  return `${what} of ${name}: 90 % between ${a} and ${b}${truth === undefined ? "" : `, truth ${number(truth, 3)}`}`;
};

/** From where to where: the posterior with some room, and the truth. */
function rangeOf({ values, truth, prior }: ScalarDraws): [number, number] {
  const ascending = Float64Array.from(values).sort();
  const [a, b] = [quantileOf(ascending, 0.002), quantileOf(ascending, 0.995)];
  const room = 0.25 * (b - a) || Math.max(1e-6, Math.abs(a) * 0.1);
  const known = truth === undefined || !Number.isFinite(truth) ? [] : [truth];
  const [low, high] = [Math.min(a - room, ...known), Math.max(b + room, ...known)];
  if (!prior?.every(Number.isFinite)) return [low, high];
  // as much of the prior as leaves the posterior a third of the picture
  const sorted = Float64Array.from(prior).sort();
  const [from, to] = [quantileOf(sorted, 0.05), quantileOf(sorted, 0.95)];
  const span = high - low;
  return [Math.max(Math.min(from, low), low - span), Math.min(Math.max(to, high), high + span)];
}

function curves(plotting: Plotting, scalar: ScalarDraws): string {
  const { Plot } = plotting;
  const [low, high] = rangeOf(scalar);
  const points = ({ x, y }: Density) => Array.from(x, (at, i) => ({ x: at, y: y[i]! }));
  const own = points(densityOf(scalar.values, low, high));
  const prior = scalar.prior?.every(Number.isFinite) ? points(densityOf(scalar.prior, low, high)) : [];
  const { truth } = scalar;
  return figure(
    plotting,
    {
      ...size,
      x: { label: null, domain: [low, high], ticks: 4 },
      y: { axis: null, domain: [0, 1.05 * Math.max(...own.map(({ y }) => y), ...prior.map(({ y }) => y))] },
      marks: [
        Plot.lineY(prior, { x: "x", y: "y", stroke: ink.prior, strokeDasharray: "4 3" }),
        Plot.areaY(own, { x: "x", y: "y", fill: ink.faint }),
        Plot.lineY(own, { x: "x", y: "y", stroke: ink.posterior, strokeWidth: 2 }),
        Plot.ruleY([0], { stroke: "currentColor", strokeOpacity: 0.3 }),
        ...(truth === undefined ? [] : [Plot.ruleX([truth], { stroke: ink.truth, strokeWidth: 2 })]),
      ],
    },
    { label: labelOf("Density", scalar) },
  );
}

function bars(plotting: Plotting, scalar: ScalarDraws): string {
  const { Plot } = plotting;
  const shares = (values: Float64Array, kind: string) => {
    const counts = new Map<number, number>();
    for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1);
    return [...counts]
      .map(([x, n]) => ({ x, share: n / values.length, kind }))
      .sort((a, b) => b.share - a.share)
      .slice(0, 40);
  };
  const own = shares(scalar.values, "posterior");
  const among = new Set(own.map(({ x }) => x));
  const prior = scalar.prior ? shares(scalar.prior, "prior").filter(({ x }) => among.has(x)) : [];
  const xs = [...among].sort((a, b) => a - b);
  const { truth } = scalar;
  return figure(
    plotting,
    {
      ...size,
      x: { label: null, type: "band", domain: xs, ...(xs.length > 10 && { ticks: xs.filter((_, i) => i % 5 === 0) }) },
      y: { axis: null, domain: [0, 1.05 * Math.max(...[...own, ...prior].map(({ share }) => share))] },
      marks: [
        Plot.barY(own, { x: "x", y: "share", fill: ink.posterior, fillOpacity: 0.7 }),
        Plot.tickY(prior, { x: "x", y: "share", stroke: ink.prior, strokeWidth: 2, strokeDasharray: "4 3" }),
        Plot.ruleY([0], { stroke: "currentColor", strokeOpacity: 0.3 }),
        ...(truth !== undefined && among.has(truth)
          ? [Plot.tickX([truth], { x: (x: number) => x, stroke: ink.truth, strokeWidth: 2 })]
          : []),
      ],
    },
    { label: labelOf("Shares", scalar) },
  );
}
