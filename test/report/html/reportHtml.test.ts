import * as tf from "@tensorflow/tfjs-core";
import {
  elbo,
  fit,
  fitFromJson,
  flip,
  gen,
  iid,
  normal,
  objective,
  observe,
  posterior,
  reportHtml,
  sample,
} from "elbow";
import { parseHTML } from "linkedom";
import { beforeAll, describe, expect, test } from "vitest";
import { formatSites } from "../../../src/report/siteTable.js";

/** The text of a page's element, as it is read. */
const pageOf = (html: string): Document => parseHTML(html).document as unknown as Document;
const textOf = (page: Document, id: string): string => page.getElementById(id)?.parentElement?.textContent ?? "";

const odd = `a<b & "c"`;
const model = gen(function* (y: tf.Tensor, hits: tf.Tensor) {
  const mu = yield* sample(odd, normal(0, 3));
  const heads = yield* sample("heads", flip(0.5));
  const z = yield* sample("z", iid(60, normal(0, 1)));
  yield* observe("y", normal(tf.add(mu, tf.sum(tf.mul(z, 0.01))), 1), y);
  yield* observe("hits", flip(tf.mul(tf.ones([5]), tf.add(0.3, tf.mul(0.3, heads)))), hits);
});
const guide = gen(function* (q: { loc: tf.Tensor; logit: tf.Tensor }) {
  yield* sample(odd, normal(q.loc, 0.9));
  yield* sample("heads", flip(tf.sigmoid(q.logit)));
  yield* sample("z", iid(60, normal(0, 1)));
});
const data: [tf.Tensor, tf.Tensor] = [tf.scalar(2), tf.tensor1d([1, 0, 0, 1, 1])];
const L = elbo(model, guide);
const fitted = fit(L, {
  parameters: { loc: tf.scalar(1), logit: tf.scalar(0) },
  data,
  steps: 60,
  reportEvery: 5,
});

describe("a whole report", () => {
  let html = "";
  let page: Document;
  beforeAll(async () => {
    const result = await fitted;
    const found = posterior(model, guide, result, { data, truth: { [odd]: 1.8 } });
    html = await reportHtml(result, {
      title: "<script>alert(1)</script> & Co",
      objective: L,
      data,
      posterior: found,
      draws: 400,
      gradients: 20,
      facts: { "a <b>": "1 & 2" },
    });
    page = pageOf(html);
  });

  test("holds all sections, each reached by a link", () => {
    const links = [...page.querySelectorAll("nav a")].map((link) => link.getAttribute("href")?.slice(1) ?? "");
    expect(links).toEqual(expect.arrayContaining(["objective", "posterior", "densities", "predictions"]));
    expect(links).toEqual(expect.arrayContaining(["reliability", "estimator", "gradient", "graph", "run"]));
    for (const link of links) expect(page.getElementById(link)).not.toBeNull();
  });

  test("stands alone: no script, nothing that is fetched", () => {
    expect(page.querySelectorAll("script, iframe, img, object, embed, [onload], [onclick]")).toHaveLength(0);
    expect([...html.matchAll(/(?:src|href|url)\s*[=(]\s*["']?([^"')\s>]+)/g)].map(([, to]) => to)).toSatisfy(
      (all: string[]) => all.every((to) => to.startsWith("#") || to.startsWith("data:")),
    );
    expect(html).not.toMatch(/@import|https?:\/\/(?!www\.w3\.org\/)/);
  });

  test("text of the user's is text", () => {
    expect(page.querySelector("h1")!.textContent).toBe("<script>alert(1)</script> & Co");
    expect([...page.querySelectorAll("#posterior ~ .scroll tbody th")][0]!.textContent).toBe(odd);
    expect(textOf(page, "run")).toContain("a <b>1 & 2");
    expect(html).not.toContain("a<b");
  });

  test("every picture says what it shows, and no id comes twice", () => {
    const pictures = [...page.querySelectorAll("svg")];
    expect(pictures.length).toBeGreaterThan(10);
    for (const picture of pictures) {
      expect(picture.getAttribute("role")).toBe("img");
      expect(picture.getAttribute("aria-label")!.length).toBeGreaterThan(10);
    }
    const ids = [...html.matchAll(/\sid="([^"]+)"/g)].map(([, id]) => id);
    expect(new Set(ids).size).toBe(ids.length);
    // colours are the page's, for light and dark
    expect(html).toContain("prefers-color-scheme: dark");
  });

  test("what there is too much of is counted", () => {
    expect(page.querySelectorAll("#posterior ~ .scroll tbody tr")).toHaveLength(50);
    expect(textOf(page, "posterior")).toContain("The first 50 of 62 rows; 12 are left out.");
    expect(page.querySelectorAll("#densities ~ .grid svg")).toHaveLength(24);
    expect(textOf(page, "densities")).toContain("38 of 62 numbers are not drawn.");
    expect(html.length).toBeLessThan(300_000);
  });

  test("figures are those of the fit and of its posterior", async () => {
    const result = await fitted;
    const summary = await posterior(model, guide, result, { data }).summary();
    const rows = [...page.querySelectorAll("#posterior ~ .scroll tbody tr")];
    const cells = [...rows[0]!.querySelectorAll("td")].map((cell) => cell.textContent);
    expect(Number(cells[0]!.replace("−", "-"))).toBeCloseTo(summary.rows[0]!.mean, 3);
    expect(cells.at(-1)).toBe("1.8");
    expect(textOf(page, "reliability")).toContain(summary.advice);
    expect(textOf(page, "estimator")).toContain("enumerate (default)");
    expect(textOf(page, "gradient")).toContain("logit");
  });
});

test("a fit alone, read from JSON, has its trace and its facts", async () => {
  const result = fitFromJson(JSON.parse(JSON.stringify(await fitted)));
  const page = pageOf(await reportHtml(result));
  expect([...page.querySelectorAll("h2")].map((title) => title.textContent)).toEqual(["Objective", "Run"]);
  expect(page.querySelectorAll("svg")).toHaveLength(2);
  expect(formatSites(result.sites)).toContain("heads");
});

test("what fails becomes a note, and the rest stands", async () => {
  const result = await fitted;
  const wrong = gen(function* (y: tf.Tensor) {
    yield* sample("nu", normal(0, 1));
    yield* observe("y", normal(0, 1), y);
  });
  const failing = posterior(wrong as unknown as typeof model, guide, result, { data });
  const page = pageOf(await reportHtml(result, { objective: L, data, posterior: failing, gradients: 5 }));
  expect(page.querySelector("header")!.textContent).toMatch(/No posterior table: .*"nu"/);
  expect(page.getElementById("estimator")).not.toBeNull();
});

test("numbers that are none do not break a page", async () => {
  const L = objective(function* ({ x }: { x: tf.Tensor }) {
    return tf.neg(tf.square(x));
  });
  const result = await fit(L, { parameters: { x: tf.scalar(1) }, steps: 3, reportEvery: 1 });
  const history = result.history.map((entry) => ({ ...entry, objective: Number.NaN }));
  const html = await reportHtml(
    { ...result, history, objective: Number.NEGATIVE_INFINITY },
    { objective: L, gradients: 2 },
  );
  expect(html).toContain("−∞");
  expect(html).not.toMatch(/NaN(?=[,"\s])/);
  expect(html).toContain("There are no random choices.");
});
