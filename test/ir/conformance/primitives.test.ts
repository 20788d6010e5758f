import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { allPrimitives } from "../../../src/ir/primitives/all.js";
import { cases } from "./cases/all.js";
import { type Conformance, type Random, randomFrom, type Signature } from "./conformance.js";
import { engines } from "./engines.js";
import * as properties from "./properties.js";

/** `CONFORMANCE_EFFORT=10 CONFORMANCE_SEED=7 npx vitest …` searches longer, elsewhere. */
const effort = Number(process.env.CONFORMANCE_EFFORT ?? 1);
const seed = Number(process.env.CONFORMANCE_SEED ?? 20240607);

/** A property on random applications; fast-check reports the seed to replay, and the smallest signature that fails. */
function holds(entry: Conformance, runs: number, property: (signature: Signature, random: Random) => void): void {
  fc.assert(
    fc.property(entry.signature, fc.integer(), (signature, elements) => property(signature, randomFrom(elements))),
    { numRuns: runs * effort, seed },
  );
}

test("every primitive has conformance cases", () => {
  const covered = new Set(cases.map(({ primitive }) => primitive));
  expect(allPrimitives.filter((primitive) => !covered.has(primitive)).map(({ name }) => name)).toEqual([]);
});

test("no two primitives have one name", () => {
  const names = allPrimitives.map(({ name }) => name);
  expect(names.filter((name, i) => names.indexOf(name) !== i)).toEqual([]);
});

describe.each(cases.map((entry) => [entry.primitive.name, entry] as const))("%s", (_, entry) => {
  test("infer", () => holds(entry, 20, (signature, random) => properties.inferAgrees(entry, signature, random)));
  test.each(engines)("%s", (_name, run) =>
    holds(entry, 15, (signature, random) => properties.engineAgrees(entry, run, signature, random)),
  );
  test.each(engines)("%s, many axes", (_name, run) =>
    holds(entry, 3, (signature, random) => properties.engineAgreesOnManyAxes(entry, run, signature, random)),
  );
  test("derivatives", () =>
    holds(entry, 15, (signature, random) => properties.derivativesAgree(entry, signature, random)));
  test("batch", () => holds(entry, 15, (signature, random) => properties.batchAgrees(entry, signature, random)));
  test("axes", () => holds(entry, 15, (signature, random) => properties.axesAgree(entry, signature, random)));
  test("linearity", () =>
    holds(entry, 10, (signature, random) => properties.linearityAgrees(entry, signature, random)));
  test("continuity", () =>
    holds(entry, 15, (signature, random) => properties.continuityAgrees(entry, signature, random)));
  test("simplify", () =>
    holds(entry, 15, (signature, random) => properties.simplificationAgrees(entry, signature, random)));
});
