// The pictures of a report in docs/images (`npm run docs:report`): the top of that of eight schools, light and dark.
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { adam, fit, piecewise, posterior, reportHtml } from "elbow";
import { chromium } from "playwright-core";
import { data, guide, model, objective, parameters, truth } from "../models/eightSchools.js";
import { findChromium } from "../test/browser/chromium.js";

const executablePath = findChromium();
if (!executablePath) throw new Error("no Chromium on PATH or in CHROME_PATH");

const optimizer = adam({ learningRate: piecewise({ boundaries: [1500, 2400], rates: [0.05, 0.01, 0.002] }) });
const result = await fit(objective, { parameters, data, steps: 3000, draws: 16, optimizer, reportEvery: 30 });
const found = posterior(model, guide, result, { data, truth });
const html = await reportHtml(result, { title: "eightSchools", objective, data, posterior: found });

const folder = mkdtempSync(join(tmpdir(), "elbow-report-"));
const browser = await chromium.launch({ executablePath, args: process.getuid?.() === 0 ? ["--no-sandbox"] : [] });
try {
  const file = join(folder, "report.html");
  writeFileSync(file, html);
  for (const colorScheme of ["light", "dark"] as const) {
    const tab = await browser.newPage({ colorScheme, viewport: { width: 1040, height: 1480 } });
    await tab.goto(pathToFileURL(file).href);
    await tab.screenshot({ path: `docs/images/report-${colorScheme}.png` });
    await tab.close();
  }
} finally {
  await browser.close();
  rmSync(folder, { recursive: true, force: true });
}
