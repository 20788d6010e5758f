// What runs in Node and in a browser alike, and is compared.
import * as tf from "@tensorflow/tfjs-core";
import { type FitResult, fit } from "elbow";
import { data, objective, parameters } from "../../models/eightSchools.js";
import { recordModules } from "./recordModules.js";

export interface FitOptions {
  readonly steps: number;
  readonly draws: number;
  readonly seed: number;
  readonly threads?: number;
  /** @defaultValue the page's default engine, wasm */
  readonly engine?: string;
}

/** All that a fit computed, as plain data. */
export interface FitReport {
  readonly engine: string;
  readonly parameters: Readonly<Record<string, readonly number[]>>;
  readonly history: FitResult<typeof parameters>["history"];
  /** A SHA-256 sum of every WebAssembly module that was compiled. */
  readonly modules: readonly string[];
}

export async function fitEightSchools(options: FitOptions): Promise<FitReport> {
  const recorded = recordModules();
  try {
    const result = await fit(objective, { parameters, data, reportEvery: 100, ...options });
    const { mu, tau, eta } = result.parameters;
    const values = (tensor: tf.Tensor) => [...tensor.dataSync()];
    const found = Object.entries({ mu, tau, eta }).flatMap(([name, { loc, logScale }]) => [
      [`${name}.loc`, values(loc)] as const,
      [`${name}.logScale`, values(logScale)] as const,
    ]);
    tf.dispose(result.parameters);
    return {
      engine: result.engine,
      parameters: Object.fromEntries(found),
      history: result.history,
      modules: await recorded.sums(),
    };
  } finally {
    recorded.stop();
  }
}

/** The largest relative difference of parameters and objectives. */
export function largestDifference(a: FitReport, b: FitReport): number {
  const numbers = (report: FitReport) => [
    ...Object.values(report.parameters).flat(),
    ...report.history.map(({ objective }) => objective),
  ];
  const others = numbers(b);
  return Math.max(...numbers(a).map((x, i) => Math.abs(x - others[i]!) / (0.1 + Math.abs(others[i]!))));
}
