// How precise the `axes` rules are: no axis is called mixed that brute force finds unmixed.
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { evaluate } from "../../../src/ir/evaluate.js";
import type { NDArray } from "../../../src/ir/program.js";
import { range, type Shape, stridesOf } from "../../../src/util/shapes.js";
import { programOf } from "./applications.js";
import { cases } from "./cases/all.js";
import { type Conformance, operands, type Random, randomFrom, type Signature } from "./conformance.js";

const placeOf = (shape: Shape, axis: number, at: number): number =>
  Math.floor(at / stridesOf(shape)[axis]!) % shape[axis]!;

/** For every output and position of an input's axis: where the outputs change, over several random changes there. */
function changesAt(
  entry: Conformance,
  signature: Signature,
  random: Random,
  input: number,
  axis: number,
): { output: number; shape: Shape; from: number; at: number }[] {
  const program = programOf(entry.primitive, signature);
  const draw = (): NDArray[] => operands(entry.domains, signature, random);
  const { shape } = signature.types[input]!;
  return range(6).flatMap(() => {
    const inputs = draw();
    const before = evaluate(program, inputs);
    return range(shape[axis]!).flatMap((from) => {
      const other = draw()[input]!;
      const elements = inputs[input]!.elements.map((x, k) =>
        placeOf(shape, axis, k) === from ? other.elements[k]! : x,
      );
      const after = evaluate(
        program,
        inputs.map((each, i) => (i === input ? { ...each, elements } : each)),
      );
      return after.flatMap((array, output) =>
        [...array.elements.keys()]
          .filter((k) => !Object.is(array.elements[k], before[output]!.elements[k]))
          .map((at) => ({ output, shape: array.shape, from, at })),
      );
    });
  });
}

/** Axes that the rule calls mixed, or running, although all changes that were seen stay in place, or on one side. */
function needlesslyMixed(entry: Conformance, signature: Signature, random: Random): string[] {
  const { outputs } = programOf(entry.primitive, signature);
  const maps = entry.primitive.axes(signature.types, signature.attributes, outputs);
  return signature.types.flatMap(({ shape }, input) =>
    shape.flatMap((size, axis) => {
      if (size < 2) return [];
      const changes = changesAt(entry, signature, random, input, axis);
      return outputs.flatMap((output, o) => {
        const seen = changes.filter((change) => change.output === o);
        const map = maps[o]![input];
        // what nothing was seen to depend on shows nothing
        if (!map || typeof map[axis] === "number" || new Set(seen.map(({ from }) => from)).size < 2) return [];
        const isTaken = (to: number) =>
          map.some((place) => (place !== null && typeof place === "object" ? place.axis : place) === to);
        const of = (test: (to: number, from: number) => boolean): number[] =>
          range(output.shape.length).filter(
            (to) =>
              output.shape[to] === size &&
              (map[axis] !== null || !isTaken(to)) &&
              seen.every(({ at, from }) => test(placeOf(output.shape, to, at), from)),
          );
        // along two elements, what runs along is hardly told from what does not
        const isRunning = map[axis] !== null || size === 2;
        return [
          ...of((to, from) => to === from).map((to) => `output ${o}, input ${input}: axis ${axis} is axis ${to}`),
          ...(isRunning ? [] : [...of((to, from) => to >= from), ...of((to, from) => to <= from)]).map(
            (to) => `output ${o}, input ${input}: axis ${axis} runs along axis ${to}`,
          ),
        ];
      });
    }),
  );
}

describe("axes that are called mixed are", () => {
  const seed = 20_240_608;
  test.each(cases.map((entry) => [entry.primitive.name, entry] as const))("%s", (_, entry) => {
    fc.assert(
      fc.property(entry.signature, fc.integer(), (signature, elements) => {
        expect(needlesslyMixed(entry, signature, randomFrom(elements))).toEqual([]);
      }),
      { numRuns: 12, seed },
    );
  });
});
