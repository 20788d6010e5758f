import type { Parameters } from "../../inference/prepare.js";
import type { SavedFit } from "../../inference/results/savedFit.js";
import { describeEngine } from "../../runtime/engine.js";
import { checkObject } from "../../util/expected.js";
import { checkOptionNames } from "../../util/options.js";
import { formatShape } from "../../util/shapes.js";
import { version } from "../../util/version.js";
import { biasOf, describeAxes } from "../explanation.js";
import { explanationSvg } from "../explanationSvg.js";
import { khatGauge } from "./khatGauge.js";
import { marginalSection } from "./marginalSection.js";
import { page, type Section } from "./page.js";
import { pairSection } from "./pairSection.js";
import { loadPlotting, type Plotting } from "./plotting.js";
import { predictiveSection } from "./predictiveSection.js";
import { type ReportData, type ReportOptions, reportData } from "./reportData.js";
import { count, escaped, htmlTable, number } from "./text.js";
import { traceSection } from "./traceSection.js";

/** Boxes that a graph may have; more are no picture any more. */
const mostBoxes = 60;

/**
 * A report of a fit: one HTML file, with pictures, without scripts, that fetches nothing. It shows the objective's way, the
 * posterior table beside prior and truth, the most correlated pairs, data against predictions, how every random choice is estimated and
 * how noisy the gradient is, and the facts of the run. What cannot be shown is left out, and a note says why.
 *
 * The pictures are made by Observable Plot, which is loaded for them.
 *
 * @param fitted - what `fit` resolved to, or what `fitFromJson` read
 * @param options - the more is given, the more is shown: `objective` with `data` for the estimator, `posterior` for the rest
 * @returns the text of the file
 * @example
 * ```ts
 * import * as tf from "@tensorflow/tfjs-core";
 * import { elbo, fit, gen, normal, observe, posterior, reportHtml, sample } from "elbow";
 * const model = gen(function* (y: tf.Tensor) {
 *   const mu = yield* sample("mu", normal(0, 1));
 *   yield* observe("y", normal(mu, 1), y);
 * });
 * const guide = gen(function* (q: { loc: tf.Tensor }) {
 *   yield* sample("mu", normal(q.loc, 0.7));
 * });
 * const objective = elbo(model, guide);
 * const data: [tf.Tensor] = [tf.scalar(2)];
 * const result = await fit(objective, { parameters: { loc: tf.scalar(0) }, data, steps: 200 });
 * const html = await reportHtml(result, { objective, data, posterior: posterior(model, guide, result, { data }), draws: 200 });
 * console.log(html.startsWith("<!DOCTYPE html>"), html.includes("<script")); // => true false
 * ```
 */
export async function reportHtml<P extends Parameters, D extends readonly unknown[]>(
  fitted: SavedFit<P>,
  options: ReportOptions<NoInfer<P>, D> = {},
): Promise<string> {
  checkObject(
    "reportHtml",
    "the fit",
    fitted,
    ["parameters", "history", "sites"],
    "Pass what fit resolves to, or fitFromJson reads.",
    "the result of a fit",
  );
  checkOptionNames("reportHtml", options, [
    "title",
    "objective",
    "data",
    "posterior",
    "draws",
    "gradients",
    "facts",
    "notes",
  ]);
  return renderReport(await reportData(fitted, options));
}

/** The page of what was gathered. */
export async function renderReport(data: ReportData): Promise<string> {
  const plotting = await loadPlotting();
  const sections: Section[] = [
    { id: "objective", title: "Objective", html: traceSection(plotting, data) },
    ...posteriorSections(plotting, data),
    ...estimatorSections(data),
    ...(await graphSections(data)),
    { id: "run", title: "Run", html: factsOf(data) },
  ];
  return page(data.title, headOf(data), sections, `Made by Elbow ${version}.`);
}

function headOf({ fit, summary, notes }: ReportData): string {
  const card = (name: string, value: string, small = "", kind = "") =>
    `<div class="card"><dt>${escaped(name)}</dt><dd${kind ? ` class="${kind}"` : ""}>${escaped(value)}${small ? `<small>${escaped(small)}</small>` : ""}</dd></div>`;
  const cards = [
    card("objective", number(fit.objective, 6), `± ${number(fit.standardError, 2)}`),
    ...(summary
      ? [
          card("log evidence", number(summary.logEvidence, 5), "estimated from weighted draws"),
          card("k̂", number(summary.khat, 2), summary.advice.split(":")[0], summary.band),
          card("effective sample size", count(summary.effectiveSampleSize), `of ${count(summary.draws)} draws`),
        ]
      : []),
    card("steps", count(fit.steps), `${count(fit.stepsPerSecond)} per second${fit.isStopped ? ", stopped early" : ""}`),
  ];
  return [
    `<dl class="cards">${cards.join("")}</dl>`,
    ...notes.map((note) => `<p class="note">${escaped(note)}</p>`),
  ].join("\n");
}

