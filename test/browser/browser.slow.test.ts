// Elbow in headless Chromium: a fit there is, bit for bit, the fit in Node.
import { readFileSync, rmSync } from "node:fs";
import { SourceMap } from "node:module";
import { basename, join, resolve } from "node:path";
import { type Browser, chromium, type Page as Tab } from "playwright-core";
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from "vitest";
import { callPage } from "./callPage.js";
import { findChromium } from "./chromium.js";
import { type FitOptions, type FitReport, fitEightSchools } from "./fits.js";
import type { Page } from "./page.js";
import { type Server, serve } from "./server.js";
import { buildSite, type Delivery, deliveries } from "./site.js";

const executablePath = findChromium();
const reason = executablePath ? "" : " (skipped: no Chromium on PATH or in CHROME_PATH)";
if (reason) console.warn(`Tests in a browser${reason}`);

const small = { steps: 500, draws: 16, seed: 7 };
/** Wide enough for several threads. */
const wide = { steps: 400, draws: 20_000, seed: 7, threads: 4 };

const nodeFits = new Map<string, Promise<FitReport>>();

/** The fit in this process. */
function inNode(fma: "0" | "1", options: FitOptions): Promise<FitReport> {
  const name = JSON.stringify([fma, options]);
  const known = nodeFits.get(name);
  if (known) return known;
  vi.stubEnv("ELBOW_FMA", fma);
  const fitted = fitEightSchools(options).finally(() => vi.unstubAllEnvs());
  nodeFits.set(name, fitted);
  return fitted;
}

const numbersOf = ({ parameters, history }: FitReport): number[] => [
  ...Object.values(parameters).flat(),
  ...history.flatMap(({ objective, standardError }) => [objective, standardError]),
];

/** The largest deviation of any number of a report, relative to the number. */
function deviation(a: FitReport, b: FitReport): number {
  const others = numbersOf(b);
  return Math.max(...numbersOf(a).map((x, i) => Math.abs(x - others[i]!) / Math.abs(x)));
}

