// The engine webgpu in headless Chromium. Where there is no GPU, Chromium brings a software one, SwiftShader, if it is asked.
import { rmSync } from "node:fs";
import { type Browser, chromium, type Page as Tab } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { NDArray } from "../../src/ir/program.js";
import { applicationsOf, kindsOfApplication } from "../ir/conformance/applications.js";
import { cases } from "../ir/conformance/cases/all.js";
import type { Tolerance } from "../ir/conformance/conformance.js";
import { expectAgreement, expectClose } from "../ir/conformance/properties.js";
import { callPage } from "./callPage.js";
import { findChromium } from "./chromium.js";
import type { ConformancePage, PlainArray } from "./conformancePage.js";
import { type FitReport, largestDifference } from "./fits.js";
import type { Page } from "./page.js";
import { type Server, serve } from "./server.js";
import type { SharingPage } from "./sharingPage.js";
import { addSourcePage, buildSite, type Delivery } from "./site.js";

const launch = (executablePath: string): Promise<Browser> =>
  chromium.launch({
    executablePath,
    args: ["--enable-unsafe-webgpu", ...(process.getuid?.() === 0 ? ["--no-sandbox"] : [])],
  });

/** The name of the GPU that pages are offered. */
async function findAdapter(executablePath: string): Promise<string | undefined> {
  const browser = await launch(executablePath);
  try {
    const tab = await browser.newPage();
    // WebGPU is for secure pages, and localhost counts as one
    await tab.route("**/*", (route) => route.fulfill({ contentType: "text/html", body: "<!doctype html>" }));
    await tab.goto("http://localhost/");
    return await tab.evaluate(async () => {
      const adapter = await navigator.gpu?.requestAdapter();
      return adapter ? `${adapter.info.vendor} ${adapter.info.architecture}` : undefined;
    });
  } finally {
    await browser.close();
  }
}

const executablePath = findChromium();
const adapter = executablePath && (await findAdapter(executablePath));
const reason = adapter
  ? ""
  : ` (skipped: ${executablePath ? "Chromium offers pages no GPU" : "no Chromium on PATH or in CHROME_PATH"})`;
if (reason) console.warn(`Tests of webgpu in a browser${reason}`);

/** The page's three rounds, element by element: the first, the last, and how many there are. */
const length = 30_000;
const expectedEnds = ((): number[][] => {
  const rounds = (start: number) => {
    let [x, y, isGreater] = [start, 1, false];
    for (let round = 0; round < 3; round++) {
      isGreater = x > y;
      x += 2 * y - 1;
      y += Number(isGreater);
    }
    return [x, y, Number(isGreater)];
  };
  const [first, last] = [rounds(0), rounds((length - 1) / 2)];
  return first.map((value, i) => [value, last[i]!, length]);
})();

const exact: Tolerance = { absolute: 0, relative: 0 };
const toArray = ({ elements, ...type }: PlainArray): NDArray => ({ ...type, elements: Float64Array.from(elements) });

