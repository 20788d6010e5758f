// The loop primitive. Its rules transform the body, so it lives with the transforms rather than with the other primitives.
import { ElbowError } from "../errors.js";
import { build, emit } from "../ir/builder.js";
import type { ScanAttributes } from "../ir/control.js";
import { evaluate } from "../ir/evaluate.js";
import { inline } from "../ir/interpret.js";
import { type MaybeZero, type NDArray, type Primitive, primitive } from "../ir/primitive.js";
import { broadcastTo, moveAxis } from "../ir/primitives/axes.js";
import { add } from "../ir/primitives/elementwise.js";
import { type Type, typeOf, type Variable } from "../ir/program.js";
import { formatShape, range, sameShape, sizeOf } from "../util/shapes.js";
import { followLoop } from "./estimate/dependence.js";
import { vjpInto, zerosLike } from "./grad.js";
import { jvpInto } from "./jvp.js";
import { runBatched } from "./vmap.js";

/** Splits a list into [constants, carries, sequences]. */
const split = <T>(list: readonly T[], { constants, carries }: ScanAttributes): [T[], T[], T[]] => [
  list.slice(0, constants),
  list.slice(constants, constants + carries),
  list.slice(constants + carries),
];

const elementOf = ({ shape, dtype }: Type): Type => ({ shape: shape.slice(1), dtype });
const isFloat = ({ dtype }: Type): boolean => dtype === "float32";
const isDefined = (x: MaybeZero): x is Variable => x !== undefined;