describe.skipIf(!executablePath)(`in Chromium${reason}`, () => {
  let browser: Browser;
  let site: string;
  let plain: Server;
  let isolated: Server;

  beforeAll(async () => {
    site = await buildSite();
    plain = await serve(site, { isIsolated: false });
    isolated = await serve(site, { isIsolated: true });
    // Chromium refuses to run its sandbox as root
    const args = process.getuid?.() === 0 ? ["--no-sandbox"] : [];
    browser = await chromium.launch({ executablePath: executablePath!, args });
  });
  afterAll(async () => {
    await browser?.close();
    plain?.stop();
    isolated?.stop();
    if (site) rmSync(site, { recursive: true, force: true });
  });

  const tabs: Tab[] = [];
  const errors: string[] = [];
  afterEach(async () => {
    await Promise.all(tabs.splice(0).map((tab) => tab.close()));
    expect(errors.splice(0)).toEqual([]);
  });

  /** Opens a page. Whatever it does not catch fails the test. */
  async function open(delivery: Delivery, { server = plain, fma }: { server?: Server; fma?: "0" | "1" } = {}) {
    const tab = await browser.newPage();
    tabs.push(tab);
    tab.on("pageerror", (error) => errors.push(String(error)));
    tab.on("response", (response) => response.ok() || errors.push(`${response.status()} ${response.url()}`));
    if (fma) await tab.addInitScript(`globalThis.ELBOW_FMA = "${fma}"`);
    await tab.goto(`${server.url}/${delivery}/`);
    await tab.waitForFunction("globalThis.page !== undefined", undefined, { timeout: 10_000 }).catch((error) => {
      throw new Error(`the page does not load\n${errors.join("\n")}`, { cause: error });
    });
    return tab;
  }

  const ask = <Name extends keyof Page>(tab: Tab, name: Name, ...args: Parameters<Page[Name]>) =>
    callPage<Page>(tab)(name, ...args);

  /** Where a place of a page's program stands in its source: source maps know it. */
  function original(delivery: Delivery, place: string): string {
    const match = /^(\S+ )(\S+?):(\d+)(?::(\d+))?$/.exec(place)!;
    const [, what, file, line, column = "1"] = match;
    const map = new SourceMap(JSON.parse(readFileSync(join(site, `${file}.map`), "utf8")));
    const entry = map.findEntry(Number(line) - 1, Number(column) - 1);
    if (!("originalSource" in entry)) throw new Error(`the source map of ${delivery} does not know ${place}`);
    return `${what}${basename(entry.originalSource)}:${entry.originalLine + 1}`;
  }

  describe.each(["0", "1"] as const)("with ELBOW_FMA=%s", (fma) => {
    test.each(deliveries)("a %s page fits as Node does, bit for bit", async (delivery) => {
      const tab = await open(delivery, { fma });
      const there = await ask(tab, "fitEightSchools", small);
      expect(there.engine).toBe("wasm");
      expect(there.modules.length).toBeGreaterThan(0);
      expect(there).toEqual(await inNode(fma, small));
    });

    test("so does a worker", async () => {
      const tab = await open("bundled", { fma });
      expect(await ask(tab, "fitInWorker", small)).toEqual(await inNode(fma, small));
    });
  });

  test("fits to 1e-4 as Node does, whatever fused multiply-adds each of them has", async () => {
    const tab = await open("bundled");
    const there = await ask(tab, "fitEightSchools", small);
    for (const fma of ["0", "1"] as const) expect(deviation(there, await inNode(fma, small))).toBeLessThan(1e-4);
    // the modules show that these are two ways to compute, if the machine has both
    const [without, fused] = [await inNode("0", small), await inNode("1", small)];
    expect(without.modules).not.toEqual(fused.modules);
    expect([without.modules, fused.modules]).toContainEqual(there.modules);
  });

  test("another seed gives other numbers", async () => {
    const tab = await open("bundled", { fma: "0" });
    const there = await ask(tab, "fitEightSchools", { ...small, seed: 8 });
    expect(deviation(there, await inNode("0", small))).toBeGreaterThan(1e-3);
  });

  test("has one thread on a page that is not isolated, and the same results on one that is", async () => {
    const alone = await open("bundled", { fma: "0" });
    expect(await ask(alone, "isIsolated")).toBe(false);
    const there = await ask(alone, "fitEightSchools", wide);
    expect(await ask(alone, "startedWorkers")).toBe(0);
    const together = await open("bundled", { fma: "0", server: isolated });
    expect(await ask(together, "isIsolated")).toBe(true);
    const threaded = await ask(together, "fitEightSchools", wide);
    expect(await ask(together, "startedWorkers")).toBeGreaterThan(0);
    expect([there.engine, threaded.engine]).toEqual(["wasm", expect.stringMatching(/^wasm:[2-4]$/)]);
    expect(threaded.parameters).toEqual(there.parameters);
    expect(threaded.history).toEqual(there.history);
  });

  describe.each(deliveries)("on a %s page", (delivery) => {
    test("errors and equations name the user's line", async () => {
      const tab = await open(delivery);
      const found = await ask(tab, "places");
      const source = readFileSync(resolve(import.meta.dirname, "places.ts"), "utf8").split("\n");
      const lineOf = (name: string) => source.findIndex((line) => line.endsWith(`// ${name}`)) + 1;
      const codes = { "a constructor": "shape", "a tensor's value": "read-traced", "a random tensor": "frozen-random" };
      for (const [name, place] of Object.entries(found)) {
        const code = codes[name as keyof typeof codes] ?? "line";
        expect(original(delivery, place), `${name}: ${place}`).toBe(`${code} places.ts:${lineOf(name)}`);
      }
    });

    test("what needs Node says so", async () => {
      const tab = await open(delivery);
      const noFiles = "no-file-system: checkpoints are files, and there is no file system here";
      expect(await ask(tab, "checkpointErrors")).toEqual([noFiles, noFiles]);
      const [tensorflow, webgpu, nonsense] = await ask(tab, "engineErrors");
      expect(tensorflow).toBe('engine-unavailable: engine "tfjs:tensorflow" is not available: it needs Node');
      expect(webgpu).toContain("engine-unavailable");
      expect(nonsense).toContain("unknown-engine");
      expect(await ask(tab, "engines")).toContain("wasm");
    });

    test("progress, tables and tfjs' engine work", async () => {
      const tab = await open(delivery);
      expect(await ask(tab, "fitWithProgress")).toBe(10);
      expect(await ask(tab, "table")).toContain("mu");
      expect(await ask(tab, "fitOnCpu")).toBe("tfjs:cpu");
    });
  });
});
