// What an element of an inline operation's result is, in terms of elements of its operands.
import { broken } from "../../../errors.js";
import type { Equation, Variable } from "../../../ir/program.js";
import { range, sizeOf } from "../../../util/shapes.js";
import { inlineProducer } from "../plan/roots.js";
import { elementwiseRule } from "../wgsl/elementwise.js";
import { type Access, type Emitter, literal, zeroOf } from "./emitter.js";
import { index, sum, times } from "./indices.js";

type Rule = (emitter: Emitter, equation: Equation, access: Access) => string;

const at = (emitter: Emitter, value: Variable, coordinates: readonly string[]): string =>
  emitter.value(value, { shape: value.shape, coordinates });

/** x − by, which does not fall below 0 where the condition holds; 0 elsewhere. */
const within = (x: string, by: number, condition: string): string => `select(0u, ${x} - ${index(by)}, ${condition})`;

const pad: Rule = (emitter, { inputs: [x], attributes: { paddings, value = 0 } }, access) => {
  const conditions: string[] = [];
  const coordinates = emitter.coordinatesOf(access).map((each, axis) => {
    const [before, after] = paddings[axis] as [number, number];
    const size = x!.shape[axis]!;
    const own = [
      ...(before > 0 ? [`${each} >= ${index(before)}`] : []),
      ...(after > 0 ? [`${each} < ${index(before + size)}`] : []),
    ];
    if (own.length === 0) return each;
    const condition = emitter.define(`(${own.join(" && ")})`);
    conditions.push(condition);
    return emitter.define(within(each, before, condition));
  });
  const inner = at(emitter, x!, coordinates);
  const outer = literal(value, x!.dtype);
  return conditions.length === 0 ? inner : `select(${outer}, ${inner}, ${conditions.join(" && ")})`;
};

const concat: Rule = (emitter, { inputs, attributes: { axis } }, access) => {
  const coordinates = emitter.coordinatesOf(access);
  const along = coordinates[axis]!;
  let start = 0;
  let result: string | undefined;
  for (const input of inputs) {
    const size = input.shape[axis]!;
    if (size === 0) continue;
    const end = start + size;
    const condition = emitter.define(`(${along} >= ${index(start)} && ${along} < ${index(end)})`);
    const element = at(emitter, input, coordinates.with(axis, emitter.define(within(along, start, condition))));
    result = result === undefined ? element : emitter.define(`select(${result}, ${element}, ${condition})`);
    start = end;
  }
  return result ?? zeroOf[inputs[0]!.dtype];
};

const gather: Rule = (emitter, { inputs: [x, indices], attributes: { axis, batchDims } }, access) => {
  const coordinates = emitter.coordinatesOf(access);
  const picks = indices!.shape.length - batchDims;
  const own = coordinates.slice(axis, axis + picks);
  const found = at(emitter, indices!, [...coordinates.slice(0, batchDims), ...own]);
  const last = x!.shape[axis]! - 1;
  const position = emitter.define(`u32(clamp(${found}, 0, ${last}))`);
  const element = at(emitter, x!, [...coordinates.slice(0, axis), position, ...coordinates.slice(axis + picks)]);
  const isKnown = emitter.graph.constants.get(indices!)?.every((each) => each >= 0 && each <= last);
  if (isKnown || x!.dtype !== "float32") return element;
  // a kernel cannot throw: what is outside is no number, which a fit notices
  return `select(not_a_number(), ${element}, ${found} >= 0 && ${found} <= ${last})`;
};

/** Both words of a key, as a name; `flat` counts keys. */
function keyAt(emitter: Emitter, key: Variable, flat: string): string {
  const producer = inlineProducer(emitter.graph, key);
  if (producer?.primitive.name === "foldIn") return folded(emitter, producer, flat);
  const words = [0, 1].map((word) =>
    emitter.value(key, { shape: key.shape, flat: emitter.define(sum(times(flat, 2), index(word))) }),
  );
  return emitter.define(`vec2u(bitcast<u32>(${words[0]}), bitcast<u32>(${words[1]}))`);
}

function folded(emitter: Emitter, { inputs: [key, data], outputs: [out] }: Equation, flat: string): string {
  const access: Access = { shape: out!.shape.slice(0, -1), flat };
  const ofKey = emitter.flatOf(emitter.broadcast(key!.shape.slice(0, -1), access));
  const datum = emitter.value(data!, emitter.broadcast(data!.shape, access));
  return emitter.define(`threefry(${keyAt(emitter, key!, ofKey)}, vec2u(0u, bitcast<u32>(${datum})))`);
}

