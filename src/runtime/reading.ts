// Execution is written once, as a generator that yields the tensors whose values it needs on the host; the two drivers
// below answer it, one with synchronous reads and one with awaited ones.
import type { Tensor } from "@tensorflow/tfjs-core";
import { ElbowError } from "../errors.js";
import type { Data } from "./arrays.js";

/** A computation that reads tensors on its way to a T. */
export type Reading<T> = Generator<readonly Tensor[], T, readonly Data[]>;

/** Runs a stretch of synchronous work under some condition (with a certain backend active, say). */
export type Around = <R>(work: () => R) => R;

/** @throws ElbowError `needs-await` if a value can only be read asynchronously */
export function runSync<T>(reading: Reading<T>, around: Around, name: string): T {
  return around(() => {
    let next = reading.next();
    while (!next.done) {
      let data: Data[];
      try {
        data = next.value.map((tensor) => tensor.dataSync());
      } catch (cause) {
        next = reading.throw(needsAwait(name, cause));
        continue;
      }
      next = reading.next(data);
    }
    return next.value;
  });
}

export async function runAsync<T>(reading: Reading<T>, around: Around): Promise<T> {
  let next = around(() => reading.next());
  while (!next.done) {
    const pending = next.value;
    let data: Data[];
    try {
      data = await Promise.all(pending.map((tensor) => tensor.data()));
    } catch (error) {
      next = around(() => reading.throw(error));
      continue;
    }
    next = around(() => reading.next(data));
  }
  return next.value;
}

const needsAwait = (name: string, cause: unknown): ElbowError =>
  new ElbowError("needs-await", {
    message: `engine "${name}" cannot read this program's values synchronously (${cause instanceof Error ? cause.message : cause})`,
    hint: "Use runAsync (or the awaited form of the function that you called).",
  });
