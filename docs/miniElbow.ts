// Elbow's estimator transform, small enough to be read in one sitting. docs/miniElbow.md explains it piece by piece.

// --- programs ---
/** Alternatives that are run side by side: lanes. An axis is known by its identity. */
export type Axis = { readonly name: string; readonly size: number };

/** A number, or one number for every lane along its axes. */
export interface Node {
  readonly primitive: Primitive;
  readonly inputs: readonly Node[];
  readonly axes: readonly Axis[];
  /** The random choices that it depends on, and those of them that reach it by way of a jump. */
  readonly sites: ReadonlySet<Node>;
  readonly jumps: ReadonlySet<Node>;
  /** The numbers of a constant, the name of a parameter, … */
  readonly own?: unknown;
}

/** An operation: what it computes in each lane, the cotangents of its inputs given its own, and whether it jumps. */
export interface Primitive {
  readonly name: string;
  readonly compute?: (x: number, y: number) => number;
  readonly pull?: (cotangent: Node, node: Node) => readonly Node[];
  readonly isJump?: boolean;
}

const union = <T>(sets: readonly Iterable<T>[]): Set<T> => new Set(sets.flatMap((set) => [...set]));

function make(primitive: Primitive, inputs: readonly Node[], special: Partial<Node> = {}): Node {
  const sites = union(inputs.map((input) => input.sites));
  const jumps = primitive.isJump ? sites : union(inputs.map((input) => input.jumps));
  return { primitive, inputs, axes: [...union(inputs.map((input) => input.axes))], sites, jumps, ...special };
}

type Like = Node | number;
const lift = (x: Like): Node => (typeof x === "number" ? constant([x]) : x);
const unary = (primitive: Primitive) => (x: Like) => make(primitive, [lift(x)]);
const binary = (primitive: Primitive) => (x: Like, y: Like) => make(primitive, [lift(x), lift(y)]);

// --- primitives ---
export const add = binary({ name: "add", compute: (x, y) => x + y, pull: (g) => [g, g] });
export const mul = binary({
  name: "mul",
  compute: (x, y) => x * y,
  pull: (g, { inputs: [x, y] }) => [mul(g, y!), mul(g, x!)],
});
export const exp = unary({ name: "exp", compute: Math.exp, pull: (g, y) => [mul(g, y)] });
export const log = unary({ name: "log", compute: Math.log, pull: (g, { inputs: [x] }) => [mul(g, inverse(x!))] });
export const inverse = unary({ name: "inverse", compute: (x) => 1 / x, pull: (g, y) => [mul(mul(g, -1), mul(y, y))] });
/** 1 where x > 0, else 0. */
export const positive = unary({ name: "positive", compute: (x) => (x > 0 ? 1 : 0), isJump: true });
/** x, held constant. */
export const stop = unary({ name: "stop", compute: (x) => x });

const constantPrimitive: Primitive = { name: "constant" };
/** The same number everywhere, or given ones along an axis. */
export const constant = (numbers: readonly number[], axis?: Axis): Node =>
  make(constantPrimitive, [], { axes: axis ? [axis] : [], own: numbers });
const parameterPrimitive: Primitive = { name: "parameter" };
export const parameter = (name: string): Node => make(parameterPrimitive, [], { own: name });
const noisePrimitive: Primitive = { name: "noise" };
type Noise = "normal" | "uniform";
const noise = (kind: Noise, ...axes: readonly (Axis | undefined)[]): Node =>
  make(noisePrimitive, [], { axes: axes.filter((axis) => axis !== undefined), own: kind });
const sumPrimitive: Primitive = { name: "sum", pull: (g) => [g] };
/** The sum over the lanes of an axis; without lanes there, all have the same number. */
export const sum = (x: Node, axis: Axis): Node =>
  x.axes.includes(axis)
    ? make(sumPrimitive, [x], { axes: x.axes.filter((each) => each !== axis), own: axis })
    : mul(x, axis.size);
export const sub = (x: Like, y: Like): Node => add(x, mul(y, -1));
export const div = (x: Like, y: Like): Node => mul(x, inverse(y));
export const square = (x: Node): Node => mul(x, x);
export const sigmoid = (x: Like): Node => inverse(add(1, exp(mul(x, -1))));

// --- distributions ---
export interface Family {
  readonly name: string;
  readonly noise: Noise;
  readonly draw: (noise: Node, ...parameters: readonly Node[]) => Node;
  readonly logDensity: (x: Node, ...parameters: readonly Node[]) => Node;
  /** Whether a draw moves smoothly with the parameters, and all values if they are few. */
  readonly isPathwise: boolean;
  readonly support?: readonly number[];
}
export type Distribution = { readonly family: Family; readonly parameters: readonly Node[] };

