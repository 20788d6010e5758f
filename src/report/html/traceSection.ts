import type { HistoryEntry } from "../../inference/fitting/statistics.js";
import { quantileOf } from "./density.js";
import { figure, ink, type Plotting } from "./plotting.js";
import type { ReportData } from "./reportData.js";
import { number } from "./text.js";

/** Entries that are drawn; longer histories are thinned. */
const mostEntries = 400;

const thinned = <T>(all: readonly T[]): readonly T[] => {
  const stride = Math.ceil(all.length / mostEntries);
  return all.filter((_, i) => i % stride === 0 || i === all.length - 1);
};

/** Mean over a window of entries around each. */
function smooth(entries: readonly HistoryEntry[], reach: number): { step: number; objective: number }[] {
  return entries.map(({ step }, i) => {
    const near = entries.slice(Math.max(0, i - reach), i + reach + 1).map(({ objective }) => objective);
    return { step, objective: near.reduce((sum, x) => sum + x, 0) / near.length };
  });
}

/** The objective and the gradient's norm, step by step. */
export function traceSection(plotting: Plotting, { fit }: ReportData): string {
  const { Plot } = plotting;
  const entries = thinned(fit.history.filter(({ objective }) => Number.isFinite(objective)));
  if (entries.length < 2) return `<p class="note">The history has ${entries.length} entries: nothing to draw.</p>`;
  const [low, high] = domainOf(entries);
  const isCut = entries.some(({ objective }) => objective < low || objective > high);
  const clampTo = (x: number) => Math.min(high, Math.max(low, x));
  const band = entries.flatMap(({ step, objective, standardError: se }) =>
    Number.isFinite(se) ? [{ step, low: clampTo(objective - se), high: clampTo(objective + se) }] : [],
  );
  const trace = figure(
    plotting,
    {
      width: 600,
      height: 260,
      marginLeft: 60,
      x: { label: "step" },
      y: { label: "objective", domain: [low, high], grid: true },
      marks: [
        Plot.areaY(band, { x: "step", y1: "low", y2: "high", fill: ink.posterior, fillOpacity: 0.25 }),
        Plot.lineY(entries, { x: "step", y: "objective", stroke: ink.prior, strokeWidth: 1, clip: true }),
        Plot.lineY(smooth(entries, Math.max(1, Math.round(entries.length / 40))), {
          x: "step",
          y: "objective",
          stroke: ink.posterior,
          strokeWidth: 2,
          clip: true,
        }),
      ],
    },
    {
      label: `Objective over ${fit.steps} steps, ending at ${number(fit.objective, 6)}`,
      caption: `Mean of every stretch of steps (thin) ± one standard error (shaded), and smoothed (thick).${isCut ? " Values of the first steps lie outside." : ""}`,
    },
  );
  const norms = entries.filter(({ gradientNorm }) => gradientNorm > 0 && Number.isFinite(gradientNorm));
  if (norms.length < 2) return trace;
  const all = norms.map(({ gradientNorm }) => gradientNorm);
  const isWide = Math.max(...all) > 30 * Math.min(...all);
  const gradient = figure(
    plotting,
    {
      width: 320,
      height: 260,
      marginLeft: 50,
      x: { label: "step", ticks: 4 },
      y: { ...(isWide ? { type: "log" } : { zero: true }), label: "gradient norm", grid: true, ticks: 5 },
      marks: [Plot.lineY(norms, { x: "step", y: "gradientNorm", stroke: ink.posterior })],
    },
    { label: "Norm of the gradient over the steps", caption: "Mean norm of single gradients, before clipping." },
  );
  return `<div class="beside">${trace}${gradient}</div>`;
}

/** What the last four fifths span, with room: the first steps may lie far off. */
function domainOf(entries: readonly HistoryEntry[]): [number, number] {
  const late = entries.slice(Math.floor(entries.length / 5));
  const ascending = Float64Array.from(late, ({ objective }) => objective).sort();
  const [low, high] = [quantileOf(ascending, 0.02), quantileOf(ascending, 1)];
  const errors = late.map(({ standardError }) => (Number.isFinite(standardError) ? standardError : 0));
  const room = Math.max(0.1 * (high - low), 2 * Math.max(...errors), 1e-6 * Math.abs(high), 1e-9);
  return [Math.min(low, ascending[0]!) - room, high + room];
}
