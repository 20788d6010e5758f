// Reference values of ../shared/reference/posteriordb, and what every fit there must meet.
import { existsSync, readFileSync } from "node:fs";
import { expect } from "vitest";
import { type CompareOptions, compare, type Reference } from "../../models/posteriordb/support/compare.js";
import type { Posterior } from "../../models/posteriordb/support/posterior.js";

const directory = new URL("../../../shared/reference/posteriordb/", import.meta.url);
/** Data and reference values are no part of the project. */
export const isThere = existsSync(directory);

export const referenceOf = ({ name }: Posterior): Reference =>
  JSON.parse(readFileSync(new URL(`${name}.json`, directory), "utf8")) as Reference;

/** By the README of the reference values no ELBO may exceed the log evidence. */
export async function compared(of: Posterior, guide: Parameters<typeof compare>[2], options?: CompareOptions) {
  const found = await compare(of, referenceOf(of), guide, options);
  expect(found.elbo).toBeLessThan(found.logEvidence + 4 * found.standardError + 1e-5 * Math.abs(found.logEvidence));
  return found;
}

/** What a normal guide of a nearly normal posterior reaches: means within 0.3 standard deviations, these within a quarter. */
export async function isReached(of: Posterior): Promise<void> {
  const found = await compared(of, "fullRank");
  expect(found.meanError).toBeLessThan(0.3);
  expect(found.sdRatio[0]).toBeGreaterThan(0.75);
  expect(found.sdRatio[1]).toBeLessThan(1.25);
  expect(found.khat).toBeLessThan(0.8);
  const independent = await compared(of, "meanField");
  // no independent normals are better than the best normal, up to what fits and draws leave open
  const error = Math.hypot(found.standardError, independent.standardError);
  expect(independent.elbo).toBeLessThan(found.elbo + 4 * error + 0.05);
}
