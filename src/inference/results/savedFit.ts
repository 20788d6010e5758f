import { ElbowError } from "../../errors.js";
import type { Strategy } from "../../ir/site.js";
import type { EngineDetails, ExecutableDetails } from "../../runtime/engine.js";
import type { SiteReport } from "../../transforms/estimate/estimate.js";
import type { HistoryEntry } from "../fitting/statistics.js";
import type { Parameters } from "../prepare.js";
import { fromJson, type Json, toJson } from "./json.js";

/** What the estimator decided about a random choice, as far as it can be written down. */
export interface SavedSite extends Omit<SiteReport, "strategy" | "kink"> {
  readonly strategy: Pick<Strategy, "name" | "isUnbiased">;
}

/** A fit as JSON: what `JSON.stringify(result)` makes of a result. */
export interface FitJson {
  readonly format: "elbow-fit";
  readonly version: 1;
  readonly result: Json;
}

/** What a fit found, as far as it can be written down: all but what strategies do. */
export interface SavedFit<P extends Parameters> {
  /** The last parameters, owned by the caller. */
  readonly parameters: P;
  readonly history: readonly HistoryEntry[];
  /** The objective over the last tenth of the history, with its standard error. */
  readonly objective: number;
  readonly standardError: number;
  /** Steps taken in all; fewer than asked for if the fit was stopped. */
  readonly steps: number;
  readonly isStopped: boolean;
  /** Time for the steps of this call, tracing and compiling included. */
  readonly seconds: number;
  readonly stepsPerSecond: number;
  /** Milliseconds of tracing, transforming and compiling, which are part of `seconds`. */
  readonly compileMs: number;
  /** Name of the engine. */
  readonly engine: string;
  /** Its threads and instructions, where it knows of them. */
  readonly engineDetails: EngineDetails | undefined;
  /** Kernels and memory of a step, and what of it stops the GPU, where the engine compiles for one. */
  readonly stepDetails: ExecutableDetails | undefined;
  readonly seed: number;
  /** What the estimator decided about every random choice. */
  readonly sites: readonly SavedSite[];
  /** What `JSON.stringify` writes; `fitFromJson` reads it back bit for bit. Reads the parameters, which must not be disposed. */
  toJSON(): FitJson;
}

/** Adds `toJSON` to what a fit found. */
export const withToJson = <T extends Omit<SavedFit<Parameters>, "toJSON">>(
  found: T,
): T & Pick<SavedFit<object>, "toJSON"> => ({
  ...found,
  toJSON() {
    const { sites, ...rest } = this;
    const saved = sites.map(({ strategy: { name, isUnbiased }, ...site }) => ({
      ...site,
      kink: undefined,
      strategy: { name, isUnbiased },
    }));
    return { format: "elbow-fit", version: 1, result: toJson({ ...rest, sites: saved }) };
  },
});

/**
 * Reads a result that was written as JSON: parameters and numbers bit for bit, with shapes, dtypes, −0, NaN and infinities.
 *
 * @typeParam P - the parameters' type, which is not checked
 * @param json - what JSON.parse made of the text
 * @throws ElbowError "json" unless this is a result that this version of Elbow reads
 * @example
 * ```ts
 * import * as tf from "@tensorflow/tfjs-core";
 * import { fit, fitFromJson, objective } from "elbow";
 * const L = objective(function* ({ x }: { x: tf.Tensor }) {
 *   return tf.neg(tf.square(tf.sub(x, 2)));
 * });
 * const result = await fit(L, { parameters: { x: tf.scalar(0) }, steps: 10 });
 * const again = fitFromJson<typeof result.parameters>(JSON.parse(JSON.stringify(result)));
 * console.log(again.parameters.x.dataSync()[0] === result.parameters.x.dataSync()[0], again.steps); // => true 10
 * ```
 */
export function fitFromJson<P extends Parameters>(json: unknown): SavedFit<P> {
  const { format, version, result } = (typeof json === "object" && json !== null ? json : {}) as Partial<FitJson>;
  if (format !== "elbow-fit" || version !== 1 || result === undefined)
    throw new ElbowError("json", {
      message: `this is no fit that can be read\n  expected: format "elbow-fit", version 1\n  received: format ${JSON.stringify(format)}, version ${JSON.stringify(version)}`,
      hint: "Pass what JSON.parse made of JSON.stringify(result).",
    });
  const found = fromJson(result) as Omit<SavedFit<P>, "toJSON">;
  // undefined entries are not written, and stand again where the types have them
  const sites = found.sites.map((site) => ({ ...site, source: site.source }));
  return withToJson({ ...found, engineDetails: found.engineDetails, sites });
}
