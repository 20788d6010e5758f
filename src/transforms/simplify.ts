import { Builder, builder, withBuilder } from "../ir/builder.js";
import { innerPrograms } from "../ir/control.js";
import { interpret } from "../ir/interpret.js";
import { broadcastTo } from "../ir/primitives/axes.js";
import type { Attributes, Constant, Elements, Equation, Program, Variable } from "../ir/program.js";
import { sizeOf } from "../util/shapes.js";

/** Constants up to this many elements are computed while compiling. */
const foldingLimit = 4096;

/**
 * An equivalent program with less to do: equal equations merged, constants folded, algebraic identities applied
 * (each primitive states its own), and everything that no output needs left out.
 */
export function simplify(program: Program): Program {
  const target = new Builder();
  const outputs = withBuilder(target, () => rewrite(program));
  return withoutDeadCode({ inputs: program.inputs, constants: target.constants, equations: target.equations, outputs });
}

function rewrite(program: Program): Variable[] {
  const known = new Map<Variable, Elements>();
  const elementsOf = (variable: Variable) => known.get(variable);
  const seen = new Map<string, readonly Variable[]>();
  const ownConstants = new Map<string, Variable>();

  const constant = ({ variable: { shape, dtype }, elements }: Pick<Constant, "variable" | "elements">): Variable => {
    const isUniform = elements.length > 0 && elements.every((each) => Object.is(each, elements[0]));
    if (isUniform) {
      const scalar = builder().scalar(elements[0]!, dtype);
      known.set(scalar, elements.subarray(0, 1));
      const stretched = broadcastTo(scalar, shape);
      known.set(stretched, elements.subarray(0, 1));
      return stretched;
    }
    const key = elements.length <= foldingLimit ? `${dtype}[${shape}]${elements.join()}` : undefined;
    const same = key === undefined ? undefined : ownConstants.get(key);
    if (same) return same;
    const result = builder().constant(elements, shape, dtype);
    known.set(result, elements);
    if (key !== undefined) ownConstants.set(key, result);
    return result;
  };

  const apply = (equation: Equation, inputs: Variable[]): readonly Variable[] => {
    const { primitive, outputs, source } = equation;
    const attributes = simplifyInner(equation);
    const key = primitive.isPure ? keyOf(primitive.name, inputs, attributes) : undefined;
    const same = key === undefined ? undefined : seen.get(key);
    if (same) return same;
    const result = (() => {
      const folded = fold({ primitive, inputs, attributes, outputs, source });
      if (folded) return folded;
      const simpler = primitive.simplify?.({ primitive, inputs, attributes, outputs, source }, elementsOf);
      if (!simpler) return builder().emit(primitive, inputs, attributes);
      // a rewriting of constants is a constant again
      simpler.forEach((each) => {
        const producer = builder().equations.at(-1);
        const from =
          producer?.outputs.includes(each) &&
          producer.primitive.name === "broadcastTo" &&
          known.get(producer.inputs[0]!);
        if (from && from.length === 1) known.set(each, from);
      });
      return simpler;
    })();
    if (key !== undefined) seen.set(key, result);
    return result;
  };

  const fold = ({ primitive, inputs, attributes, outputs }: Equation): Variable[] | undefined => {
    const size = outputs.reduce((total, output) => total + sizeOf(output.shape), 0);
    if (!primitive.isPure || primitive.isRandom || size > foldingLimit || primitive.limitsOrder) return undefined;
    const operands = inputs.map((input) => {
      const elements = known.get(input);
      if (!elements) return undefined;
      const full = sizeOf(input.shape);
      return {
        shape: input.shape,
        dtype: input.dtype,
        elements: elements.length === full ? elements : new Float64Array(full).fill(elements[0]!),
      };
    });
    if (operands.some((operand) => operand === undefined)) return undefined;
    const results = primitive.evaluate(
      operands.map((operand) => operand!),
      attributes,
    );
    return outputs.map((output, i) => constant({ variable: output, elements: results[i]! }));
  };

  return interpret<Variable>(program, program.inputs, constant, apply).outputs;
}

function simplifyInner(equation: Equation): Attributes {
  if (innerPrograms(equation).length === 0) return equation.attributes;
  return Object.fromEntries(
    Object.entries(equation.attributes).map(([name, value]) => [
      name,
      innerPrograms(equation).includes(value) ? simplify(value) : value,
    ]),
  );
}

/** A text that is equal for equal applications; undefined where that cannot be told. */
function keyOf(name: string, inputs: readonly Variable[], attributes: Attributes): string | undefined {
  for (const value of Object.values(attributes))
    if (typeof value === "function" || (value && "equations" in Object(value))) return undefined;
  return `${name}(${inputs.map((input) => input.id)})${JSON.stringify(attributes, (_, value) => (typeof value === "number" && !Number.isFinite(value) ? String(value) : value))}`;
}

/** Leaves out equations and constants that no output depends on. */
export function withoutDeadCode(program: Program): Program {
  const needed = new Set<Variable>(program.outputs);
  const equations = program.equations.toReversed().filter(({ inputs, outputs }) => {
    const isNeeded = outputs.some((output) => needed.has(output));
    if (isNeeded) for (const input of inputs) needed.add(input);
    return isNeeded;
  });
  return {
    ...program,
    constants: program.constants.filter(({ variable }) => needed.has(variable)),
    equations: equations.toReversed(),
  };
}
