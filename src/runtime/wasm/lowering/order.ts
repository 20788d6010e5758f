// Which equations use what others make, by numbers: places in the order of the program.
import type { Equation, Program, Variable } from "../../../ir/program.js";
import { usedEquations } from "../../../ir/usedEquations.js";

/** Equations in order, and who uses what they make. */
export interface Order {
  readonly equations: readonly Equation[];
  readonly places: ReadonlyMap<Equation, number>;
  /** Of every output of the equation at each place the places of those that use it. */
  readonly users: readonly (readonly number[])[];
  /** Of every operand of the equation at each place the place where it is made, or −1. */
  readonly producers: readonly (readonly number[])[];
  /** 1 for equations of which the program returns a result. */
  readonly isOutput: Uint8Array;
}

/** The order of the equations that some output depends on. */
export function orderOf(program: Program): Order {
  const equations = usedEquations(program).used;
  const producerOf = new Map<Variable, number>();
  const users: number[][] = [];
  const producers: number[][] = [];
  const isOutput = new Uint8Array(equations.length);
  for (let place = 0; place < equations.length; place++) {
    const { inputs, outputs } = equations[place]!;
    const from: number[] = [];
    for (let i = 0; i < inputs.length; i++) {
      const producer = producerOf.get(inputs[i]!) ?? -1;
      from.push(producer);
      if (producer >= 0 && inputs.indexOf(inputs[i]!) === i) users[producer]!.push(place);
    }
    producers.push(from);
    users.push([]);
    for (const output of outputs) producerOf.set(output, place);
  }
  for (const output of program.outputs) {
    const place = producerOf.get(output);
    if (place !== undefined) isOutput[place] = 1;
  }
  return { equations, users, producers, isOutput, places: new Map(equations.map((each, place) => [each, place])) };
}
