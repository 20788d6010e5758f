import type { FitSettings } from "../fit.js";
import { type FitData, sourceOf } from "../fitting/sources.js";
import type { Objective } from "../objective.js";
import { adam } from "../optimizers/adam.js";
import { type Parameters, prepare } from "../prepare.js";
import { type Explanation, explainPrepared } from "./explain.js";

/** What an objective is traced with, and what its step is made of. */
export interface ExplainFirstOptions<P extends Parameters, D extends readonly unknown[]>
  extends Pick<FitSettings<P>, "parameters" | "optimizer" | "draws" | "direction" | "clip"> {
  readonly data?: FitData<D> | undefined;
}

/** Explains an objective for the first data of a fit, with the fit's own optimizer. */
export async function explainFirst<P extends Parameters, D extends readonly unknown[]>(
  objective: Objective<P, D>,
  { parameters, data, draws, optimizer = adam(), direction = objective.direction, clip }: ExplainFirstOptions<P, D>,
): Promise<Explanation> {
  const source = await sourceOf((data ?? []) as FitData<readonly unknown[]>);
  try {
    const segment = await source.at(0);
    const prepared = prepare(objective, parameters, segment.data as D, draws);
    return explainPrepared(prepared, parameters, segment, { optimizer, direction, clip });
  } finally {
    await source.close();
  }
}
