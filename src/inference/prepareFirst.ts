import { type FitData, sourceOf } from "./fitting/sources.js";
import type { ObjectiveBody, Parameters, Prepared } from "./prepare.js";
import { prepare } from "./prepare.js";

/** What an objective is traced with. */
export interface PrepareFirstOptions<P extends Parameters, D extends readonly unknown[]> {
  readonly parameters: P;
  readonly data?: FitData<D> | undefined;
  readonly draws?: number | undefined;
}

/** Traces an objective for its first data and applies the estimator transform, as fit does. */
export async function prepareFirst<P extends Parameters, D extends readonly unknown[]>(
  objective: { readonly body: ObjectiveBody<P, D> },
  { parameters, data = [] as unknown as D, draws }: PrepareFirstOptions<P, D>,
): Promise<Prepared> {
  const source = await sourceOf(data as FitData<readonly unknown[]>);
  try {
    const segment = await source.at(0);
    return prepare(objective, parameters, segment.data as D, draws);
  } finally {
    await source.close();
  }
}