function posteriorSections(plotting: Plotting, data: ReportData): Section[] {
  const { summary, scalars, checks } = data;
  if (!summary) return [];
  const { rows, khat, draws, advice } = summary;
  const hasTruth = rows.some(({ truth }) => truth !== undefined);
  const table = htmlTable(
    summary.from === "guide"
      ? `The guide, from ${count(draws)} draws: its importance weights cannot be relied on, so that nothing corrects it`
      : `The posterior, from ${count(draws)} weighted draws of the guide`,
    [
      { title: "choice", cell: ({ name }) => name, isNumber: false },
      { title: "mean", cell: ({ mean }) => number(mean) },
      { title: "sd", cell: ({ sd }) => number(sd) },
      { title: "5%", cell: ({ q05 }) => number(q05) },
      { title: "50%", cell: ({ q50 }) => number(q50) },
      { title: "95%", cell: ({ q95 }) => number(q95) },
      ...(hasTruth ? [{ title: "truth", cell: ({ truth }: (typeof rows)[number]) => number(truth) }] : []),
    ],
    rows,
  );
  const pairs = pairSection(plotting, data);
  return [
    { id: "posterior", title: "Posterior", html: table },
    ...(scalars.length > 0 ? [{ id: "densities", title: "Densities", html: marginalSection(plotting, data) }] : []),
    ...(pairs ? [{ id: "pairs", title: "Pairs", html: pairs }] : []),
    ...(checks.length > 0
      ? [{ id: "predictions", title: "Predictions against data", html: predictiveSection(plotting, data) }]
      : []),
    {
      id: "reliability",
      title: "Reliability",
      html: `${khatGauge(khat, draws)}<p>k̂ = ${number(khat, 3)} — ${escaped(advice)}.</p>`,
    },
  ];
}

function estimatorSections({ explanation, gradient, gradients, noise }: ReportData): Section[] {
  const sections: Section[] = [];
  if (explanation) {
    const verdict = `The estimate of the gradient is ${explanation.isUnbiased ? "unbiased" : "biased"}.`;
    const sites = htmlTable(
      "How every random choice is estimated",
      [
        { title: "address", cell: ({ address }) => address, isNumber: false },
        { title: "distribution", cell: ({ family }) => family, isNumber: false },
        {
          title: "strategy",
          cell: ({ strategy, isDefault, isUnbiased, exactDegree }) =>
            `${strategy}${isDefault ? " (default)" : ""}${biasOf(isUnbiased, exactDegree)}`,
          isNumber: false,
        },
        { title: "lanes", cell: ({ lanes }) => String(lanes) },
        {
          title: "leaves",
          cell: ({ leaves }) =>
            leaves ? leaves.map(({ leaf, axes }) => `${leaf}${describeAxes(axes)}`).join(", ") : "in a loop",
          isNumber: false,
        },
        { title: "line", cell: ({ source }) => source ?? "", isNumber: false },
        { title: "why", cell: ({ why }) => why, isNumber: false },
      ],
      explanation.sites,
    );
    sections.push({
      id: "estimator",
      title: "Estimator",
      html: explanation.sites.length > 0 ? `<p>${verdict}</p>${sites}` : "<p>There are no random choices.</p>",
    });
  }
  if (gradient.length > 0)
    sections.push({
      id: "gradient",
      title: "Gradient",
      html: [
        `<p>From ${count(gradients)} independent gradients at the last parameters. At an optimum the mean is 0, whatever the noise.</p>`,
        htmlTable(
          "Mean and noise of a single gradient, by parameter",
          [
            { title: "parameter", cell: ({ name }) => name, isNumber: false },
            { title: "shape", cell: ({ shape }) => formatShape(shape), isNumber: false },
            { title: "‖mean‖", cell: ({ norm }) => number(norm, 3) },
            { title: "noise √Σ variance", cell: ({ noise }) => number(noise, 3) },
            {
              title: "signal to noise",
              cell: ({ norm, noise }) => (noise === 0 ? "no noise" : number(norm / noise, 2)),
            },
            { title: "share of variance", cell: ({ noise }) => share(noise, gradient) },
          ],
          gradient.toSorted((a, b) => b.noise - a.noise),
          30,
        ),
        ...(noise.some(({ variance }) => variance > 0) ? [noiseTable(noise)] : []),
      ].join("\n"),
    });
  return sections;
}

const noiseTable = (noise: ReportData["noise"]): string =>
  htmlTable(
    "Where the noise comes from, by random choice: the variance that is left when all other choices are held. What choices do together counts for each",
    [
      { title: "address", cell: ({ addresses }) => addresses.join(", "), isNumber: false },
      { title: "noise √variance", cell: ({ variance }) => number(Math.sqrt(variance), 3) },
      { title: "share of variance", cell: ({ share }) => `${number(100 * share, 3)} %` },
    ],
    noise,
    30,
  );

function share(noise: number, all: ReportData["gradient"]): string {
  const total = all.reduce((sum, each) => sum + each.noise ** 2, 0);
  return total === 0 ? "" : `${number((100 * noise ** 2) / total, 3)} %`;
}

async function graphSections({ explanation }: ReportData): Promise<Section[]> {
  if (!explanation || explanation.sites.length === 0) return [];
  const boxes = explanation.sites.length + explanation.leaves.length;
  const html =
    boxes > mostBoxes
      ? `<p class="note">${count(boxes)} boxes are too many for a picture; elbow explain --svg draws it.</p>`
      : `<p class="note">Random choices (round), the parts of the objective that are estimated on their own, and what they share.</p><div class="graph scroll" tabindex="0" role="region" aria-label="Graph of random choices and parts of the objective">${(await explanationSvg(explanation)).replace("<svg ", '<svg role="img" aria-label="Random choices and the parts of the objective that depend on them" ')}</div>`;
  return [{ id: "graph", title: "Graph", html }];
}

function factsOf({ fit, facts }: ReportData): string {
  const all: Readonly<Record<string, string>> = {
    engine: describeEngine(fit.engine, fit.engineDetails),
    seed: String(fit.seed),
    steps: `${count(fit.steps)}${fit.isStopped ? ", stopped before the end" : ""}`,
    time: `${number(fit.seconds, 3)} s, ${count(fit.stepsPerSecond)} steps per second`,
    "traced and compiled in": `${count(fit.compileMs)} ms`,
    ...facts,
  };
  const rows = Object.entries(all).map(([name, value]) => `<dt>${escaped(name)}</dt><dd>${escaped(value)}</dd>`);
  return `<dl class="facts">${rows.join("")}</dl>`;
}
