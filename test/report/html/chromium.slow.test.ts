// Reports as a browser shows them: light and dark, wide and narrow, on paper.
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { fit, partial, posterior, reportHtml } from "elbow";
import { type Browser, chromium } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { observedData, readModelModule } from "../../../src/cli/modelModule.js";
import { findChromium } from "../../browser/chromium.js";

const executablePath = findChromium();
const reason = executablePath ? "" : " (skipped: no Chromium on PATH or in CHROME_PATH)";
if (reason) console.warn(`Reports in a browser${reason}`);

const models = ["coin", "eightSchools", "logisticRegression", "vae"] as const;

async function reportOf(name: string): Promise<string> {
  const module = readModelModule(name, await import(`../../../models/${name}.ts`));
  const { data, judged } = observedData(module);
  const { objective, parameters, model, guide, truth } = module;
  const steps = name === "vae" ? 40 : 600;
  const result = await fit(objective, { parameters, data, steps, reportEvery: 20 });
  const applied = module.isModelLearned ? partial(model as never, result.parameters as never) : model;
  const found = posterior(applied as never, guide as never, result as never, { data: await judged(), truth } as never);
  return reportHtml(result, { title: name, objective, data: module.data, posterior: found, draws: 500, gradients: 20 });
}

describe.skipIf(!executablePath)(`in Chromium${reason}`, () => {
  let browser: Browser;
  const folder = mkdtempSync(join(tmpdir(), "elbow-report-"));
  beforeAll(async () => {
    // Chromium refuses to run its sandbox as root
    const args = process.getuid?.() === 0 ? ["--no-sandbox"] : [];
    browser = await chromium.launch({ executablePath: executablePath!, args });
  });
  afterAll(async () => {
    await browser?.close();
    rmSync(folder, { recursive: true, force: true });
  });

  test.each(models)("%s", async (name) => {
    const html = await reportOf(name);
    expect(html.length).toBeLessThan(400_000);
    const file = join(folder, `${name}.html`);
    writeFileSync(file, html);
    const problems: string[] = [];
    const backgrounds = new Set<string>();
    for (const colorScheme of ["light", "dark"] as const)
      for (const width of [1100, 380]) {
        const tab = await browser.newPage({ colorScheme, viewport: { width, height: 800 } });
        tab.on("console", (message) => problems.push(message.text()));
        tab.on("pageerror", (error) => problems.push(String(error)));
        tab.on("request", (request) => {
          if (!/^(file|data):/.test(request.url())) problems.push(request.url());
        });
        await tab.goto(pathToFileURL(file).href);
        const seen = await tab.evaluate(() => ({
          background: getComputedStyle(document.body).backgroundColor,
          ink: getComputedStyle(document.body).color,
          overflow: document.documentElement.scrollWidth - document.documentElement.clientWidth,
          // text of pictures can be selected, since it is text
          texts: document.querySelectorAll("figure svg text").length,
          selected: (() => {
            getSelection()!.selectAllChildren(document.querySelector("figure svg")!);
            return String(getSelection()).length;
          })(),
        }));
        expect(seen.overflow).toBeLessThanOrEqual(0);
        expect(seen.texts).toBeGreaterThan(5);
        expect(seen.selected).toBeGreaterThan(5);
        expect(seen.ink).not.toBe(seen.background);
        backgrounds.add(seen.background);
        expect((await tab.screenshot({ fullPage: true })).length).toBeGreaterThan(20_000);
        if (colorScheme === "dark" && width > 1000) {
          await tab.emulateMedia({ media: "print" });
          const paper = await tab.evaluate(() => getComputedStyle(document.body).backgroundColor);
          expect(paper).toBe("rgb(255, 255, 255)");
        }
        await tab.close();
      }
    expect(problems).toEqual([]);
    expect(backgrounds.size).toBe(2);
  });
});
