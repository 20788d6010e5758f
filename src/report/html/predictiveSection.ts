import { formatShape } from "../../util/shapes.js";
import { densityOf, quantileOf } from "./density.js";
import { figure, ink, type Plotting } from "./plotting.js";
import type { PredictiveCheck, ReportData } from "./reportData.js";
import { count, escaped, htmlTable, number } from "./text.js";

/** Elements that get an interval each; more are shown by their density. */
const mostIntervals = 60;
const shownReplicates = 30;

/** Data against what the fitted model would have made instead. */
export function predictiveSection(plotting: Plotting, { checks, checkCount }: ReportData): string {
  const left = checkCount - checks.length;
  return [
    ...checks.map(
      (check) =>
        `<div class="check"><h3>${escaped(check.address)} ${formatShape(check.shape)}</h3><div class="beside">${picture(plotting, check)}<div>${statistics(check)}</div></div></div>`,
    ),
    ...(left > 0 ? [`<p class="note">${count(left)} more observations are left out.</p>`] : []),
  ].join("\n");
}

function picture(plotting: Plotting, check: PredictiveCheck): string {
  if (![...check.observed].every(Number.isFinite) || !check.replicated.every(Number.isFinite)) return "";
  const { observed, isDiscrete } = check;
  if (isDiscrete) return byValue(plotting, check);
  return observed.length <= mostIntervals ? intervals(plotting, check) : densities(plotting, check);
}

/** The replicated values of one element, ascending. */
const elementOf = ({ replicated, draws, observed }: PredictiveCheck, i: number): Float64Array =>
  Float64Array.from({ length: draws }, (_, draw) => replicated[draw * observed.length + i]!).sort();

const wide = { width: 560, height: 230, marginLeft: 56 };

function intervals(plotting: Plotting, check: PredictiveCheck): string {
  const { Plot } = plotting;
  const rows = Array.from(check.observed, (y, i) => {
    const ascending = elementOf(check, i);
    const [a, b, c, d] = [0.05, 0.25, 0.75, 0.95].map((p) => quantileOf(ascending, p));
    return { i, y, a, b, c, d };
  });
  return figure(
    plotting,
    {
      ...wide,
      x: {
        label: "element",
        type: "point",
        ...(rows.length > 25 && { ticks: rows.map(({ i }) => i).filter((i) => i % 5 === 0) }),
      },
      y: { label: "value", grid: true },
      marks: [
        Plot.ruleX(rows, { x: "i", y1: "a", y2: "d", stroke: ink.posterior, strokeWidth: 2, strokeOpacity: 0.45 }),
        Plot.ruleX(rows, { x: "i", y1: "b", y2: "c", stroke: ink.posterior, strokeWidth: 5 }),
        Plot.dot(rows, { x: "i", y: "y", fill: ink.truth, r: 4 }),
      ],
    },
    {
      label: `Observed ${check.address} with intervals of replicated data, element by element`,
      caption: "Dots: data. Bars: 50 % and 90 % of replicated data.",
    },
  );
}

function densities(plotting: Plotting, check: PredictiveCheck): string {
  const { Plot } = plotting;
  const { observed, replicated, draws } = check;
  const n = observed.length;
  const sorted = Float64Array.from(observed).sort();
  const room = 0.15 * (sorted.at(-1)! - sorted[0]!) || 1;
  const [low, high] = [sorted[0]! - room, sorted.at(-1)! + room];
  const curve = (values: Float64Array, draw: number) => {
    const { x, y } = densityOf(values, low, high, 64);
    return Array.from(x, (at, i) => ({ x: at, y: y[i]!, draw }));
  };
  const replicates = Array.from({ length: Math.min(shownReplicates, draws) }, (_, draw) =>
    curve(replicated.subarray(draw * n, draw * n + n) as Float64Array, draw),
  );
  return figure(
    plotting,
    {
      ...wide,
      x: { label: "value", domain: [low, high] },
      y: { axis: null },
      marks: [
        Plot.line(replicates.flat(), {
          x: "x",
          y: "y",
          z: "draw",
          stroke: ink.posterior,
          strokeOpacity: 0.3,
          strokeWidth: 1,
        }),
        Plot.line(curve(observed, -1), { x: "x", y: "y", stroke: ink.truth, strokeWidth: 2.5 }),
      ],
    },
    {
      label: `Density of observed ${check.address} with densities of replicated data`,
      caption: `Thick: data. Thin: ${replicates.length} replicated data sets.`,
    },
  );
}

