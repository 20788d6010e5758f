// Clouds of points side by side, as an SVG.

/** Points of one panel. */
export interface Cloud {
  readonly title: string;
  readonly x: ArrayLike<number>;
  readonly y: ArrayLike<number>;
}

const size = 180;
const margin = 12;
const titleHeight = 22;

/** A row of panels with the same axes, from −limit to limit both ways. */
export function scatterSvg(clouds: readonly Cloud[], limit: number): string {
  const place = (value: number) => (((value + limit) / (2 * limit)) * size).toFixed(1);
  const panels = clouds.map(({ title, x, y }, i) => {
    const left = margin + i * (size + margin);
    const dots = Array.from(x, (each, n) => ({ x: each, y: y[n]! }))
      .filter((point) => Math.abs(point.x) < limit && Math.abs(point.y) < limit)
      .map((point) => `<circle cx="${place(point.x)}" cy="${place(-point.y)}" r="1"/>`);
    return `<g transform="translate(${left} ${titleHeight})"><text x="${size / 2}" y="-7">${title}</text><rect width="${size}" height="${size}"/>${dots.join("")}</g>`;
  });
  const width = margin + clouds.length * (size + margin);
  const height = size + titleHeight + margin;
  const style =
    "text{font:12px sans-serif;text-anchor:middle;fill:#222}rect{fill:none;stroke:#999}circle{fill:#2a6f97;fill-opacity:.35}";
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}"><style>${style}</style><rect width="100%" height="100%" style="fill:#fff;stroke:none"/>${panels.join("")}</svg>\n`;
}
