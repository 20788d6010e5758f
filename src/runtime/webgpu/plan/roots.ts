// Which values are written to memory, and which are computed again wherever they are needed.

import { reduceSum } from "../../../ir/primitives/axes.js";
import type { Equation, Program, Variable } from "../../../ir/program.js";
import { variable } from "../../../ir/program.js";
import { type Shape, sameShape, sizeOf } from "../../../util/shapes.js";
import { costOf, type Form, formOf, productPortions, termsOf, visitsOf } from "./forms.js";
import { largestRoots, type Stage, scatterRoots } from "./sorting.js";

/** Something that a kernel writes. */
export interface Root {
  readonly form: Form | "map";
  /** What is computed: an equation that is no expression, or (of a map) a value, element by element. */
  readonly equation: Equation | undefined;
  readonly value: Variable | undefined;
  /** Where it goes. */
  readonly targets: readonly Variable[];
  /** Of a reduction of many terms: into how many portions they go. The target has them as its last axis, that of a product as its first. */
  readonly portions?: number;
  /** Of a kernel among several that sort. */
  readonly stage?: Stage;
  /** Of a part: the axis along which it stands in the target, and from where on. */
  readonly part?: { readonly axis: number; readonly start: number };
}

/** What is known of all variables of a program and of the loops within. */
export interface Graph {
  readonly producers: Map<Variable, Equation>;
  readonly forms: Map<Equation, Form>;
  /** Inline values that are written to memory nevertheless. */
  readonly materialized: Set<Variable>;
  readonly constants: Map<Variable, Float64Array>;
}

/** A program with what its kernels write, in order. */
export interface Block {
  readonly program: Program;
  readonly roots: readonly Root[];
  /** The variables that hold the outputs: no two are the same, and each is some root's target. Absent for empty ones. */
  readonly outputs: readonly (Variable | undefined)[];
}

/** Expressions are cut where they have more operations than this. */
const mostOperations = 160;
/** Reading and writing a value costs as much as so many instructions. */
const memoryCost = 16;

export const squeezed = (shape: Shape): number[] => shape.filter((size) => size !== 1);

const isPointwise = ({ primitive: { name, isElementwise } }: Equation): boolean =>
  isElementwise || name === "broadcastTo" || name === "leaf";

/** Whether the operand's elements are used in the order of the result's. */
export const keepsOrder = (equation: Equation, operand: Variable, result: Variable): boolean =>
  equation.primitive.name === "reshape" ||
  (isPointwise(equation) && sameShape(squeezed(operand.shape), squeezed(result.shape)));

/** The inline equation that makes a value which is not in memory. */
export function inlineProducer({ producers, forms, materialized }: Graph, value: Variable): Equation | undefined {
  const equation = producers.get(value);
  return equation && forms.get(equation) === "inline" && !materialized.has(value) ? equation : undefined;
}

export function blockOf(program: Program, graph: Graph): Block {
  const { producers, forms, constants } = graph;
  for (const { variable: each, elements } of program.constants) constants.set(each, elements);
  for (const equation of program.equations) {
    forms.set(equation, formOf(equation));
    for (const output of equation.outputs) producers.set(output, equation);
  }
  const { outputs, copies } = ownOutputs(program, forms, producers);
  choose(program, graph);
  const roots = program.equations.flatMap((equation) => rootsOf(equation, graph));
  return { program, roots: [...roots, ...copies], outputs };
}

/** A variable of its own for every output. */
function ownOutputs(program: Program, forms: Graph["forms"], producers: Graph["producers"]) {
  const taken = new Set<Variable>();
  const copies: Root[] = [];
  const outputs = program.outputs.map((output) => {
    if (sizeOf(output.shape) === 0) return undefined;
    const producer = producers.get(output);
    const isWritten = producer !== undefined && program.equations.includes(producer) && forms.get(producer) !== "scan";
    if (isWritten && !taken.has(output)) {
      taken.add(output);
      return output;
    }
    const copy = variable(output.shape, output.dtype);
    copies.push({ form: "map", equation: undefined, value: output, targets: [copy] });
    return copy;
  });
  return { outputs, copies };
}