/** How often every value comes. */
function byValue(plotting: Plotting, check: PredictiveCheck): string {
  const { Plot } = plotting;
  const { observed, replicated, draws } = check;
  const n = observed.length;
  const values = [...new Set([...observed, ...replicated])].sort((a, b) => a - b);
  const isLong = values.length > 40;
  const step = isLong ? Math.ceil((values.at(-1)! - values[0]! + 1) / 40) : 1;
  const binOf = (x: number) => (isLong ? values[0]! + step * Math.floor((x - values[0]!) / step) : x);
  const bins = [...new Set(values.map(binOf))].sort((a, b) => a - b);
  const countsOf = (data: Float64Array): Map<number, number> => {
    const counts = new Map<number, number>();
    for (const x of data) counts.set(binOf(x), (counts.get(binOf(x)) ?? 0) + 1);
    return counts;
  };
  const seen = countsOf(observed);
  const made = Array.from({ length: draws }, (_, draw) => countsOf(replicated.subarray(draw * n, draw * n + n)));
  const rows = bins.map((bin) => {
    const ascending = Float64Array.from(made, (counts) => counts.get(bin) ?? 0).sort();
    const [a, b, c] = [0.05, 0.5, 0.95].map((p) => quantileOf(ascending, p));
    return { bin, seen: seen.get(bin) ?? 0, a, b, c };
  });
  return figure(
    plotting,
    {
      ...wide,
      ...(rows.length <= 6 && { width: 340 }),
      x: { label: isLong ? `value, ${step} together` : "value", type: "band" },
      y: { label: "count", grid: true },
      marks: [
        Plot.barY(rows, { x: "bin", y: "seen", fill: ink.truth, fillOpacity: 0.35, inset: 2 }),
        Plot.ruleX(rows, { x: "bin", y1: "a", y2: "c", stroke: ink.posterior, strokeWidth: 3 }),
        Plot.dot(rows, { x: "bin", y: "b", fill: ink.posterior, r: 4 }),
        Plot.ruleY([0], { stroke: "currentColor", strokeOpacity: 0.3 }),
      ],
    },
    {
      label: `Counts of the values of ${check.address} with those of replicated data`,
      caption: "Bars: data. Dots with lines: median and 90 % of replicated data.",
    },
  );
}

/** Mean, spread and extremes of the data among those of replicated data. */
function statistics({ observed, replicated, draws }: PredictiveCheck): string {
  const n = observed.length;
  if (n < 3) return "";
  const meanOf = (x: Float64Array) => x.reduce((sum, each) => sum + each, 0) / n;
  const kinds: readonly (readonly [string, (x: Float64Array) => number])[] = [
    ["mean", meanOf],
    [
      "standard deviation",
      (x) => {
        const mean = meanOf(x);
        return Math.sqrt(x.reduce((sum, each) => sum + (each - mean) ** 2, 0) / (n - 1));
      },
    ],
    ["least", (x) => x.reduce((a, b) => Math.min(a, b))],
    ["largest", (x) => x.reduce((a, b) => Math.max(a, b))],
  ];
  // of truth values the mean says all
  const isBinary = [observed, replicated].every((all) => all.every((x) => x === 0 || x === 1));
  const rows = kinds.slice(0, isBinary ? 1 : kinds.length).map(([name, of]) => {
    const seen = of(observed);
    const made = Float64Array.from({ length: draws }, (_, draw) => of(replicated.subarray(draw * n, draw * n + n)));
    const above = made.reduce((sum, each) => sum + (each > seen ? 1 : each === seen ? 0.5 : 0), 0) / draws;
    made.sort();
    const isConstant = made[0] === made.at(-1) && made[0] === seen;
    return { name, seen, low: quantileOf(made, 0.05), high: quantileOf(made, 0.95), above, isConstant };
  });
  return htmlTable(
    `Data among 5% and 95% of replicated data`,
    [
      { title: "statistic", cell: ({ name }) => name, isNumber: false },
      { title: "data", cell: ({ seen }) => number(seen) },
      { title: "5%", cell: ({ low }) => number(low) },
      { title: "95%", cell: ({ high }) => number(high) },
      { title: "above", cell: ({ above }) => number(above, 3) },
    ],
    rows.filter(({ isConstant, name }) => name === "mean" || !isConstant),
  );
}
