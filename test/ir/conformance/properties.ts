// What must hold of every primitive, stated on one random application of it.
import { expect } from "vitest";
import { build, emit } from "../../../src/ir/builder.js";
import { evaluate } from "../../../src/ir/evaluate.js";
import { broadcastTo } from "../../../src/ir/primitives/axes.js";
import type { NDArray, Program, Type, Variable } from "../../../src/ir/program.js";
import { vjpInto, zerosLike } from "../../../src/transforms/grad.js";
import { jvpInto } from "../../../src/transforms/jvp.js";
import { range, type Shape, sizeOf, stridesOf } from "../../../src/util/shapes.js";
import { type Application, applied, appliedOnManyAxes, programOf } from "./applications.js";
import { type Conformance, operands, type Random, type Signature, type Tolerance } from "./conformance.js";
import type { Run } from "./engines.js";

const isFloat = ({ dtype }: Type): boolean => dtype === "float32";

/** Fails with both arrays if an element is out of bounds. */
export function expectClose(received: NDArray, expected: NDArray, { absolute, relative }: Tolerance): void {
  const shown = ({ shape, dtype, elements }: NDArray) => `${dtype}[${shape}] ${[...elements].join(" ")}`;
  const isClose = (x: number, y: number) =>
    Object.is(x, y) || x === y || (Number.isFinite(y) && Math.abs(x - y) <= absolute + relative * Math.abs(y));
  const agrees =
    received.dtype === expected.dtype &&
    `${received.shape}` === `${expected.shape}` &&
    received.elements.length === expected.elements.length &&
    received.elements.every((x, i) => isClose(x, expected.elements[i]!));
  if (!agrees) expect.fail(`received ${shown(received)}\nexpected ${shown(expected)}`);
}

/** The shape rule tells the shape and the dtype that evaluation has. */
export function inferAgrees({ primitive, domains }: Conformance, signature: Signature, random: Random): void {
  const inputs = operands(domains, signature, random);
  const types = primitive.infer(signature.types, signature.attributes);
  const results = primitive.evaluate(inputs, signature.attributes);
  expect(results.map((elements) => elements.length)).toEqual(types.map(({ shape }) => sizeOf(shape)));
  types.forEach(({ dtype }, i) => {
    const isOfType = (x: number) =>
      dtype === "bool" ? x === 0 || x === 1 : dtype === "float32" || Number.isInteger(x);
    expect(results[i]!.every(isOfType), `elements of dtype ${dtype}`).toBe(true);
  });
}

/** Results are those of the reference, in single precision. */
export function expectAgreement({ program, inputs, tolerance }: Application, results: readonly NDArray[]): void {
  const expected = evaluate(program, inputs);
  results.forEach((received, i) => {
    expectClose(received, expected[i]!, isFloat(received) ? tolerance : { absolute: 0, relative: 0 });
  });
}

/** An engine computes what the reference computes, in single precision. */
export function engineAgrees(entry: Conformance, run: Run, signature: Signature, random: Random): void {
  const application = applied(entry, signature, random);
  expectAgreement(application, run(application.program, application.inputs));
}

/** So it does on many axes. */
export function engineAgreesOnManyAxes(entry: Conformance, run: Run, signature: Signature, random: Random): void {
  const application = appliedOnManyAxes(entry, signature, random);
  expectAgreement(application, run(application.program, application.inputs));
}

/** Arrays moved by step·direction. */
const moved = (inputs: readonly NDArray[], directions: readonly (NDArray | undefined)[], step: number): NDArray[] =>
  inputs.map((input, i) => {
    const direction = directions[i];
    return direction ? { ...input, elements: input.elements.map((x, k) => x + step * direction.elements[k]!) } : input;
  });

/** (8(f(h) − f(−h)) − (f(2h) − f(−2h)))/12h, with an error of order h⁴. */
function finiteDifference(
  program: Program,
  inputs: readonly NDArray[],
  directions: readonly (NDArray | undefined)[],
): NDArray[] {
  const h = 2 ** -11;
  const [far, near, back, farBack] = [2, 1, -1, -2].map((n) => evaluate(program, moved(inputs, directions, n * h)));
  return near!.map((array, o) => ({
    ...array,
    elements: array.elements.map(
      (x, k) => (8 * (x - back![o]!.elements[k]!) - (far![o]!.elements[k]! - farBack![o]!.elements[k]!)) / (12 * h),
    ),
  }));
}

/** The program (inputs, tangents of the real inputs) → tangents of the real outputs. */
const tangentProgram = (program: Program): Program => {
  const reals = program.inputs.filter(isFloat);
  return build([...program.inputs, ...reals], (...all) => {
    const primals = all.splice(0, program.inputs.length);
    const { outputs, tangents } = jvpInto(
      program,
      primals,
      primals.map((primal) => (isFloat(primal) ? all.shift() : undefined)),
    );
    return outputs.flatMap((output, i) => (isFloat(output) ? [tangents[i] ?? zerosLike(output)] : []));
  });
};