const normalFamily: Family = {
  name: "normal",
  noise: "normal",
  draw: (z, mean, sd) => add(mean!, mul(sd!, z)),
  // −½((x − m)/s)² − log s − ½ log 2π
  logDensity: (x, mean, sd) =>
    sub(mul(square(div(sub(x, mean!), sd!)), -0.5), add(log(sd!), 0.5 * Math.log(2 * Math.PI))),
  isPathwise: true,
};
export const normal = (m: Like, s: Like): Distribution => ({ family: normalFamily, parameters: [lift(m), lift(s)] });

const flipFamily: Family = {
  name: "flip",
  noise: "uniform",
  draw: (u, p) => positive(sub(p!, u)),
  logDensity: (x, p) => log(add(mul(x, p!), mul(sub(1, x), sub(1, p!)))),
  isPathwise: false,
  support: [0, 1],
};
/** 1 with probability p, else 0. */
export const flip = (p: Like): Distribution => ({ family: flipFamily, parameters: [lift(p)] });

// --- strategies ---
/** A choice as its strategy made it: its value, perhaps in lanes, and what becomes of a cost behind it. */
type Drawn = { readonly value: Node; readonly contract: (cost: Node) => Node };

/** A gradient strategy. `draw` may be told an axis of the strategy's own, along which every lane has its own noise. */
export interface Strategy {
  readonly isPathwise?: boolean;
  readonly make: (address: string, d: Distribution, draw: (own?: Axis) => Node) => Drawn;
}

const refuse = (message: string): never => {
  throw new Error(message);
};

/** The value carries the derivative. */
export const reparam: Strategy = {
  isPathwise: true,
  make: (_, { family }, draw) => {
    if (!family.isPathwise) refuse(`draws of ${family.name} do not move smoothly`);
    return { value: draw(), contract: (cost) => cost };
  },
};

const density = ({ family, parameters }: Distribution, x: Node): Node => exp(family.logDensity(x, ...parameters));
/** (s − b)·p/sg p + b: the value of the cost s, and the derivative ∂s + (s − b)·∂ log p. */
const scored = (cost: Node, baseline: Like, p: Node): Node => add(mul(sub(cost, baseline), div(p, stop(p))), baseline);

/** The score function. */
export const reinforce = (baseline = 0): Strategy => ({
  make: (_, d, draw) => {
    const value = stop(draw());
    return { value, contract: (cost) => scored(cost, baseline, density(d, value)) };
  },
});

/** The same in n lanes, each with the mean of the others as its baseline. */
export const leaveOneOut = (n: number): Strategy => ({
  make: (address, d, draw) => {
    const lanes: Axis = { name: address, size: n };
    const value = stop(draw(lanes));
    const others = (cost: Node) => stop(div(sub(sum(cost, lanes), cost), n - 1));
    return { value, contract: (cost) => div(sum(scored(cost, others(cost), density(d, value)), lanes), n) };
  },
});

/** Σ_k p_k·s_k: a lane for every value, and nothing is drawn. */
export const enumerate: Strategy = {
  make: (address, d) => {
    const support = d.family.support ?? refuse(`${d.family.name} has too many values to be enumerated`);
    const lanes: Axis = { name: address, size: support.length };
    const value = constant(support, lanes);
    return { value, contract: (cost) => sum(mul(density(d, value), cost), lanes) };
  },
};

/** s + (p − sg p)·sg(s₁ − s₀), for coins: lanes for what was drawn, for tails and for heads. */
export const measureValued: Strategy = {
  make: (address, { family, parameters: [p] }, draw) => {
    if (family !== flipFamily) refuse(`measureValued(${family.name}) is left as an exercise`);
    const lanes: Axis = { name: address, size: 3 };
    const inLanes = (...numbers: number[]) => constant(numbers, lanes);
    const contract = (cost: Node) => {
      const difference = stop(sum(mul(cost, inLanes(0, -1, 1)), lanes));
      return add(sum(mul(cost, inLanes(1, 0, 0)), lanes), mul(sub(p!, stop(p!)), difference));
    };
    return { value: add(mul(inLanes(1, 0, 0), draw()), inLanes(0, 0, 1)), contract };
  },
};

// --- random choices ---
type Site = { readonly address: string; readonly family: Family; readonly strategy: Strategy };
const samplePrimitive: Primitive = { name: "sample" };
/** A random choice: a node that depends on itself. */
export function sample(address: string, { family, parameters }: Distribution, strategy: Strategy): Node {
  const sites = union(parameters.map((each) => each.sites));
  const own: Site = { address, family, strategy };
  const node = make(samplePrimitive, parameters, { sites, own });
  sites.add(node);
  return node;
}

