import { figure, ink, type Plotting } from "./plotting.js";
import type { ReportData, ScalarDraws } from "./reportData.js";
import { escaped, number } from "./text.js";

const mostPairs = 6;
const mostPoints = 250;
/** Below it, a cloud shows nothing. */
const leastCorrelation = 0.1;

interface Pair {
  readonly x: ScalarDraws;
  readonly y: ScalarDraws;
  readonly correlation: number;
}

/** The pairs of numbers that go together most, as clouds of draws. */
export function pairSection(plotting: Plotting, { scalars, scalarCount }: ReportData): string {
  const usable = scalars.filter(({ values }) => values.every(Number.isFinite) && new Set(values).size > 2);
  // correlations of n independent draws are off by about 1/√n
  const distinct = Math.min(...usable.map(({ values }) => new Set(values).size));
  const least = Math.max(leastCorrelation, Math.round(400 / Math.sqrt(distinct)) / 100);
  const pairs = usable
    .flatMap((x, i) => usable.slice(i + 1).map((y): Pair => ({ x, y, correlation: correlationOf(x.values, y.values) })))
    .filter(({ correlation }) => Math.abs(correlation) >= least)
    .sort((a, b) => Math.abs(b.correlation) - Math.abs(a.correlation));
  const scope = scalarCount > scalars.length ? ` among the first ${scalars.length} of ${scalarCount} numbers` : "";
  if (usable.length < 2) return "";
  if (pairs.length === 0)
    return `<p>No two numbers have a correlation beyond ±${least}${scope}. A mean-field guide has none, whatever the posterior has.</p>`;
  const shown = pairs.slice(0, mostPairs);
  return [
    `<p class="note">The ${shown.length} most correlated of ${pairs.length} pairs beyond ±${least}${scope}.</p>`,
    `<div class="grid">${shown.map((pair) => cloud(plotting, pair)).join("\n")}</div>`,
  ].join("\n");
}

function cloud(plotting: Plotting, { x, y, correlation }: Pair): string {
  const { Plot } = plotting;
  // resampled draws stand next to their copies
  const stride = Math.max(1, Math.floor(x.values.length / mostPoints));
  const chosen = Array.from({ length: Math.min(mostPoints, x.values.length) }, (_, i) => i * stride);
  const points = chosen.map((i) => [x.values[i]!, y.values[i]!]);
  const known = x.truth !== undefined && y.truth !== undefined ? [[x.truth, y.truth]] : [];
  const axis = (label: string) => ({ label, ticks: 4 });
  const picture = figure(
    plotting,
    {
      width: 310,
      height: 230,
      marginLeft: 46,
      marginBottom: 34,
      x: axis(x.name),
      y: axis(y.name),
      marks: [
        Plot.frame({ stroke: "currentColor", strokeOpacity: 0.2 }),
        Plot.dot(points, { x: "0", y: "1", r: 1.6, fill: ink.posterior, fillOpacity: 0.45 }),
        Plot.dot(known, { x: "0", y: "1", r: 5, stroke: ink.truth, strokeWidth: 2, symbol: "times" }),
      ],
    },
    { label: `${x.name} against ${y.name}: correlation ${number(correlation, 2)}` },
  );
  return `<div><h3>${escaped(x.name)}, ${escaped(y.name)}: ${number(correlation, 2)}</h3>${picture}</div>`;
}

export function correlationOf(x: Float64Array, y: Float64Array): number {
  const n = x.length;
  const mean = (values: Float64Array) => values.reduce((sum, each) => sum + each, 0) / n;
  const [mx, my] = [mean(x), mean(y)];
  let [xx, yy, xy] = [0, 0, 0];
  for (let i = 0; i < n; i++) {
    const [a, b] = [x[i]! - mx, y[i]! - my];
    xx += a * a;
    yy += b * b;
    xy += a * b;
  }
  return xx > 0 && yy > 0 ? xy / Math.sqrt(xx * yy) : 0;
}
