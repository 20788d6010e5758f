// Curves over steps in panels side by side, as an SVG.

export interface Curve {
  readonly name: string;
  readonly x: readonly number[];
  readonly y: readonly number[];
  readonly color: string;
  /** @defaultValue false */
  readonly isDashed?: boolean;
}

export interface Panel {
  readonly title: string;
  /** What is shown; points outside are left out. */
  readonly range: readonly [number, number];
  /** Where horizontal lines with a label are. */
  readonly ticks: readonly number[];
  readonly curves: readonly Curve[];
}

const escaped = (text: string): string => text.replaceAll("&", "&amp;").replaceAll("<", "&lt;");

const [width, height] = [380, 220];
const margin = { left: 46, right: 14, top: 28, bottom: 34 };

/** Panels that share the x axis, from 0 to `last`, with lines at multiples of `every`. */
export function curvesSvg(panels: readonly Panel[], { last, every }: { last: number; every: number }): string {
  const outer = { width: margin.left + width + margin.right, height: margin.top + height + margin.bottom };
  const drawn = panels.map(({ title, range: [low, high], ticks, curves }, i) => {
    const across = (x: number) => ((x / last) * width).toFixed(1);
    const up = (y: number) => (height * (1 - (y - low) / (high - low))).toFixed(1);
    const vertical = Array.from({ length: Math.floor(last / every) + 1 }, (_, n) => n * every).map(
      (x) =>
        `<line x1="${across(x)}" x2="${across(x)}" y1="0" y2="${height}"/><text x="${across(x)}" y="${height + 15}">${x}</text>`,
    );
    const horizontal = ticks.map(
      (y) =>
        `<line x1="0" x2="${width}" y1="${up(y)}" y2="${up(y)}"/><text class="y" x="-5" y="${up(y)}" dy="4">${y}</text>`,
    );
    const lines = curves.map(({ x, y, color, isDashed = false }) => {
      const points = x.map((each, n) => [each, y[n]!] as const).filter(([, value]) => value >= low && value <= high);
      const path = points.map(([each, value]) => `${across(each)},${up(value)}`).join(" ");
      return `<polyline points="${path}" stroke="${color}"${isDashed ? ' stroke-dasharray="3 3"' : ""}/>`;
    });
    const names = curves.map(
      ({ name, color, isDashed = false }, n) =>
        `<g transform="translate(${width - 180} ${height - 14 * (curves.length - n)})"><polyline points="0,0 22,0" stroke="${color}"${isDashed ? ' stroke-dasharray="3 3"' : ""}/><text class="name" x="28" y="4">${escaped(name)}</text></g>`,
    );
    return `<g transform="translate(${i * outer.width + margin.left} ${margin.top})"><text class="title" x="0" y="-10">${escaped(title)}</text><g class="grid">${vertical.join("")}${horizontal.join("")}</g>${lines.join("")}${names.join("")}</g>`;
  });
  const all = panels.length * outer.width;
  const style =
    "text{font:11px sans-serif;fill:#222}.title{font-size:13px}.grid line{stroke:#ddd}.grid text{text-anchor:middle;fill:#555}.grid .y{text-anchor:end}polyline{fill:none;stroke-width:1.5}";
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${all} ${outer.height}" width="${all}" height="${outer.height}"><title>${panels.map(({ title }) => escaped(title)).join("; ")}</title><style>${style}</style><rect width="100%" height="100%" fill="#fff"/>${drawn.join("")}</svg>\n`;
}
