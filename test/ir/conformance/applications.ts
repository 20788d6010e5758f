// Random applications of primitives as programs; also for pages, which have no test runner.
import fc from "fast-check";
import { build, emit } from "../../../src/ir/builder.js";
import type { NDArray, Primitive, Program } from "../../../src/ir/program.js";
import { range } from "../../../src/util/shapes.js";
import {
  type Conformance,
  operands,
  type Random,
  randomFrom,
  type Signature,
  singlePrecision,
  type Tolerance,
} from "./conformance.js";

/** The program of one equation. */
export const programOf = (primitive: Primitive, { types, attributes }: Signature): Program =>
  build(types, (...inputs) => emit(primitive, inputs, attributes));

/** A program of one application, with operands and how far an engine may be from the reference. */
export interface Application {
  readonly program: Program;
  readonly inputs: readonly NDArray[];
  readonly tolerance: Tolerance;
}

/** A random application. */
export const applied = (
  { primitive, domains, tolerance = singlePrecision }: Conformance,
  signature: Signature,
  random: Random,
): Application => ({
  program: programOf(primitive, signature),
  inputs: operands(domains, signature, random),
  tolerance,
});

/** The same behind five more axes, which enumerated choices come to have, so that operands have up to eight. */
export function appliedOnManyAxes(
  { primitive, domains, tolerance = singlePrecision }: Conformance,
  signature: Signature,
  random: Random,
): Application {
  const full = range(5).map(() => (random() < 0.7 ? 2 : 1));
  const batches = signature.types.map(() => full.map((size) => (random() < 0.7 ? size : 1)));
  const inputs = operands(domains, signature, random, batches);
  const program = build(inputs, (...variables) => primitive.batch(variables, signature.attributes, full.length));
  return { program, inputs, tolerance };
}

/** The application that a seed decides. */
export function sampled(entry: Conformance, seed: number, { onManyAxes = false } = {}): Application {
  const [signature] = fc.sample(entry.signature, { numRuns: 1, seed });
  return (onManyAxes ? appliedOnManyAxes : applied)(entry, signature!, randomFrom(seed));
}

/** How an application is made, and how many of them engines are asked for whose values must be awaited. */
export const kindsOfApplication = [
  { title: "", apply: applied, runs: 3 },
  { title: ", many axes", apply: appliedOnManyAxes, runs: 2 },
] as const;

/** As many random applications of a kind, the same for the same seed. */
export function applicationsOf(
  entry: Conformance,
  { apply, runs }: (typeof kindsOfApplication)[number],
  { effort, seed }: { readonly effort: number; readonly seed: number },
): Application[] {
  const samples = fc.sample(fc.tuple(entry.signature, fc.integer()), { numRuns: runs * effort, seed });
  return samples.map(([signature, elements]) => apply(entry, signature, randomFrom(elements)));
}
