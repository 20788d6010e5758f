import { escaped } from "./text.js";

type PlotModule = typeof import("@observablehq/plot");
type PlotOptions = import("@observablehq/plot").PlotOptions;

/** Observable Plot with a document to make elements in. */
export interface Plotting {
  readonly Plot: PlotModule;
  readonly document: Document;
}

/** Loaded for a report alone: Plot, and outside browsers a document. */
export async function loadPlotting(): Promise<Plotting> {
  const Plot = await import("@observablehq/plot");
  if (typeof document !== "undefined") return { Plot, document };
  const { parseHTML } = await import("linkedom");
  return { Plot, document: parseHTML("<html><body></body></html>").document as unknown as Document };
}

/** Colours of plots, set by the page's style for light and dark. */
export const ink = {
  posterior: "var(--posterior)",
  prior: "var(--prior)",
  truth: "var(--truth)",
  faint: "var(--faint)",
} as const;

export interface FigureOptions {
  /** What the picture shows, for those who do not see it. */
  readonly label: string;
  /** Below the picture. */
  readonly caption?: string;
}

/** A plot as a figure of the page. */
export function figure(
  { Plot, document }: Plotting,
  options: Omit<PlotOptions, "document">,
  { label, caption }: FigureOptions,
): string {
  const style = { fontSize: "11px", background: "none", overflow: "visible" };
  const svg = Plot.plot({ document, style, ...options } as PlotOptions) as SVGSVGElement;
  // sizes are set by the page; one style for all plots stands there, too
  const text = svg.outerHTML
    .replace("<svg ", `<svg role="img" aria-label="${escaped(label)}" `)
    .replace(/<style>[\s\S]*?<\/style>/, "")
    .replaceAll(/-?\d+\.\d{3,}/g, (digits) => String(Math.round(100 * Number(digits)) / 100));
  return `<figure style="width:${options.width ?? 640}px">${uniqueIds(text)}${caption ? `<figcaption>${escaped(caption)}</figcaption>` : ""}</figure>`;
}

let pictures = 0;

/** Plot numbers its clip paths in every process; a page must not have an id twice. */
function uniqueIds(svg: string): string {
  const own = ++pictures;
  return svg.replaceAll(/plot-clip-(\d+)/g, (_, n) => `clip-${own}-${n}`);
}