/** The program (inputs, cotangents of the real outputs) → cotangents of the real inputs. */
const cotangentProgram = (program: Program): Program => {
  const reals = program.outputs.filter(isFloat);
  return build([...program.inputs, ...reals], (...all) => {
    const primals = all.splice(0, program.inputs.length);
    const { pullback } = vjpInto(program, primals);
    const passed = pullback(program.outputs.map((output) => (isFloat(output) ? all.shift() : undefined)));
    return primals.flatMap((primal, i) => (isFloat(primal) ? [passed[i] ?? zerosLike(primal)] : []));
  });
};

const directionsLike = (types: readonly Type[], random: Random): NDArray[] =>
  types
    .filter(isFloat)
    .map((type) => ({ ...type, elements: new Float64Array(sizeOf(type.shape)).map(() => 2 * random() - 1) }));

const inner = (xs: readonly NDArray[], ys: readonly NDArray[]): number =>
  xs.reduce((sum, x, i) => sum + x.elements.reduce((total, each, k) => total + each * ys[i]!.elements[k]!, 0), 0);

/** Directions for the real operands only. */
const spread = (inputs: readonly NDArray[], directions: readonly NDArray[]): (NDArray | undefined)[] => {
  const rest = [...directions];
  return inputs.map((input) => (isFloat(input) ? rest.shift() : undefined));
};

/** The tangent is the limit of difference quotients, and the cotangent is its transpose; so again for their derivatives. */
export function derivativesAgree(
  { primitive, domains, smooth, order = 2 }: Conformance,
  signature: Signature,
  random: Random,
): void {
  if (order === 0) return;
  const inputs = operands(smooth ?? domains, signature, random);
  checkDerivatives(programOf(primitive, signature), inputs, order, random);
}

function checkDerivatives(program: Program, inputs: readonly NDArray[], order: number, random: Random): void {
  const outputs = program.outputs.filter(isFloat);
  if (outputs.length === 0 || !inputs.some(isFloat)) return;
  const directions = directionsLike(inputs, random);
  const tangents = tangentProgram(program);
  const found = evaluate(tangents, [...inputs, ...directions]);
  const expected = finiteDifference(program, inputs, spread(inputs, directions)).filter(isFloat);
  const scale = Math.max(1, ...expected.flatMap((each) => [...each.elements].map(Math.abs)));
  found.forEach((each, i) => {
    expectClose(each, expected[i]!, { absolute: 1e-6 * scale, relative: 1e-6 });
  });
  const cotangents = cotangentProgram(program);
  const weights = directionsLike(outputs, random);
  const transposed = evaluate(cotangents, [...inputs, ...weights]);
  const [left, right] = [inner(weights, found), inner(transposed, directions)];
  expect(Math.abs(left - right), `<ct, jvp(t)> = ${left}, <vjp(ct), t> = ${right}`).toBeLessThan(1e-9 * scale * 64);
  if (order === 1) return;
  checkDerivatives(tangents, [...inputs, ...directions], order - 1, random);
  checkDerivatives(cotangents, [...inputs, ...weights], order - 1, random);
}

/** One lane of a batched array; batch axes of size 1 hold the same for all lanes. */
function laneOf({ shape, dtype, elements }: NDArray, position: readonly number[]): NDArray {
  const own = shape.slice(position.length);
  const strides = stridesOf(shape);
  const start = position.reduce((sum, at, axis) => sum + (shape[axis] === 1 ? 0 : at * strides[axis]!), 0);
  return { shape: own, dtype, elements: elements.slice(start, start + sizeOf(own)) };
}

/** All positions in a shape, in row-major order. */
const positions = (shape: Shape): number[][] =>
  shape.reduce<number[][]>((all, size) => all.flatMap((at) => range(size).map((k) => [...at, k])), [[]]);

/** The batching rule computes what a loop over the lanes computes. */
export function batchAgrees({ primitive, domains }: Conformance, signature: Signature, random: Random): void {
  for (const full of [[3], [2, 3]]) {
    const batches = signature.types.map(() => full.map((size) => (random() < 0.6 ? size : 1)));
    const lead = full.map((_, axis) => Math.max(...batches.map((batch) => batch[axis]!)));
    const inputs = operands(domains, signature, random, batches);
    const single = programOf(primitive, signature);
    // an output that does not vary along a batch axis may have size 1 there
    const program = build(inputs, (...variables) =>
      primitive
        .batch(variables, signature.attributes, full.length)
        .map((output, o) => broadcastTo(output, [...lead, ...single.outputs[o]!.shape])),
    );
    const lanes = positions(lead).map((at) =>
      evaluate(
        single,
        inputs.map((input) => laneOf(input, at)),
      ),
    );
    evaluate(program, inputs).forEach((received, o) => {
      const { shape, dtype } = single.outputs[o]!;
      const elements = Float64Array.from(lanes.flatMap((lane) => [...lane[o]!.elements]));
      expectClose(received, { shape: [...lead, ...shape], dtype, elements }, { absolute: 1e-12, relative: 1e-12 });
    });
  }
}