describe.skipIf(!adapter)(`webgpu in Chromium, on ${adapter}${reason}`, () => {
  let browser: Browser;
  let site: string;
  let server: Server;
  beforeAll(async () => {
    site = await buildSite(["bundled", "split", "served"]);
    await addSourcePage(site, "conformance", "test/browser/conformancePage.ts");
    await addSourcePage(site, "sharing", "test/browser/sharingPage.ts");
    server = await serve(site, { isIsolated: false });
    browser = await launch(executablePath!);
  });
  afterAll(async () => {
    await browser?.close();
    server?.stop();
    if (site) rmSync(site, { recursive: true, force: true });
  });

  async function open(page: Delivery | "conformance" | "sharing"): Promise<Tab> {
    const tab = await browser.newPage();
    const errors: string[] = [];
    tab.on("pageerror", (error) => errors.push(String(error)));
    await tab.goto(`${server.url}/${page}/`);
    await tab.waitForFunction("globalThis.page !== undefined", undefined, { timeout: 20_000 }).catch((error) => {
      throw new Error(`the page does not load\n${errors.join("\n")}`, { cause: error });
    });
    return tab;
  }

  test.each(["bundled", "split", "served"] as const)(
    "a fit on a %s page ends where that of wasm does",
    async (delivery) => {
      const tab = await open(delivery);
      const small = { steps: 300, draws: 16, seed: 7 };
      const fitOn = (engine: string, seed = 7): Promise<FitReport> =>
        callPage<Page>(tab)("fitEightSchools", { ...small, engine, seed });
      const [onWasm, onGpu, another] = [await fitOn("wasm"), await fitOn("webgpu"), await fitOn("wasm", 8)];
      expect(onGpu.engine).toBe("webgpu");
      expect(largestDifference(onGpu, onWasm)).toBeLessThan(1e-3);
      // another seed is another fit
      expect(largestDifference(another, onWasm)).toBeGreaterThan(1e-2);
      await tab.close();
    },
  );

  test.each([
    ["auxiliaryGuide", true],
    ["coin", true],
    ["cone", true],
    ["hmm", false],
    ["implicitBeta", true],
    ["linearGaussianStateSpace", true],
    ["logisticRegression", true],
    ["miniAir", false],
    ["threeSites", true],
  ] as const)("a few steps with %s end where those of wasm do", async (name, isRandom) => {
    const tab = await open("conformance");
    const fitOn = (engine: string, seed: number) => callPage<ConformancePage>(tab)("fit", engine, name, seed);
    const [onWasm, onGpu, another] = [await fitOn("wasm", 3), await fitOn("webgpu", 3), await fitOn("wasm", 4)];
    expect(onGpu.engine).toBe("webgpu");
    type End = typeof onGpu;
    const largest = (a: readonly number[], b: readonly number[], size: (x: number) => number) =>
      Math.max(...a.map((x, i) => Math.abs(x - b[i]!) / size(b[i]!)));
    const objectives = (a: End) => largest(a.objectives, onWasm.objectives, (x) => 1 + Math.abs(x));
    const parameters = (a: End) => largest(a.parameters, onWasm.parameters, () => onWasm.moved);
    expect(objectives(onGpu)).toBeLessThan(1e-6);
    expect(parameters(onGpu)).toBeLessThan(1e-4);
    // another seed is another fit, unless nothing is random
    expect(objectives(another) > 1e-6).toBe(isRandom);
    expect(parameters(another) > 1e-4).toBe(isRandom);
    await tab.close();
  });

  test("random bits are those of wasm, draws the same to rounding", async () => {
    const tab = await open("conformance");
    const call = callPage<ConformancePage>(tab);
    const onWasm = (await call("random", "wasm")).map(toArray);
    const onGpu = (await call("random", "webgpu")).map(toArray);
    expectClose(onGpu[0]!, onWasm[0]!, exact);
    expectClose(onGpu[1]!, onWasm[1]!, exact);
    expectClose(onGpu[2]!, onWasm[2]!, { absolute: 2e-6, relative: 2e-6 });
    await tab.close();
  });

  test("tensors of tfjs' webgpu backend, which the page imports, stay on the GPU", async () => {
    const tab = await open("sharing");
    const report = await callPage<SharingPage>(tab)("share");
    expect(report.isSameDevice).toBe(true);
    expect(report.bytesOfRounds).toBe(0);
    // five numbers for each look at the fit; its data are 234 KiB
    expect(report.bytesOfFit).toBeLessThan(4096);
    // three times x ← x + 2y − 1 with y growing by one where x is greater, on two elements
    expect(report.results).toEqual(expectedEnds);
    expect(report.fitted).toBeCloseTo(0.7, 1);
    await tab.close();
  });

  describe("conformance", () => {
    let tab: Tab;
    beforeAll(async () => {
      tab = await open("conformance");
    });
    const settings = { effort: 1, seed: 20240607 };
    describe.each(cases.map((entry, at) => [entry.primitive.name, entry, at] as const))("%s", (_, entry, at) => {
      test.each(kindsOfApplication.map((kind, number) => [kind.title, kind, number] as const))(
        "agrees%s",
        async (_, kind, number) => {
          const received = await callPage<ConformancePage>(tab)("applyAll", "webgpu", at, number, settings);
          const applications = applicationsOf(entry, kind, settings);
          expect(received.length).toBe(applications.length);
          applications.forEach((application, i) => {
            expectAgreement(application, received[i]!.map(toArray));
          });
        },
      );
    });
  });
});
