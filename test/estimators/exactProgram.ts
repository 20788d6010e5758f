// Random programs evaluated in plain JavaScript, by enumeration of the joint support (Gauss–Hermite quadrature for normals).
import { operationOf, type Plain, plain, read, sizeOf } from "./plainArrays.js";
import {
  type Block,
  type FamilyName,
  type Node,
  quadratureNodes,
  type RandomProgram,
  type Value,
} from "./randomPrograms.js";

/** Where programs are evaluated: a scalar and a vector of two. */
export const theta0 = [0.3125, -0.3984375, 0.7265625];

/** As the size of programs allows for, and where that is not enough. */
const rules = { usual: gaussHermite(quadratureNodes), fine: gaussHermite(32) };
export type Precision = keyof typeof rules;

/** Nodes and weights for the standard normal: the recurrence's roots by Newton's method. */
function gaussHermite(n: number): { x: number; w: number }[] {
  const hermite = (x: number): [number, number] => {
    let [before, now] = [0, Math.PI ** -0.25];
    for (let k = 1; k <= n; k++) [before, now] = [now, x * Math.sqrt(2 / k) * now - Math.sqrt((k - 1) / k) * before];
    return [now, Math.sqrt(2 * n) * before];
  };
  const roots: number[] = [];
  // the roots are separated by more than the step: bisect where the sign changes
  const step = 0.01;
  for (let x = -8; x < 8; x += step) {
    if (hermite(x)[0] * hermite(x + step)[0] >= 0) continue;
    let root = x + step / 2;
    for (let i = 0; i < 50; i++) root -= hermite(root)[0] / hermite(root)[1];
    roots.push(root);
  }
  return roots.map((x) => ({ x: x * Math.SQRT2, w: 2 / hermite(x)[1] ** 2 / Math.sqrt(Math.PI) }));
}

/** Walks through the joint support: one value per random element, in the order in which a run meets them. */
class Path {
  readonly digits: number[] = [];
  private sizes: number[] = [];
  private at = 0;
  weight = 1;
  logDensity = 0;

  constructor(readonly nodes: readonly { x: number; w: number }[]) {}

  choose(support: number): number {
    this.digits[this.at] ??= 0;
    this.sizes[this.at] = support;
    return this.digits[this.at++]!;
  }

  start(): void {
    this.at = 0;
    this.weight = 1;
    this.logDensity = 0;
  }

  /** The next one; false after the last. */
  advance(): boolean {
    let last = this.at - 1;
    while (last >= 0 && this.digits[last]! + 1 >= this.sizes[last]!) last--;
    this.digits.length = last + 1;
    if (last >= 0) this.digits[last]!++;
    return last >= 0;
  }
}

function drawPlain(family: FamilyName, [first, second]: Plain[], shape: readonly number[], path: Path): Plain {
  return plain(shape, (at) => {
    if (family === "normal") {
      const { x, w } = path.nodes[path.choose(path.nodes.length)]!;
      const scale = read(second!, at);
      path.weight *= w;
      path.logDensity += -0.5 * x * x - Math.log(scale) - 0.5 * Math.log(2 * Math.PI);
      return read(first!, at) + scale * x;
    }
    const probabilities = (() => {
      if (family === "flip" || family === "bernoulli") {
        const p = family === "flip" ? read(first!, at) : 1 / (1 + Math.exp(-read(first!, at)));
        return [1 - p, p];
      }
      const own = Array.from({ length: first!.shape.at(-1)! }, (_, k) => read(first!, [...at, k]));
      if (family === "categorical") return own;
      const total = own.reduce((sum, l) => sum + Math.exp(l), 0);
      return own.map((l) => Math.exp(l) / total);
    })();
    const k = path.choose(probabilities.length);
    path.weight *= probabilities[k]!;
    path.logDensity += Math.log(probabilities[k]!);
    return k;
  });
}

function evaluateBlock(
  { nodes: equations, result }: Block,
  outer: ReadonlyMap<string, Plain>,
  path: Path,
): { result: Plain; all: Map<string, Plain> } {
  const all = new Map(outer);
  const of = ({ name }: Value): Plain => all.get(name)!;
  for (const node of equations) {
    if (node.kind === "operation")
      all.set(node.out.name, operationOf(node.operation).plain(node.inputs.map(of), node.attributes));
    else if (node.kind === "site")
      all.set(node.out.name, drawPlain(node.family, node.parameters.map(of), node.out.shape, path));
    else if (node.kind === "cond")
      all.set(node.out.name, evaluateBlock(node.branches[of(node.on).data[0] === node.is ? 0 : 1], all, path).result);
    else {
      let carry = of(node.initial);
      const outputs: number[] = [];
      const size = sizeOf(node.element.shape);
      for (let t = 0; t < node.length; t++) {
        const element = node.sequence ? of(node.sequence).data.slice(t * size, (t + 1) * size) : [t];
        const done = evaluateBlock(
          node.body,
          new Map(all).set(node.carry.name, carry).set(node.element.name, { shape: node.element.shape, data: element }),
          path,
        );
        carry = done.result;
        outputs.push(...done.all.get(node.output.name)!.data);
      }
      all.set(node.out.name, carry).set(node.outputs.name, { shape: node.outputs.shape, data: outputs });
    }
  }
  return { result: of(result), all };
}