/** Uses of a value in kernels: how often each root looks at an element's place. */
type Uses = Map<object, { readonly visits: number; readonly times: number }>;

/** Decides which inline values are written to memory. */
function choose({ equations, outputs }: Program, graph: Graph): void {
  const { forms, materialized } = graph;
  const results = new Set(outputs);
  const costs = cutLong(equations, graph);
  const consumers = new Map<Variable, (readonly [Equation, number])[]>();
  for (const equation of equations)
    equation.inputs.forEach((input, i) => {
      const known = consumers.get(input);
      if (known) known.push([equation, i]);
      else consumers.set(input, [[equation, i]]);
    });
  const usesOf = new Map<Variable, Uses>();
  for (const equation of equations.toReversed()) {
    if (forms.get(equation) !== "inline") continue;
    const [value] = equation.outputs as [Variable];
    const uses: Uses = new Map();
    let isForced = results.has(value);
    for (const [consumer, operand] of consumers.get(value) ?? []) {
      const form = forms.get(consumer)!;
      const cost = costs.get(value)!;
      if (form === "scan" || form === "host" || (form === "rank" && cost > 0)) isForced = true;
      else if (form === "join") add(uses, consumer, sizeOf(value.shape), 1, false);
      else if (form !== "inline") add(uses, consumer, visitsOf(consumer, form, operand), 1, false);
      else {
        const [result] = consumer.outputs as [Variable];
        if (materialized.has(result)) add(uses, result, sizeOf(result.shape), 1, false);
        else
          for (const [root, { visits, times }] of usesOf.get(result)!)
            add(uses, root, visits, times, keepsOrder(consumer, value, result));
      }
    }
    usesOf.set(value, uses);
    const cost = costs.get(value)!;
    const evaluations = [...uses.values()].reduce((sum, { visits, times }) => sum + visits * times, 0);
    const isRepeated = [...uses.values()].some(({ times }) => times > 6);
    const ratio = evaluations / Math.max(1, sizeOf(value.shape));
    if (isForced || (cost > 0 && (isRepeated || cost * ratio > cost + memoryCost))) materialized.add(value);
  }
}

function add(uses: Uses, root: object, visits: number, times: number, isInOrder: boolean): void {
  const known = uses.get(root);
  const before = known?.times ?? 0;
  uses.set(root, {
    visits: Math.max(visits, known?.visits ?? 0),
    times: isInOrder ? Math.max(before, times) : before + times,
  });
}

/** The costs of inline values with all that is computed for them; long expressions are cut. */
function cutLong(equations: readonly Equation[], graph: Graph): Map<Variable, number> {
  const cones = new Map<Variable, ReadonlySet<Equation>>();
  const costs = new Map<Variable, number>();
  for (const equation of equations) {
    if (graph.forms.get(equation) !== "inline") continue;
    const [value] = equation.outputs as [Variable];
    const cone = new Set([equation]);
    for (const input of equation.inputs)
      if (!graph.materialized.has(input)) for (const each of cones.get(input) ?? []) cone.add(each);
    if (cone.size > mostOperations) graph.materialized.add(value);
    cones.set(value, cone);
    costs.set(
      value,
      [...cone].reduce((sum, each) => sum + costOf(each), 0),
    );
  }
  return costs;
}

function rootsOf(equation: Equation, { forms, materialized }: Graph): Root[] {
  const form = forms.get(equation)!;
  const { inputs, outputs, attributes } = equation;
  if (form === "empty") return [];
  if (form === "inline")
    return materialized.has(outputs[0]!)
      ? [{ form: "map", equation: undefined, value: outputs[0], targets: outputs }]
      : [];
  if (form === "reduce") return reductionOf(equation);
  if (form === "product") return productOf(equation);
  if (form === "sort") return largestRoots(equation);
  if (form === "scatter") return scatterRoots(equation);
  if (form !== "join") return [{ form, equation, value: undefined, targets: outputs }];
  let start = 0;
  return inputs.flatMap((value): Root[] => {
    const part = { axis: attributes.axis as number, start };
    start += value.shape[part.axis]!;
    return sizeOf(value.shape) === 0 ? [] : [{ form: "map", equation: undefined, value, targets: outputs, part }];
  });
}

