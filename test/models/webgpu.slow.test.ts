// Every model of models/ on the engine webgpu: a few steps end where those of wasm do. Without a driver they are shown as skipped.
import * as tf from "@tensorflow/tfjs-core";
import type { Engine } from "elbow";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { posteriors } from "../../models/posteriordb/all.js";
import type { Posterior } from "../../models/posteriordb/support/posterior.js";
import { engineByName } from "../../src/runtime/engines.js";
import { available } from "../runtime/available.js";
import { preferSwiftShader } from "../runtime/swiftShader.js";
import { furtherFits } from "./furtherFits.js";
import { isThere } from "./posteriordb.js";
import {
  deviation,
  fitted,
  galleryFiles,
  galleryFit,
  importModel,
  posteriordbFiles,
  posteriorFit,
  posteriorsOf,
  type ShortFit,
} from "./shortFits.js";

preferSwiftShader();
const gpu = await available("webgpu");
const missing = gpu ? "" : " (skipped: no adapter, or the package webgpu is missing)";
if (missing) console.warn(`Models on webgpu${missing}`);

/**
 * Of float32: the same draws, up to a unit or two in the last place, and sums in another order. Rejection samplers could also turn
 * a decision by that; it takes a draw within 10⁻⁷ of its bound, which none of these seeds has.
 */
const bounds = { objective: 1e-6, parameters: 1e-4 };

/** What the steps took: kernels, and what has none. */
const report: string[] = [];

function watched(engine: Engine, name: string): Engine {
  return {
    ...engine,
    compile: (program) => {
      const executable = engine.compile(program);
      return {
        ...executable,
        iterate: (inputs, carried, steps) => {
          const { kernels, hostEvaluated } = executable.details!(carried);
          const line = `${name}: ${kernels} kernels, on the host: ${hostEvaluated.join(", ") || "nothing"}`;
          if (!report.includes(line)) report.push(line);
          return executable.iterate(inputs, carried, steps);
        },
      };
    },
  };
}

async function agrees(of: ShortFit): Promise<void> {
  const wasm = await engineByName("wasm");
  const onWasm = await fitted(of, wasm, 3);
  const onGpu = await fitted(of, watched(gpu!, of.name), 3);
  expect(onGpu.engine).toBe("webgpu");
  const found = deviation(of, onGpu, onWasm);
  expect(found.objective, of.name).toBeLessThan(bounds.objective);
  expect(found.parameters, of.name).toBeLessThan(bounds.parameters);
  // another seed is another fit, unless nothing is random
  const other = deviation(of, await fitted(of, wasm, 4), onWasm);
  const isRandom = onWasm.sites.some(({ strategy }) => strategy.name !== "enumerate");
  expect(other.objective > bounds.objective, of.name).toBe(isRandom);
  expect(other.parameters > bounds.parameters, of.name).toBe(isRandom);
}

describe.skipIf(!gpu)(`models on webgpu${missing}`, () => {
  beforeAll(() => tf.setBackend("cpu"));
  afterAll(() => console.info(`Steps on webgpu\n${report.join("\n")}`));

  test.each(galleryFiles)("models/%s", async (file) => agrees(await galleryFit(file)));

  test.each(furtherFits.map((each) => [each.name, each] as const))("%s", (_, each) => agrees(each));

  describe.skipIf(!isThere)("with the data of ../shared (skipped where it is missing)", () => {
    test.each(posteriordbFiles)("models/%s", async (file) => {
      const found = posteriorsOf(await importModel(file));
      expect(found.length, "posteriors").toBeGreaterThan(0);
      for (const each of found) await agrees(posteriorFit(each));
    });
  });
});

test("no posterior is left out", async () => {
  const found = await Promise.all(posteriordbFiles.map(importModel));
  const names = (of: readonly Posterior[]) => of.map(({ name }) => name).sort();
  expect(names(found.flatMap(posteriorsOf))).toEqual(names(posteriors));
});