/** The block without what its result does not need. */
function pruned({ nodes: equations, result }: Block, also: readonly Value[] = []): Block {
  const needed = new Set([result, ...also].map(({ name }) => name));
  const kept: Node[] = [];
  for (const node of equations.toReversed()) {
    if (!needed.has(node.out.name) && !(node.kind === "scan" && needed.has(node.outputs.name))) continue;
    const small: Node =
      node.kind === "cond"
        ? { ...node, branches: [pruned(node.branches[0]), pruned(node.branches[1])] }
        : node.kind === "scan"
          ? { ...node, body: pruned(node.body, [node.output]) }
          : node;
    kept.unshift(small);
    for (const name of readBy(small)) needed.add(name);
  }
  return { nodes: kept, result };
}

/** Names that a node refers to, those inside it included. */
function readBy(node: Node): string[] {
  const inside = (block: Block) => [block.result.name, ...block.nodes.flatMap(readBy)];
  if (node.kind === "operation") return node.inputs.map(({ name }) => name);
  if (node.kind === "site") return node.parameters.map(({ name }) => name);
  if (node.kind === "cond") return [node.on.name, ...node.branches.flatMap(inside)];
  return [node.initial.name, ...(node.sequence ? [node.sequence.name] : []), node.output.name, ...inside(node.body)];
}

/** The program without what its value does not need (the log density needs all choices). */
export const withoutUnused = (program: RandomProgram): RandomProgram =>
  program.entropy === undefined ? { ...program, body: pruned(program.body) } : program;

/** The objective's exact value at parameters [a, b₀, b₁]. */
export function expectation(
  { body, entropy = 0 }: RandomProgram,
  [a, ...b]: readonly number[],
  precision: Precision = "usual",
): number {
  const path = new Path(rules[precision]);
  const inputs = new Map<string, Plain>([
    ["a", { shape: [], data: [a!] }],
    ["b", { shape: [2], data: b }],
  ]);
  let total = 0;
  do {
    path.start();
    const { result } = evaluateBlock(body, inputs, path);
    total += path.weight * (result.data[0]! + entropy * path.logDensity);
  } while (path.advance());
  return total;
}

/** Gradient by central differences of fourth order; a smaller step keeps clear of kinks nearby. */
export function exactGradient(program: RandomProgram, h = 2e-4, precision: Precision = "usual"): number[] {
  return theta0.map((_, i) => {
    const at = (step: number) =>
      expectation(
        program,
        theta0.map((x, j) => (i === j ? x + step : x)),
        precision,
      );
    return (8 * (at(h) - at(-h)) - (at(2 * h) - at(-2 * h))) / (12 * h);
  });
}

/** Gradient by central differences of second order, with half the evaluations: right to about 1e-6. */
export function roughGradient(program: RandomProgram, h = 1e-3): number[] {
  return theta0.map((_, i) => {
    const at = (step: number) =>
      expectation(
        program,
        theta0.map((x, j) => (i === j ? x + step : x)),
      );
    return (at(h) - at(-h)) / (2 * h);
  });
}

/**
 * Product of the Hessian with a vector, by central differences with steps h, 2h and 4h, extrapolated to O(h⁶), so that a
 * step may be wide enough for the rounding of the expectations not to matter.
 */
export function exactHessianProduct(
  program: RandomProgram,
  vector: readonly number[],
  h = 3e-3,
  precision: Precision = "usual",
): number[] {
  return theta0.map((_, i) => {
    const at = (p: number, q: number) =>
      expectation(
        program,
        theta0.map((x, j) => x + p * vector[j]! + (i === j ? q : 0)),
        precision,
      );
    const cross = (s: number) => (at(s, s) - at(s, -s) - at(-s, s) + at(-s, -s)) / (4 * s * s);
    const [one, two, four] = [cross(h), cross(2 * h), cross(4 * h)];
    return (16 * ((4 * one - two) / 3) - (4 * two - four) / 3) / 15;
  });
}