/**
 * What the axes rule says of an axis holds: another value at one position of an axis changes results at that position only
 * where the axes are aligned, and only behind it (before it) where they run along (in reverse); nothing where there is no
 * dependence.
 */
export function axesAgree({ primitive, domains }: Conformance, signature: Signature, random: Random): void {
  const inputs = operands(domains, signature, random);
  const program = programOf(primitive, signature);
  const maps = primitive.axes(signature.types, signature.attributes, program.outputs);
  const before = evaluate(program, inputs);
  for (const map of maps)
    for (const [i, axes] of map.entries()) if (axes) expect(axes.length).toBe(inputs[i]!.shape.length);
  inputs.forEach((input, i) => {
    const others = operands(domains, signature, random)[i]!;
    input.shape.forEach((size, axis) => {
      const position = Math.floor(random() * size);
      const placeOf = (shape: Shape, at: number, k: number) => Math.floor(k / stridesOf(shape)[at]!) % shape[at]!;
      const elements = input.elements.map((x, k) =>
        placeOf(input.shape, axis, k) === position ? others.elements[k]! : x,
      );
      const after = evaluate(
        program,
        inputs.map((each, j) => (j === i ? { ...each, elements } : each)),
      );
      after.forEach((array, o) => {
        const changed = [...array.elements.keys()].filter((k) => !Object.is(array.elements[k], before[o]!.elements[k]));
        const map = maps[o]![i];
        if (!map) expect(changed, `input ${i} → no dependence of output ${o}`).toEqual([]);
        const place = map?.[axis];
        if (place === null || place === undefined) return;
        const mapped = typeof place === "number" ? place : place.axis;
        expect(array.shape[mapped], `size of output axis ${mapped}`).toBe(size);
        const isAllowed = (at: number) =>
          typeof place === "number" ? at === position : place.reverse ? at <= position : at >= position;
        const strays = changed.filter((k) => !isAllowed(placeOf(array.shape, mapped, k)));
        expect(strays, `input ${i}, axis ${axis}, position ${position} → output axis ${mapped}`).toEqual([]);
      });
    });
  });
}

/** a·f(x) + b·f(y) = f(a·x + b·y) in each set of operands that the primitive calls jointly linear. */
export function linearityAgrees({ primitive, domains }: Conformance, signature: Signature, random: Random): void {
  const program = programOf(primitive, signature);
  for (const set of primitive.linearIn) {
    const isIn = (i: number) => set.includes(i);
    if (!signature.types.every((type, i) => !isIn(i) || isFloat(type))) continue;
    const x = operands(domains, signature, random);
    const other = operands(domains, signature, random);
    const y = x.map((each, i) => (isIn(i) ? other[i]! : each));
    const [a, b] = [random() - 0.5, random() + 0.5];
    const combine = (p: NDArray, q: NDArray): NDArray => ({
      ...p,
      elements: p.elements.map((each, k) => a * each + b * q.elements[k]!),
    });
    const [fx, fy] = [evaluate(program, x), evaluate(program, y)];
    evaluate(
      program,
      x.map((each, i) => (isIn(i) ? combine(each, y[i]!) : each)),
    ).forEach((received, o) => {
      expectClose(received, combine(fx[o]!, fy[o]!), { absolute: 1e-9, relative: 1e-9 });
    });
  }
}

/** A tiny step from any point makes a tiny change, where the primitive calls itself continuous. */
export function continuityAgrees({ primitive, domains }: Conformance, signature: Signature, random: Random): void {
  const program = programOf(primitive, signature);
  const inputs = operands(domains, signature, random);
  const directions = spread(inputs, directionsLike(signature.types, random)).map((direction, i) =>
    primitive.isContinuousIn(i) ? direction : undefined,
  );
  const before = evaluate(program, inputs);
  evaluate(program, moved(inputs, directions, 1e-9)).forEach((after, o) => {
    if (isFloat(after)) expectClose(after, before[o]!, { absolute: 1e-5, relative: 1e-5 });
  });
}

/** What an application is simplified to has its value, whether its operands are known constants or not. */
export function simplificationAgrees({ primitive, domains }: Conformance, signature: Signature, random: Random): void {
  const { simplify } = primitive;
  if (!simplify) return;
  const inputs = operands(domains, signature, random);
  for (const isKnown of [true, false]) {
    const program = build(signature.types, (...variables) => {
      const outputs = emit(primitive, variables, signature.attributes);
      const equation = { primitive, inputs: variables, attributes: signature.attributes, outputs, source: undefined };
      const known = (variable: Variable) => (isKnown ? inputs[variables.indexOf(variable)]?.elements : undefined);
      return simplify(equation, known) ?? outputs;
    });
    const expected = evaluate(programOf(primitive, signature), inputs);
    evaluate(program, inputs).forEach((received, o) => {
      expectClose(received, expected[o]!, { absolute: 1e-12, relative: 1e-12 });
    });
  }
}