// --- the transform ---
/** A program without choices: its mean is that of `objective`, that of its gradient too. Along `draws` all is drawn anew. */
export function estimate(objective: Node, draws?: Axis): Node {
  const made = new Map<Node, Node>();
  /** In the order in which they are made, each after all that it depends on. */
  const choices = new Map<Node, Drawn>();

  /** A node of the program, in all lanes that its inputs have. */
  function run(node: Node): Node {
    const isChoice = node.primitive === samplePrimitive;
    if (!made.has(node)) made.set(node, isChoice ? draw(node) : again(node, node.inputs.map(run)));
    return made.get(node)!;
  }

  function draw(node: Node): Node {
    const { address, family, strategy } = node.own as Site;
    const parameters = node.inputs.map(run);
    // the same noise in all lanes of other choices: what is equal there cancels
    const fresh = (own?: Axis) => family.draw(noise(family.noise, draws, own), ...parameters);
    const drawn = strategy.make(address, { family, parameters }, fresh);
    choices.set(node, drawn);
    return drawn.value;
  }

  /** The expectation goes through what is linear, down to the leaves. */
  function tail(node: Node): Node {
    const { name } = node.primitive;
    const isLinear = name === "add" || (name === "mul" && node.inputs.some(({ sites }) => sites.size === 0));
    return isLinear ? again(node, node.inputs.map(tail)) : leaf(node);
  }

  /** The cost of a leaf, rid of the choices that it depends on, the last one first. */
  function leaf(node: Node): Node {
    for (const { address, strategy } of [...node.jumps].map(({ own }) => own as Site))
      if (strategy.isPathwise) refuse(`the pathwise derivative of "${address}" would be biased: it passes a jump`);
    const cost = run(node);
    const itsOwn = [...choices].filter(([site]) => node.sites.has(site)).reverse();
    return itsOwn.reduce((rest, [, { contract }]) => contract(rest), cost);
  }

  return tail(objective);
}

/** The same operation on other inputs, whose lanes may be more. */
const again = ({ primitive, own, axes }: Node, inputs: readonly Node[]): Node =>
  make(primitive, inputs, inputs.length === 0 ? { own, axes } : { own });

// --- differentiation and evaluation ---
/** A node and all that it is made of, each after its inputs. */
export const order = (node: Node, seen = new Set<Node>()): Set<Node> => {
  if (seen.has(node)) return seen;
  for (const input of node.inputs) order(input, seen);
  return seen.add(node);
};

/** The derivative in a parameter, summed over all lanes. */
export function gradient(node: Node, name: string): Node {
  const cotangents = new Map<Node, Node>([[node, constant([1])]]);
  let result = constant([0]);
  for (const each of [...order(node)].reverse()) {
    const cotangent = cotangents.get(each);
    if (!cotangent) continue;
    if (each.primitive === parameterPrimitive && each.own === name) result = add(result, cotangent);
    each.primitive.pull?.(cotangent, each).forEach((pulled, i) => {
      const input = each.inputs[i]!;
      // an input that has fewer lanes moves all of them
      const all = each.axes.filter((axis) => !input.axes.includes(axis)).reduce(sum, pulled);
      const before = cotangents.get(input);
      cotangents.set(input, before ? add(before, all) : all);
    });
  }
  return result;
}

const count = (axes: readonly Axis[]): number => axes.reduce((product, { size }) => product * size, 1);
const stride = (axes: readonly Axis[], axis: Axis): number =>
  axes.includes(axis) ? count(axes.slice(axes.indexOf(axis) + 1)) : 0;
/** Where an array over `axes` has what belongs to every lane of `lanes`. */
function positions(axes: readonly Axis[], lanes: readonly Axis[]): number[] {
  let starts = [0];
  for (const axis of lanes) {
    const steps = Array.from({ length: axis.size }, (_, i) => i * stride(axes, axis));
    starts = starts.flatMap((start) => steps.map((step) => start + step));
  }
  return starts;
}

type Random = Readonly<Record<Noise, () => number>>;
/** The numbers of some nodes, by lanes. Noise is drawn once, for all of them. */
export function evaluate(nodes: readonly Node[], parameters: Readonly<Record<string, number>>, random: Random) {
  const values = new Map<Node, Float64Array>();
  const numbersOf = ({ primitive, inputs, axes, own }: Node): Float64Array => {
    if (primitive === constantPrimitive) return Float64Array.from(own as number[]);
    if (primitive === parameterPrimitive) return Float64Array.of(parameters[own as string]!);
    const result = new Float64Array(count(axes));
    if (primitive === noisePrimitive) return result.map(random[own as Noise]);
    if (primitive === samplePrimitive) return refuse("random choices must be estimated first");
    const [x, y] = inputs.map((input) => values.get(input)!) as [Float64Array, Float64Array];
    const [atX, atY] = inputs.map((input) => positions(input.axes, axes)) as [number[], number[]];
    if (primitive !== sumPrimitive) return result.map((_, n) => primitive.compute!(x[atX[n]!]!, y?.[atY[n]!] ?? 0));
    const step = stride(inputs[0]!.axes, own as Axis);
    for (let lane = 0; lane < (own as Axis).size; lane++)
      for (let n = 0; n < result.length; n++) result[n]! += x[atX[n]! + lane * step]!;
    return result;
  };
  for (const each of nodes.flatMap((node) => [...order(node)]))
    if (!values.has(each)) values.set(each, numbersOf(each));
  return nodes.map((node) => values.get(node)!);
}
