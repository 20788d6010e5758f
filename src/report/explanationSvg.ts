import type { Explanation, LeafExplanation, SiteExplanation } from "../inference/explain/explain.js";
import { checkResultOf } from "../util/expected.js";
import { biasOf, describeAxes } from "./explanation.js";

/** A box of the picture. */
interface Box {
  readonly id: string;
  readonly kind: "site" | "leaf" | "objective";
  readonly lines: readonly string[];
  readonly isBiased: boolean;
}

interface Arrow {
  readonly from: string;
  readonly to: string;
  readonly label: string;
}

const lineHeight = 16;
const padding = 10;
/** Of the font below, at 12 pixels. */
const characterWidth = 7.2;

/**
 * An explanation as a picture in SVG: random choices, the leaves of the objective that depend on them, the objective. At the
 * arrows stands what the elements of a choice have to do with a leaf, as in `formatExplanation`.
 *
 * Laid out by dagre, which is loaded for it.
 */
export async function explanationSvg(explanation: Explanation): Promise<string> {
  checkResultOf("explain(…)", "explanationSvg", explanation, ["sites", "leaves", "stages"]);
  const { Graph, layout } = await import("@dagrejs/dagre");
  const { boxes, arrows } = graphOf(explanation);
  const graph = new Graph();
  graph.setGraph({ rankdir: "LR", nodesep: 18, ranksep: 60, marginx: 12, marginy: 12 });
  for (const { id, lines } of boxes)
    graph.setNode(id, {
      width: 2 * padding + characterWidth * Math.max(...lines.map((line) => line.length)),
      height: 2 * padding + lineHeight * lines.length,
    });
  for (const { from, to, label } of arrows)
    graph.setEdge(from, to, { label, width: characterWidth * label.length, height: lineHeight, labelpos: "c" });
  layout(graph);
  const placeOf = (id: string): Place => graph.node(id) as unknown as Place;
  const { width = 0, height = 0 } = graph.graph() as { width?: number; height?: number };
  const size = { width: Math.ceil(width), height: Math.ceil(height) };
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${size.width}" height="${size.height}" viewBox="0 0 ${size.width} ${size.height}" font-family="ui-monospace, Menlo, Consolas, monospace" font-size="12">`,
    `<defs><marker id="head" viewBox="0 0 8 8" refX="8" refY="4" markerWidth="7" markerHeight="7" orient="auto"><path d="M0 0 8 4 0 8z" fill="#666"/></marker></defs>`,
    `<rect width="100%" height="100%" fill="#fff"/>`,
    ...arrows.map(({ from, to, label }) => drawArrow(placeOf(from), placeOf(to), label)),
    ...boxes.map((box) => drawBox(box, placeOf(box.id))),
    "</svg>\n",
  ].join("\n");
}

function graphOf({ sites, leaves, isUnbiased, order }: Explanation): { boxes: Box[]; arrows: Arrow[] } {
  const boxes: Box[] = [
    ...sites.map(
      (site, i): Box => ({ id: `site${i}`, kind: "site", lines: siteLines(site), isBiased: !site.isUnbiased }),
    ),
    ...leaves.map((leaf): Box => ({ id: `leaf${leaf.number}`, kind: "leaf", lines: leafLines(leaf), isBiased: false })),
    {
      id: "objective",
      kind: "objective",
      lines: ["objective", isUnbiased ? "unbiased" : "biased", `order: ${order}`],
      isBiased: !isUnbiased,
    },
  ];
  const arrows: Arrow[] = [
    ...sites.flatMap(({ leaves: touched }, i): Arrow[] =>
      touched
        ? touched.map(({ leaf, axes }) => ({ from: `site${i}`, to: `leaf${leaf}`, label: describeAxes(axes).trim() }))
        : [{ from: `site${i}`, to: "objective", label: "in a loop" }],
    ),
    ...leaves.map(({ number }): Arrow => ({ from: `leaf${number}`, to: "objective", label: "" })),
  ];
  return { boxes, arrows };
}

const siteLines = ({
  address,
  family,
  strategy,
  isDefault,
  isUnbiased,
  exactDegree,
  lanes,
  source,
}: SiteExplanation): string[] => [
  address,
  `${family}: ${strategy}${isDefault ? " (default)" : ""}${biasOf(isUnbiased, exactDegree)}`,
  ...(lanes > 1 ? [`${lanes} lanes`] : []),
  ...(source ? [source] : []),
];

const leafLines = ({ number, operation, shape, lanes, source }: LeafExplanation): string[] => [
  `leaf ${number}: ${operation ?? "given"} [${shape.join(", ")}]`,
  ...(lanes > 1 ? [`${lanes} lanes`] : []),
  ...(source ? [source] : []),
];

/** Where a box came to lie: its centre and its size. */
interface Place {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

const fills = { site: "#e8f0fe", leaf: "#f6f6f6", objective: "#e6f4ea" } as const;

function drawBox({ kind, lines, isBiased }: Box, { x, y, width, height }: Place): string {
  const [left, top] = [x - width / 2, y - height / 2];
  const texts = lines.map(
    (line, i) =>
      `<text x="${round(left + padding)}" y="${round(top + padding + lineHeight * (i + 0.75))}"${i === 0 ? ' font-weight="bold"' : ""}>${escaped(line)}</text>`,
  );
  const box = `<rect x="${round(left)}" y="${round(top)}" width="${round(width)}" height="${round(height)}" rx="${kind === "site" ? 12 : 3}" fill="${fills[kind]}" stroke="${isBiased ? "#c5221f" : "#888"}"/>`;
  return `<g class="${kind}${isBiased ? " biased" : ""}">${box}${texts.join("")}</g>`;
}

/** From the right side of one box to the left side of the other, leaving and arriving horizontally. */
function drawArrow(from: Place, to: Place, label: string): string {
  const [x, y] = [from.x + from.width / 2, from.y];
  const [endX, endY] = [to.x - to.width / 2, to.y];
  const middle = (x + endX) / 2;
  const path = `M${round(x)} ${round(y)} C${round(middle)} ${round(y)} ${round(middle)} ${round(endY)} ${round(endX)} ${round(endY)}`;
  const line = `<path d="${path}" fill="none" stroke="#666" marker-end="url(#head)"/>`;
  if (!label) return line;
  return `${line}<text x="${round(middle)}" y="${round((y + endY) / 2 - 4)}" text-anchor="middle" fill="#444">${escaped(label)}</text>`;
}

const round = (x: number): string => String(Math.round(10 * x) / 10);

const escaped = (text: string): string =>
  text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll('"', "&quot;");
