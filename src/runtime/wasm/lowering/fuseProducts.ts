// Products of matrices read their operands and write their result where they stand, however they are turned.
import type { Equation, Program, Variable } from "../../../ir/program.js";
import { usedEquations } from "../../../ir/usedEquations.js";
import { sameShape } from "../../../util/shapes.js";
import { canRead, canWrite, type ProductViews } from "../kernels/productViews.js";
import type { View } from "../kernels/view.js";
import { reshaped, type Seen, seenThrough, stretched, unpermuted, wholeOf } from "./views.js";

/**
 * Takes transpositions, reshapes, broadcasts and slices of the operands of matMul into its attributes, transpositions of its
 * result and sums over its batch likewise: nothing of that is written to memory. An equation that was rewritten has the
 * attribute `views`; what it makes superfluous has no user any more, and the schedule leaves it out.
 */
export function fuseProducts(program: Program): Program {
  const equations = usedEquations(program).used;
  const products = equations.filter(({ primitive }) => primitive.name === "matMul");
  if (products.length === 0) return program;
  const producers = new Map(equations.flatMap((each) => each.outputs.map((output) => [output, each] as const)));
  const users = usersOf(equations, program.outputs);
  const rewritten = new Map<Equation, Equation | undefined>();
  // what an earlier product writes in another order has no other producer any more
  const producerOf = (variable: Variable) => {
    const producer = producers.get(variable);
    return producer && rewritten.has(producer) ? undefined : producer;
  };
  for (const equation of products) {
    const operands = equation.inputs.map((input, i): Seen => {
      const seen = seenThrough(input, producerOf);
      return canRead(seen.view, i === 0 ? -1 : -2) ? seen : { source: input, view: wholeOf(input) };
    });
    const chain = chainAfter(equation, users);
    const taken = writable(equation, chain);
    const isRead = operands.some(({ source }, i) => source !== equation.inputs[i]);
    if (!isRead && taken.chain.length === 0) continue;
    for (const each of taken.chain) rewritten.set(each, undefined);
    rewritten.set(equation, rewrite(equation, operands, taken));
  }
  return {
    ...program,
    equations: equations.flatMap((each) => (rewritten.has(each) ? (rewritten.get(each) ?? []) : each)),
  };
}

/** The only user of every variable that has one and is no output. */
function usersOf(equations: readonly Equation[], outputs: readonly Variable[]): Map<Variable, Equation> {
  const users = new Map<Variable, Equation | undefined>(outputs.map((output) => [output, undefined]));
  for (const equation of equations)
    for (const input of equation.inputs) users.set(input, users.has(input) ? undefined : equation);
  return users as Map<Variable, Equation>;
}

/** Equations that the result of one passes through, each the only user of what comes before. */
function chainAfter(equation: Equation, users: Map<Variable, Equation>): Equation[] {
  const user = users.get(equation.outputs[0]!);
  return user && user.primitive.name in backwards ? [user, ...chainAfter(user, users)] : [];
}

/** How the operand of an equation is spread over the memory of its result. */
const backwards: Readonly<Record<string, (view: View, equation: Equation) => View | undefined>> = {
  transpose: (view, { attributes: { permutation } }) => unpermuted(view, permutation),
  reshape: (view, { inputs: [x] }) => reshaped(view, x!.shape),
  reduceSum: ({ steps, offset }, { inputs: [x], attributes: { axes } }) => {
    const kept = [...steps];
    return { shape: x!.shape, steps: x!.shape.map((_, axis) => (axes.includes(axis) ? 0 : kept.shift()!)), offset };
  },
};

interface Target {
  readonly chain: readonly Equation[];
  readonly output: Variable;
  readonly c: View;
}

/** As much of the chain as a product can write through. */
function writable({ outputs: [result] }: Equation, chain: readonly Equation[]): Target {
  for (let length = chain.length; length > 0; length--) {
    const taken = chain.slice(0, length);
    const last = taken.at(-1)!;
    // a reshape costs nothing by itself
    if (last.primitive.name === "reshape") continue;
    const output = last.outputs[0]!;
    const c = taken.reduceRight<View | undefined>(
      (view, each) => view && backwards[each.primitive.name]!(view, each),
      wholeOf(output),
    );
    if (c && canWrite(c)) return { chain: taken, output, c };
  }
  return { chain: [], output: result!, c: wholeOf(result!) };
}

function rewrite(equation: Equation, operands: readonly Seen[], { output, c }: Target): Equation {
  const batch = c.shape.slice(0, -2);
  const [a, b] = operands.map(({ view }) => {
    const shape = [...batch, ...view.shape.slice(-2)];
    return sameShape(view.shape, shape) ? view : stretched(view, shape);
  });
  const views: ProductViews = { a: a!, b: b!, c };
  return {
    ...equation,
    inputs: operands.map(({ source }) => source),
    attributes: { ...equation.attributes, views },
    outputs: [output],
  };
}
