// The engine tfjs:webgl in headless Chromium. Where there is no GPU, Chromium brings a software one, SwiftShader, if it is asked.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Browser, chromium, type Page as Tab } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { NDArray } from "../../src/ir/program.js";
import { sampled } from "../ir/conformance/applications.js";
import { cases } from "../ir/conformance/cases/all.js";
import type { Tolerance } from "../ir/conformance/conformance.js";
import { expectAgreement, expectClose } from "../ir/conformance/properties.js";
import { callPage } from "./callPage.js";
import { findChromium } from "./chromium.js";
import type { PlainArray } from "./conformancePage.js";
import { type FitReport, largestDifference } from "./fits.js";
import { type Server, serve } from "./server.js";
import { addSourcePage } from "./site.js";
import type { WebglPage } from "./webglPage.js";

const launch = (executablePath: string): Promise<Browser> =>
  chromium.launch({
    executablePath,
    args: [
      "--use-angle=swiftshader",
      "--enable-unsafe-swiftshader",
      "--ignore-gpu-blocklist",
      ...(process.getuid?.() === 0 ? ["--no-sandbox"] : []),
    ],
  });

/** Who draws for pages, and whether into single precision. */
async function findRenderer(executablePath: string): Promise<string | undefined> {
  const browser = await launch(executablePath);
  try {
    const tab = await browser.newPage();
    return await tab.evaluate(() => {
      const gl = document.createElement("canvas").getContext("webgl2");
      const found = gl?.getExtension("WEBGL_debug_renderer_info");
      if (!gl?.getExtension("EXT_color_buffer_float")) return undefined;
      return found ? String(gl.getParameter(found.UNMASKED_RENDERER_WEBGL)) : "a renderer without a name";
    });
  } finally {
    await browser.close();
  }
}

const executablePath = findChromium();
const renderer = executablePath && (await findRenderer(executablePath));
const reason = renderer
  ? ""
  : ` (skipped: ${executablePath ? "Chromium offers pages no WebGL 2 in single precision" : "no Chromium on PATH or in CHROME_PATH"})`;
if (reason) console.warn(`Tests of tfjs:webgl${reason}`);

const engine = "tfjs:webgl";
const exact: Tolerance = { absolute: 0, relative: 0 };
const toArray = ({ elements, ...type }: PlainArray): NDArray => ({ ...type, elements: Float64Array.from(elements) });

describe.skipIf(!renderer)(`${engine} in Chromium, on ${renderer}${reason}`, () => {
  let browser: Browser;
  let site: string;
  let server: Server;
  let tab: Tab;
  beforeAll(async () => {
    site = mkdtempSync(join(tmpdir(), "elbow-site-"));
    await addSourcePage(site, "webgl", "test/browser/webglPage.ts");
    server = await serve(site, { isIsolated: false });
    browser = await launch(executablePath!);
    tab = await open();
  });
  afterAll(async () => {
    await browser?.close();
    server?.stop();
    if (site) rmSync(site, { recursive: true, force: true });
  });

  async function open(): Promise<Tab> {
    const opened = await browser.newPage();
    const errors: string[] = [];
    opened.on("pageerror", (error) => errors.push(String(error)));
    await opened.goto(`${server.url}/webgl/`);
    await opened.waitForFunction("globalThis.page !== undefined", undefined, { timeout: 20_000 }).catch((error) => {
      throw new Error(`the page does not load\n${errors.join("\n")}`, { cause: error });
    });
    return opened;
  }
  const call: ReturnType<typeof callPage<WebglPage>> = (name, ...args) => callPage<WebglPage>(tab)(name, ...args);

  test("random bits are those of wasm, draws the same to rounding", async () => {
    const onWasm = (await call("random", "wasm")).map(toArray);
    const onGpu = (await call("random", engine)).map(toArray);
    expectClose(onGpu[0]!, onWasm[0]!, exact);
    expectClose(onGpu[1]!, onWasm[1]!, exact);
    expectClose(onGpu[2]!, onWasm[2]!, { absolute: 2e-6, relative: 2e-6 });
  });

  test("integers beyond 2²⁴ are exact, also where results of the GPU are counted and cast", async () => {
    const [received, expected] = [await call("integers", engine), await call("integers", "reference")];
    expect(expected.some(({ elements }) => elements.some((x) => Math.abs(x) > 2 ** 24 && x % 2 !== 0))).toBe(true);
    received.forEach((each, i) => {
      expectClose(toArray(each), toArray(expected[i]!), exact);
    });
  });

  test("zeros, infinities and what is no number become what they are in double precision", async () => {
    const [received, expected] = [await call("specialValues", engine), await call("specialValues", "reference")];
    const single = ({ elements, ...type }: NDArray): NDArray => ({ ...type, elements: elements.map(Math.fround) });
    const endless = ({ elements }: NDArray) => [...elements].map((x) => (Number.isFinite(x) ? 0 : x));
    received.forEach((each, i) => {
      expect(endless(toArray(each)), `result ${i}`).toEqual(endless(single(toArray(expected[i]!))));
      expectClose(toArray(each), single(toArray(expected[i]!)), { absolute: 1e-6, relative: 1e-5 });
    });
  });

  test("a fit ends where that of wasm does, and runs on the GPU without leaving tensors behind", async () => {
    const fitOn = (engine: string, seed = 7): Promise<FitReport> =>
      call("fitEightSchools", { steps: 150, draws: 8, engine, seed });
    const [onWasm, another] = [await fitOn("wasm"), await fitOn("wasm", 8)];
    const before = await call("numTensors");
    const onGpu = await fitOn(engine);
    expect(await call("numTensors")).toBe(before);
    expect(onGpu.engine).toBe(engine);
    expect(largestDifference(onGpu, onWasm)).toBeLessThan(1e-3);
    // another seed is another fit
    expect(largestDifference(another, onWasm)).toBeGreaterThan(1e-2);
  });

  describe("conformance", () => {
    const kinds: [string, boolean][] = [
      ["", false],
      [", many axes", true],
    ];
    describe.each(cases.map((entry, at) => [entry.primitive.name, entry, at] as const))("%s", (_, entry, at) => {
      test.each(kinds)("agrees%s", async (_, onManyAxes) => {
        const seed = 20240607;
        const before = await call("numTensors");
        const received = await call("apply", engine, at, seed, { onManyAxes });
        expectAgreement(sampled(entry, seed, { onManyAxes }), received.map(toArray));
        expect(await call("numTensors")).toBe(before);
      });
    });
  });

  test("half precision is refused", async () => {
    // a page of its own, on which the engine was never asked for
    const fresh = await open();
    expect(await callPage<WebglPage>(fresh)("errorInHalfPrecision")).toBe(
      'engine-unavailable: engine "tfjs:webgl" is not available: this browser computes in half precision',
    );
    await fresh.close();
  });
});