/** Reductions to at most so many elements, of at least so many terms each, are made in two steps: one workgroup would be slow. */
const [fewElements, manyTerms] = [128, 8192];
/** Terms of a portion, and the most portions. */
const [portionLength, mostPortions] = [2048, 256];

/** A reduction, in portions that another one brings together if it has few elements of many terms. */
function reductionOf(equation: Equation): Root[] {
  const { primitive, outputs } = equation;
  const [out] = outputs as [Variable];
  const terms = termsOf(equation);
  const whole = { form: "reduce", equation, value: undefined, targets: outputs } as const;
  if (primitive.name.startsWith("arg") || terms < manyTerms || sizeOf(out.shape) > fewElements) return [whole];
  const portions = Math.min(mostPortions, Math.ceil(terms / portionLength));
  const found = variable([...out.shape, portions], out.dtype);
  const isOwn = primitive.name.startsWith("reduce") || primitive.name === "logSumExp";
  const together: Equation = {
    ...equation,
    primitive: isOwn ? primitive : reduceSum.primitive,
    inputs: [found],
    attributes: { axes: [out.shape.length] },
  };
  return [
    { ...whole, targets: [found], portions },
    { ...whole, equation: together },
  ];
}

/** A product, in portions that a sum brings together if it has few elements of many terms. */
function productOf(equation: Equation): Root[] {
  const [out] = equation.outputs as [Variable];
  const portions = productPortions(equation);
  const whole = { form: "product", equation, value: undefined, targets: [out] } as const;
  if (portions === 1) return [whole];
  const found = variable([portions, ...out.shape], out.dtype);
  const together = { ...equation, primitive: reduceSum.primitive, inputs: [found], attributes: { axes: [0] } };
  return [
    { ...whole, targets: [found], portions },
    { ...whole, form: "reduce", equation: together },
  ];
}

/** How many terms each element of a root has. */
export const rootTerms = ({ equation, portions = 1 }: Root): number => Math.ceil(termsOf(equation!) / portions);

/** The inline equation that a map computes its value by; undefined if it copies a value from memory. */
export function computedBy({ value, targets }: Root, graph: Graph): Equation | undefined {
  if (!value) return undefined;
  const producer = graph.producers.get(value);
  const isOwn = targets[0] === value && graph.materialized.has(value);
  return isOwn ? producer : inlineProducer(graph, value);
}

/** What a root takes from memory, and what it computes on the way. */
export interface Needs {
  /** Whether each value is read in the order in which the root's elements are computed. */
  readonly reads: Map<Variable, boolean>;
  readonly operations: number;
  readonly cost: number;
}

export function needsOf(root: Root, graph: Graph): Needs {
  const reads = new Map<Variable, boolean>();
  const seen = new Map<Variable, boolean>();
  let cost = 0;
  const visit = (each: Variable, isInOrder: boolean): void => {
    const before = seen.get(each);
    // what is not in order counts
    if (before !== undefined && (isInOrder || !before)) return;
    seen.set(each, isInOrder);
    const producer = inlineProducer(graph, each);
    if (!producer) {
      if (sizeOf(each.shape) > 0 && !isLiteral(each, graph)) reads.set(each, isInOrder && (reads.get(each) ?? true));
      return;
    }
    if (before === undefined) cost += costOf(producer);
    for (const input of producer.inputs) visit(input, isInOrder && keepsOrder(producer, input, each));
  };
  const { equation, value } = root;
  const own = computedBy(root, graph);
  if (own) cost += costOf(own);
  if (own) for (const input of own.inputs) visit(input, keepsOrder(own, input, value!));
  else if (value) visit(value, true);
  else for (const input of equation!.inputs) visit(input, false);
  return { reads, operations: seen.size + 1, cost: cost + 1 };
}

/** Constants of one element stand in the source. */
export const isLiteral = (value: Variable, { constants }: Graph): boolean =>
  sizeOf(value.shape) === 1 && constants.has(value);
