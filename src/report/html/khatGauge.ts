import { khatBand } from "../../inference/diagnostics/khatAdvice.js";
import { number } from "./text.js";

const [width, left, scale] = [640, 20, 400];
const place = (k: number): number => left + scale * Math.min(1.5, Math.max(0, k));

/** Where k̂ lies among its bands, as a picture. */
export function khatGauge(khat: number, draws: number): string {
  const enough = Math.max(0, Math.min(1 - 1 / Math.log10(draws), 0.7));
  const bands = [
    { from: 0, to: enough, name: "good", colour: "--good" },
    { from: enough, to: 0.7, name: "more draws", colour: "--warn" },
    { from: 0.7, to: 1, name: "unreliable", colour: "--bad" },
    { from: 1, to: 1.5, name: "fails", colour: "--bad" },
  ].filter(({ from, to }) => to - from > 1e-3);
  const parts = bands.map(({ from, to, name, colour }, i) => {
    const [start, end] = [place(from), place(to)];
    const label = end - start > 60 ? `<text x="${(start + end) / 2}" y="44" text-anchor="middle">${name}</text>` : "";
    return `<rect x="${start}" y="22" width="${end - start - 1}" height="8" style="fill:var(${colour})" fill-opacity="${i === bands.length - 1 ? 1 : 0.65}"/>${label}`;
  });
  const at = Math.round(place(khat));
  const marks = [0, 0.5, 0.7, 1].map((k) => `<text x="${place(k)}" y="60" text-anchor="middle">${k}</text>`);
  const title = `k-hat ${number(khat, 2)}: ${khatBand(khat, draws)}`;
  return `<figure class="gauge"><svg role="img" aria-label="${title}" width="${width}" height="66" viewBox="0 0 ${width} 66"><title>${title}</title>${parts.join("")}${marks.join("")}<path d="M${at} 20 l-6 -10 h12 z" style="fill:var(--ink)"/></svg></figure>`;
}