const foldIn: Rule = (emitter, equation, access) => {
  const flat = emitter.flatOf(access);
  const words = folded(emitter, equation, emitter.define(`(${flat} / 2u)`));
  return `bitcast<i32>(select(${words}.x, ${words}.y, (${flat} & 1u) != 0u))`;
};

/** A draw of element `flat % size` under key `flat / size`. */
const draw =
  (wrap: (key: string, stream: string, element: string) => string): Rule =>
  (emitter, { inputs: [key, stream], attributes: { shape } }, access) => {
    const flat = emitter.flatOf(access);
    const size = sizeOf(shape);
    const isSingle = sizeOf(key!.shape) === 2;
    const of = isSingle ? "0u" : emitter.define(`(${flat} / ${index(size)})`);
    const element = isSingle ? flat : size === 1 ? "0u" : emitter.define(`(${flat} % ${index(size)})`);
    const number = stream
      ? emitter.value(stream, { shape: stream.shape, flat: sizeOf(stream.shape) === 1 ? "0u" : of })
      : "0";
    return wrap(keyAt(emitter, key!, of), `bitcast<u32>(${number})`, element);
  };

const moving =
  (move: (coordinates: readonly string[], emitter: Emitter, equation: Equation) => readonly string[]): Rule =>
  (emitter, equation, access) =>
    at(emitter, equation.inputs[0]!, move(emitter.coordinatesOf(access), emitter, equation));

const rules: Readonly<Record<string, Rule>> = {
  reshape: (emitter, { inputs: [x] }, access) => emitter.value(x!, { shape: x!.shape, flat: emitter.flatOf(access) }),
  transpose: moving((coordinates, _, { attributes: { permutation } }) =>
    range(coordinates.length).map((axis) => coordinates[permutation.indexOf(axis)]!),
  ),
  slice: moving((coordinates, emitter, { attributes: { begin } }) =>
    coordinates.map((each, axis) => emitter.define(sum(each, index(begin[axis])))),
  ),
  reverse: moving((coordinates, emitter, { inputs: [x], attributes: { axes } }) =>
    coordinates.map((each, axis) =>
      axes.includes(axis) ? emitter.define(`(${index(x!.shape[axis]! - 1)} - ${each})`) : each,
    ),
  ),
  diagonalPart: moving((coordinates) => [...coordinates, coordinates.at(-1)!]),
  diagonalMatrix: (emitter, { inputs: [x] }, access) => {
    const coordinates = emitter.coordinatesOf(access);
    const [i, j] = coordinates.slice(-2) as [string, string];
    return `select(${zeroOf[x!.dtype]}, ${at(emitter, x!, coordinates.slice(0, -1))}, ${i} == ${j})`;
  },
  triangle: (emitter, { inputs: [x], attributes: { isUpper, offset } }, access) => {
    const [i, j] = emitter.coordinatesOf(access).slice(-2) as [string, string];
    const condition = `i32(${j}) - i32(${i}) ${isUpper ? ">=" : "<="} ${offset}`;
    const flat = emitter.flatOf(access);
    return `select(${zeroOf[x!.dtype]}, ${emitter.value(x!, { shape: x!.shape, flat })}, ${condition})`;
  },
  pad,
  padWith: pad,
  concat,
  gather,
  oneHot: (emitter, { inputs: [indices] }, access) => {
    const coordinates = emitter.coordinatesOf(access);
    const found = at(emitter, indices!, coordinates.slice(0, -1));
    return `select(0f, 1f, ${found} == i32(${coordinates.at(-1)}))`;
  },
  foldIn,
  randomBits: draw((key, stream, element) => `bitcast<i32>(word_of(${key}, ${stream}, ${element}))`),
  randomUniform: draw((key, stream, element) => `unit(word_of(${key}, ${stream}, ${element}))`),
  randomNormal: draw((key, stream, element) => `normal_of(${key}, ${stream}, ${element})`),
};

/** The element of an inline equation's result, as source. */
export function expressionOf(emitter: Emitter, equation: Equation, access: Access): string {
  const { primitive, inputs, outputs, attributes } = equation;
  const rule = rules[primitive.name];
  if (rule) return rule(emitter, equation, access);
  const elementwise = elementwiseRule(primitive.name) ?? broken(`${primitive.name} has no expression`);
  const x = (primitive.name === "leaf" || primitive.name === "checked" ? inputs.slice(0, 1) : inputs).map((input) =>
    emitter.value(input, emitter.broadcast(input.shape, access)),
  );
  return elementwise({ x, from: inputs.map(({ dtype }) => dtype), to: outputs[0]!.dtype, attributes });
}
