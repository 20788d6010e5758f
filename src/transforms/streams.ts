import { build, builder, emit } from "../ir/builder.js";
import type { CondAttributes, ScanAttributes } from "../ir/control.js";
import { interpret, restateConstant } from "../ir/interpret.js";
import { broadcastTo, reshape, transpose } from "../ir/primitives/axes.js";
import { concat } from "../ir/primitives/joining.js";
import { foldIn, randomBits, randomNormal, randomUniform } from "../ir/primitives/random.js";
import { slice } from "../ir/primitives/slicing.js";
import { type Attributes, type Equation, type Primitive, type Program, typeOf, type Variable } from "../ir/program.js";
import { hashAddress } from "../util/keys.js";
import { condPrimitive } from "./cond.js";
import { scanPrimitive } from "./scan.js";

/** A value, and whether it consists of keys that come from the root key and are still to be used in the stream. */
interface Tracked {
  readonly variable: Variable;
  readonly isKey: boolean;
}

const streamType = { shape: [], dtype: "int32" } as const;
const sources: ReadonlySet<Primitive> = new Set(
  [randomBits, randomUniform, randomNormal].map((each) => each.primitive),
);

/** Keys that a stream was folded into stand apart from those that are used in streams, whatever data these are folded with. */
const apart = hashAddress("streams: the key of a stream");

/**
 * A program whose randomness depends on a stream number beside its key: the same program with the int32 scalar `stream`
 * as another input, at the end. Runs with different streams are independent.
 *
 * The keys derived from the first input stay as they are, the same in every stream; what is drawn with them is drawn from
 * the stream. So whoever runs the program for many streams derives its keys once. Keys that go another way than through
 * `foldIn`, changes of shape, loops and branches to a random number (into a gather, say) are replaced there by the key
 * foldIn(foldIn(key, a constant), stream).
 */
export function withStream(program: Program): Program {
  return build([...program.inputs.map(typeOf), streamType], (...inputs) => {
    const stream = inputs.pop()!;
    const tracked = inputs.map((variable, i) => ({ variable, isKey: i === 0 }));
    return runInStream(program, tracked, stream).map((output) => settled(output, stream));
  });
}

/** Emits a program into the current builder on keys to be used in a stream and other values. */
const runInStream = (program: Program, inputs: readonly Tracked[], stream: Variable): Tracked[] =>
  interpret<Tracked>(
    program,
    inputs,
    (constant) => ({ variable: restateConstant(constant), isKey: false }),
    (equation, operands) => {
      const { primitive, attributes } = equation;
      const variables = operands.map((operand) => operand.variable);
      if (!operands.some((operand) => operand.isKey)) return results(primitive, variables, attributes, false);
      if (primitive === scanPrimitive) return scanInStream(attributes as ScanAttributes, operands, stream);
      if (primitive === condPrimitive) return condInStream(attributes as CondAttributes, operands, stream);
      // a source that has a stream of its own is left to it
      if (sources.has(primitive) && operands.length === 1)
        return results(primitive, [...variables, stream], attributes, false);
      if (derivesKeys(equation, operands)) return results(primitive, variables, attributes, true);
      return results(
        primitive,
        operands.map((operand) => settled(operand, stream)),
        attributes,
        false,
      );
    },
  ).outputs;

const results = (
  primitive: Primitive,
  inputs: readonly Variable[],
  attributes: Attributes,
  isKey: boolean,
): Tracked[] => emit(primitive, inputs, attributes).map((variable) => ({ variable, isKey }));

/** The value itself, or keys of the stream in place of keys to be used in it. */
const settled = ({ variable, isKey }: Tracked, stream: Variable): Variable =>
  isKey ? foldIn(foldIn(variable, builder().scalar(apart, "int32")), stream) : variable;

/** Whether the results are keys of which each comes from one key among the operands. */
function derivesKeys({ primitive, attributes, inputs, outputs: [output] }: Equation, operands: readonly Tracked[]) {
  if (primitive === foldIn.primitive) return operands[0]!.isKey && !operands[1]!.isKey;
  if (!operands.every((operand) => operand.isKey) || output!.shape.at(-1) !== 2) return false;
  const last = inputs[0]!.shape.length - 1;
  switch (primitive) {
    case reshape.primitive:
    case broadcastTo.primitive:
    case slice.primitive:
      return true;
    case transpose.primitive:
      return attributes.permutation[last] === last;
    case concat.primitive:
      return attributes.axis !== last;
    default:
      return false;
  }
}

/** An inner program of [stream, inputs…]. Its outputs are settled where they are no keys or `mayBeKey` forbids it. */
function innerInStream(program: Program, isKey: readonly boolean[], mayBeKey: (output: number) => boolean) {
  let found: readonly boolean[] = [];
  const inner = build([streamType, ...program.inputs.map(typeOf)], (stream, ...inputs) => {
    const tracked = inputs.map((variable, i) => ({ variable, isKey: isKey[i]! }));
    const outputs = runInStream(program, tracked, stream!);
    found = outputs.map((output, i) => output.isKey && mayBeKey(i));
    return outputs.map((output, i) => (found[i] ? output.variable : settled(output, stream!)));
  });
  return { program: inner, isKey: found };
}

function scanInStream(scan: ScanAttributes, operands: readonly Tracked[], stream: Variable): Tracked[] {
  const { constants, carries } = scan;
  let isKey = operands.map((operand) => operand.isKey);
  const isCarriedKey = (i: number): boolean => isKey[constants + i]!;
  for (;;) {
    const body = innerInStream(scan.body, isKey, (i) => i >= carries || isCarriedKey(i));
    const fails = (i: number): boolean => i >= 0 && i < carries && isCarriedKey(i) && !body.isKey[i];
    // a carry is a key at every step or at none
    if (isKey.some((_, input) => fails(input - constants))) {
      isKey = isKey.map((each, input) => each && !fails(input - constants));
      continue;
    }
    const variables = operands.map((operand, i) => (isKey[i] ? operand.variable : settled(operand, stream)));
    return emit(scanPrimitive, [stream, ...variables], {
      ...scan,
      body: body.program,
      constants: constants + 1,
    }).map((variable, i) => ({ variable, isKey: body.isKey[i]! }));
  }
}

function condInStream(
  { whenTrue, whenFalse }: CondAttributes,
  [predicate, ...operands]: readonly Tracked[],
  stream: Variable,
): Tracked[] {
  const isKey = operands.map((operand) => operand.isKey);
  // a result is a key if it is one in both branches
  const inTrue = innerInStream(whenTrue, isKey, () => true);
  const inFalse = innerInStream(whenFalse, isKey, (i) => inTrue.isKey[i]!);
  const { program } = innerInStream(whenTrue, isKey, (i) => inFalse.isKey[i]!);
  const variables = [predicate!, { variable: stream, isKey: false }, ...operands].map(({ variable }) => variable);
  return emit(condPrimitive, variables, { whenTrue: program, whenFalse: inFalse.program }).map((variable, i) => ({
    variable,
    isKey: inFalse.isKey[i]!,
  }));
}