export const scanPrimitive: Primitive = primitive({
  name: "scan",
  infer: (inputs, attributes) => {
    const { body, carries, length } = attributes as ScanAttributes;
    const [, initial, sequences] = split(inputs, attributes as ScanAttributes);
    sequences.forEach((sequence) => {
      if (sequence.shape[0] !== length)
        throw new ElbowError("scan-length", {
          message: `scan of ${length} steps got a sequence of shape ${formatShape(sequence.shape)}`,
          hint: "Every sequence needs the number of steps as its first axis.",
        });
    });
    initial.forEach((carry, i) => {
      const next = body.outputs[i]!;
      if (!sameShape(carry.shape, next.shape) || carry.dtype !== next.dtype)
        throw new ElbowError("scan-carry", {
          message: `scan: carry ${i} changes its type from step to step\n  initial:  ${carry.dtype}${formatShape(carry.shape)}\n  returned: ${next.dtype}${formatShape(next.shape)}`,
          hint: "Return the carry with the shape and dtype of the initial one.",
        });
    });
    return body.outputs.map((output, i) =>
      i < carries ? typeOf(output) : { shape: [length, ...output.shape], dtype: output.dtype },
    );
  },
  evaluate: (inputs, attributes) => {
    const { body, carries, length, reverse } = attributes as ScanAttributes;
    const [constants, initial, sequences] = split(inputs, attributes as ScanAttributes);
    const stacked = body.outputs.slice(carries).map(({ shape }) => new Float64Array(length * sizeOf(shape)));
    let carry: readonly NDArray[] = initial;
    for (let step = 0; step < length; step++) {
      const t = reverse ? length - 1 - step : step;
      const elements = sequences.map(({ shape, dtype, elements: all }) => {
        const size = sizeOf(shape.slice(1));
        return { shape: shape.slice(1), dtype, elements: all.subarray(t * size, (t + 1) * size) };
      });
      const results = evaluate(body, [...constants, ...carry, ...elements]);
      carry = results.slice(0, carries);
      for (const [i, { elements }] of results.slice(carries).entries()) stacked[i]!.set(elements, t * elements.length);
    }
    return [...carry.map((each) => each.elements), ...stacked];
  },
  jvp: ({ inputs, attributes }, tangents) => {
    const scan = attributes as ScanAttributes;
    const [constants, carries, sequences] = split(inputs, scan);
    const [dConstants, dCarries, dSequences] = split(tangents, scan);
    const moving = carries.map(isFloat);
    const startingTangents = carries.flatMap((carry, i) => (moving[i] ? [dCarries[i] ?? zerosLike(carry)] : []));
    const types = [
      ...constants.map(typeOf),
      ...dConstants.filter(isDefined).map(typeOf),
      ...carries.map(typeOf),
      ...startingTangents.map(typeOf),
      ...sequences.map(elementOf),
      ...dSequences.filter(isDefined).map(elementOf),
    ];
    const body = build(types, (...args) => {
      const take = (n: number) => args.splice(0, n);
      const spread = (present: readonly unknown[], values: Variable[]) =>
        present.map((each) => (each ? values.shift() : undefined));
      const c = take(constants.length);
      const dc = spread(dConstants, take(dConstants.filter(isDefined).length));
      const s = take(carries.length);
      const ds = spread(moving, take(startingTangents.length));
      const x = take(sequences.length);
      const dx = spread(dSequences, args);
      const result = jvpInto(scan.body, [...c, ...s, ...x], [...dc, ...ds, ...dx]);
      const dense = result.outputs.flatMap((output, i) =>
        isFloat(output) ? [{ i, d: result.tangents[i] ?? zerosLike(output) }] : [],
      );
      return [
        ...result.outputs.slice(0, scan.carries),
        ...dense.filter(({ i }) => i < scan.carries).map(({ d }) => d),
        ...result.outputs.slice(scan.carries),
        ...dense.filter(({ i }) => i >= scan.carries).map(({ d }) => d),
      ];
    });
    const outputs = emit(
      scanPrimitive,
      [
        ...constants,
        ...dConstants.filter(isDefined),
        ...carries,
        ...startingTangents,
        ...sequences,
        ...dSequences.filter(isDefined),
      ],
      {
        ...scan,
        body,
        constants: constants.length + dConstants.filter(isDefined).length,
        carries: carries.length + startingTangents.length,
      },
    );
    const results = scan.body.outputs.slice(scan.carries);
    const finalTangents = outputs.slice(carries.length, carries.length + startingTangents.length);
    const resultTangents = outputs.slice(carries.length + startingTangents.length + results.length);
    return [
      ...moving.map((isMoving) => (isMoving ? finalTangents.shift() : undefined)),
      ...results.map((result) => (isFloat(result) ? resultTangents.shift() : undefined)),
    ];
  },
  forward: (inputs, attributes) => {
    const scan = attributes as ScanAttributes;
    const body = build(scan.body.inputs, (...args) => {
      const [, carries] = split(args, scan);
      return [...inline(scan.body, args), ...carries];
    });
    const outputs = emit(scanPrimitive, inputs, { ...scan, body });
    const count = scan.body.outputs.length;
    return { outputs: outputs.slice(0, count), residuals: outputs.slice(count) };
  },
  vjp: ({ inputs, attributes, residuals, isNeeded }, cotangents) => {
    const scan = attributes as ScanAttributes;
    const [constants, carries, sequences] = split(inputs, scan);
    const [needConstants, , needSequences] = split(isNeeded, scan);
    const accumulated = constants.filter((constant, i) => needConstants[i] && isFloat(constant));
    const moving = carries.filter(isFloat);
    const startingCotangents = carries.flatMap((carry, i) =>
      isFloat(carry) ? [cotangents[i] ?? zerosLike(carry)] : [],
    );
    const fromResults = cotangents.slice(scan.carries);
    const body = build(
      [
        ...constants.map(typeOf),
        ...moving.map(typeOf),
        ...accumulated.map(typeOf),
        ...residuals.map(elementOf),
        ...sequences.map(elementOf),
        ...fromResults.filter(isDefined).map(elementOf),
      ],
      (...args) => {
        const c = args.splice(0, constants.length);
        const ct = args.splice(0, moving.length);
        const sums = args.splice(0, accumulated.length);
        const primals = [...c, ...args.splice(0, carries.length), ...args.splice(0, sequences.length)];
        const received = [
          ...carries.map((carry) => (isFloat(carry) ? ct.shift() : undefined)),
          ...fromResults.map((each) => (each ? args.shift() : undefined)),
        ];
        const active = primals.map(
          (primal, i) =>
            isFloat(primal) && (isNeeded[i]! || (i >= constants.length && i < constants.length + carries.length)),
        );
        const { pullback } = vjpInto(scan.body, primals, active);
        const passed = pullback(received);
        const [toConstants, toCarries, toSequences] = split(passed, scan);
        return [
          ...carries.flatMap((carry, i) => (isFloat(carry) ? [toCarries[i] ?? zerosLike(carry)] : [])),
          ...constants.flatMap((constant, i) => {
            if (!accumulated.includes(constant)) return [];
            const sum = sums.shift()!;
            return [toConstants[i] ? add(sum, toConstants[i]) : sum];
          }),
          ...sequences.flatMap((sequence, i) =>
            needSequences[i] && isFloat(sequence)
              ? [toSequences[i] ?? zerosLike(primals[constants.length + carries.length + i]!)]
              : [],
          ),
        ];
      },
    );
    const outputs = emit(
      scanPrimitive,
      [
        ...constants,
        ...startingCotangents,
        ...accumulated.map(zerosLike),
        ...residuals,
        ...sequences,
        ...fromResults.filter(isDefined),
      ],
      {
        body,
        constants: constants.length,
        carries: moving.length + accumulated.length,
        length: scan.length,
        reverse: !scan.reverse,
      },
    );
    const toCarries = outputs.splice(0, moving.length);
    const toConstants = outputs.splice(0, accumulated.length);
    return [
      ...constants.map((constant) => (accumulated.includes(constant) ? toConstants.shift() : undefined)),
      ...carries.map((carry) => (isFloat(carry) ? toCarries.shift() : undefined)),
      ...sequences.map((sequence, i) => (needSequences[i] && isFloat(sequence) ? outputs.shift() : undefined)),
    ];
  },
  axes: (inputs, attributes) => {
    const sources = inputs.map(() => ({}));
    return followLoop<object>(attributes as ScanAttributes, sources).map((found) =>
      sources.map((each) => found.get(each)),
    );
  },
  batch: (inputs, attributes, rank) => {
    const scan = attributes as ScanAttributes;
    const [constants, carries, sequences] = split(inputs, scan);
    const sizes = range(rank).map((axis) => Math.max(...inputs.map((input) => input.shape[axis]!)));
    const fullCarries = carries.map((carry) => broadcastTo(carry, [...sizes, ...carry.shape.slice(rank)]));
    const outer = [...constants, ...fullCarries, ...sequences.map((sequence) => moveAxis(sequence, rank, 0))];
    const body = build(
      outer.map((each, i) => (i < constants.length + carries.length ? typeOf(each) : elementOf(each))),
      (...args) => runBatched(scan.body, args, sizes, true),
    );
    return emit(scanPrimitive, outer, { ...scan, body }).map((output, i) =>
      i < scan.carries ? output : moveAxis(output, 0, rank),
    );
  },
});

/** Emits a loop: see {@link ScanAttributes} for the order of inputs and outputs. */
export const scan = (inputs: readonly Variable[], attributes: ScanAttributes): Variable[] =>
  emit(scanPrimitive, inputs, { ...attributes });
