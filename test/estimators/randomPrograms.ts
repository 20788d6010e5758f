// Random programs with random choices, as data: built from a list of numbers.
import { type Attributes, joint, type OperationName, operationOf, plain, sizeOf } from "./plainArrays.js";

/** A value of a program and what the generator knows of it. */
export interface Value {
  readonly name: string;
  readonly shape: readonly number[];
  /** It takes the integers 0 … support − 1 only. */
  readonly support?: number;
  readonly isRandom: boolean;
  /** Degree in normals; smooth functions of them count as 1. */
  readonly degree: number;
  /** A rough bound of its size. */
  readonly bound: number;
}

export interface Block {
  readonly nodes: readonly Node[];
  readonly result: Value;
}

export type Node =
  | {
      readonly kind: "operation";
      readonly out: Value;
      readonly operation: OperationName;
      readonly inputs: readonly Value[];
      readonly attributes: Attributes;
    }
  | {
      readonly kind: "site";
      readonly out: Value;
      readonly address: string;
      readonly family: FamilyName;
      readonly parameters: readonly Value[];
      readonly repeat: readonly number[] | undefined;
      readonly strategy: StrategyName;
    }
  | {
      readonly kind: "cond";
      readonly out: Value;
      readonly address: string;
      readonly on: Value;
      readonly is: number;
      readonly branches: readonly [Block, Block];
    }
  | {
      readonly kind: "scan";
      readonly out: Value;
      readonly outputs: Value;
      readonly address: string;
      readonly length: number;
      readonly initial: Value;
      readonly sequence: Value | undefined;
      readonly carry: Value;
      readonly element: Value;
      readonly body: Block;
      readonly output: Value;
    };

const families = ["flip", "bernoulli", "categorical", "categoricalLogits", "normal"] as const;
export type FamilyName = (typeof families)[number];

const discreteStrategies = [
  "default",
  "enumerate",
  "reinforce",
  "baseline",
  "batchBaseline",
  "copies2",
  "copies3",
  "copiesBaseline",
  "decay",
  "measureValued",
  "optimal",
  "importance",
  "rebar",
  "relax",
  "localExpectation",
  "topK",
  "unorderedSet",
] as const;
const coinStrategies = [...discreteStrategies, "muProp", "arm", "disarm"] as const;
const normalStrategies = [
  "default",
  "reparam",
  "reinforce",
  "baseline",
  "copies2",
  "copies3",
  "decay",
  "measureValued",
  "optimal",
  "importance",
  "muProp",
  "quadrature",
] as const;
/** Those under which a loop stays one. */
const additiveStrategies = ["reinforce", "copies2", "baseline", "copies3", "decay", "optimal"] as const;
export type StrategyName = (typeof coinStrategies)[number] | (typeof normalStrategies)[number];

/** Estimates that are exact to first order only. */
const firstOrder: readonly StrategyName[] = [
  "measureValued",
  "rebar",
  "relax",
  "localExpectation",
  "muProp",
  "arm",
  "disarm",
];

export interface RandomProgram {
  readonly body: Block;
  /** Weight of the log density of all choices in the objective; then the program runs under `simulate`. */
  readonly entropy: number | undefined;
  /** Whether derivatives of any order are estimated. */
  readonly isAnyOrder: boolean;
}

/** Points of the joint support that a program may have. */
const mostPoints = 400;
const mostElements = 24;
/** Nodes of the quadrature that stands for a normal. */
export const quadratureNodes = 14;

/** Builds a program from numbers; where they end, everything is the simplest choice. */
export function randomProgram(numbers: readonly number[]): RandomProgram {
  let at = 0;
  const below = (n: number): number => (numbers[at++] ?? 0) % n;
  const chance = (percent: number): boolean => below(100) >= 100 - percent;
  const pick = <T>(list: readonly T[]): T => list[below(list.length)]!;

  let names = 0;
  let addresses = 0;
  let points = 1;
  let normals = 0;
  let isAnyOrder = true;
  const fresh = (of: Omit<Value, "name">): Value => ({ name: `v${names++}`, ...of });

  /** One block under construction: what it may refer to, and its equations so far. */
  class Scope {
    readonly nodes: Node[] = [];
    constructor(
      readonly values: Value[],
      readonly steps: number,
      readonly depth: number,
      /** The strategies that its sites choose from; otherwise all that their family allows. */
      readonly strategies?: readonly StrategyName[],
    ) {}

    /** A value, the latest ones first. */
    any(isFit: (value: Value) => boolean = () => true): Value | undefined {
      const fitting = this.values.filter(isFit);
      return fitting.length === 0
        ? undefined
        : fitting[fitting.length - 1 - Math.min(below(fitting.length), below(fitting.length))]!;
    }

    apply(
      operation: OperationName,
      inputs: readonly Value[],
      attributes: Attributes = {},
      known: Partial<Value> = {},
    ): Value {
      const { shape } = operationOf(operation).plain(
        inputs.map((input) => plain(input.shape, () => 0)),
        attributes,
      );
      const bound = known.bound ?? Math.max(1, ...inputs.map((input) => input.bound));
      const degree = known.degree ?? Math.max(0, ...inputs.map((input) => input.degree));
      const out = fresh({
        shape,
        isRandom: inputs.some((input) => input.isRandom),
        degree,
        bound,
        ...(known.support && { support: known.support }),
      });
      this.nodes.push({ kind: "operation", out, operation, inputs, attributes });
      if (bound > 40) return this.apply("tanh", [out], {}, { bound: 1, degree: Math.min(1, degree) });
      this.values.push(out);
      return out;
    }

    constant(shape: readonly number[]): Value {
      return this.apply(
        "constant",
        [],
        { shape: [...shape], data: Array.from({ length: sizeOf(shape) }, () => (below(9) - 3) / 4 + 0.25) },
        { bound: 1.5, degree: 0 },
      );
    }

    /** The value, reduced so that it broadcasts to a shape. */
    fitting(value: Value, shape: readonly number[]): Value {
      const both = joint(value.shape, shape);
      if (both && both.length === shape.length && both.every((size, axis) => size === shape[axis])) return value;
      return this.apply("mean", [value], { axes: value.shape.map((_, axis) => axis), keepDims: false });
    }

    /** Exactly of a shape. */
    exactly(value: Value, shape: readonly number[]): Value {
      const fit = this.fitting(value, shape);
      return fit.shape.length === shape.length && fit.shape.every((size, axis) => size === shape[axis])
        ? fit
        : this.apply("broadcastTo", [fit], { shape: [...shape] });
    }

    /** A bounded form of earlier values that broadcasts to a shape. */
    form(shape: readonly number[]): Value {
      const isNear = (value: Value) => joint(value.shape, shape)?.length === shape.length;
      const terms = Array.from({ length: 1 + below(3) }, () => {
        const value = this.fitting((chance(70) ? this.any(isNear) : undefined) ?? this.any()!, shape);
        const tame =
          value.bound > 2.5 || value.degree > 1
            ? this.apply("tanh", [value], {}, { bound: 1, degree: Math.min(1, value.degree) })
            : value;
        return this.apply("scale", [tame], { by: pick([0.75, -0.75, 0.5, 1]) });
      });
      return terms.reduce((total, term) =>
        this.apply("add", [total, term], {}, { bound: Math.min(6, total.bound + term.bound) }),
      );
    }

    /** A random choice; `like` another one, it has its address, family and shape. */
    site(like?: Extract<Node, { kind: "site" }>): Value | undefined {
      const family = like?.family ?? pick(families);
      const isNormal = family === "normal";
      const isCoin = family === "flip" || family === "bernoulli";
      const support = isNormal ? quadratureNodes : isCoin ? 2 : (like?.out.support ?? 2 + below(2));
      const shape = like?.out.shape ?? pick([[], [], [2], [], [2, 1], [1], [2, 2], [3], [1, 2], [3, 1]]);
      const elements = sizeOf(shape) * this.steps;
      if (points * support ** elements > mostPoints || (isNormal && normals + elements > 2)) return undefined;
      points *= support ** elements;
      if (isNormal) normals += elements;
      const allowed = isNormal ? normalStrategies : isCoin ? coinStrategies : discreteStrategies;
      const strategy: StrategyName = pick<StrategyName>(this.strategies ?? allowed);
      if (firstOrder.includes(strategy)) isAnyOrder = false;
      const isRepeated = shape.length > 0 && chance(30);
      const own = isRepeated ? [] : shape;
      const wide = (value: Value) => (isRepeated ? this.exactly(value, []) : this.exactly(value, own));
      const parameters = (() => {
        switch (family) {
          case "flip":
            return [wide(this.apply("sigmoid", [this.form(own)], {}, { bound: 1 }))];
          case "bernoulli":
            return [wide(this.form(own))];
          case "categorical":
          case "categoricalLogits": {
            const logits = this.apply(
              "stack",
              Array.from({ length: support }, () => wide(this.form(own))),
              { axis: own.length },
            );
            return [family === "categorical" ? this.apply("softmax", [logits], {}, { bound: 1 }) : logits];
          }
          case "normal": {
            const loc = wide(this.form(own));
            const scale = chance(50)
              ? this.apply("shift", [this.apply("sigmoid", [this.form(own)], {}, { bound: 1 })], { by: 0.25 })
              : this.apply("constant", [], { shape: [], data: [pick([0.5, 1])] });
            return [loc, scale];
          }
        }
      })();
      const out = fresh({
        shape,
        isRandom: true,
        degree: isNormal ? 1 : 0,
        bound: isNormal ? 3 : support - 1,
        ...(!isNormal && { support }),
      });
      this.nodes.push({
        kind: "site",
        out,
        address: like?.address ?? `s${addresses++}`,
        family,
        parameters,
        repeat: isRepeated ? shape : undefined,
        strategy,
      });
      this.values.push(out);
      return out;
    }

    cond(): Value | undefined {
      if (this.depth > 1) return undefined;
      const predicate =
        (chance(80) ? this.any((value) => value.support !== undefined && value.shape.length === 0) : undefined) ??
        this.apply(
          "exceeds",
          [this.values.find(({ name }) => name === "a")!],
          { by: pick([0.125, 0.5]) },
          { support: 2, bound: 1, degree: 0 },
        );
      const shape = pick([[], [2], [2, 1]]);
      const branch = (like?: Extract<Node, { kind: "site" }>): Block => {
        const inner = new Scope([...this.values], this.steps, this.depth + 1, this.strategies);
        if (like) inner.site(like);
        inner.grow(1 + below(3), like ? 0 : 1);
        const isInner = (value: Value) => value.isRandom && !this.values.includes(value);
        return { nodes: inner.nodes, result: inner.exactly(inner.any(isInner) ?? inner.any()!, shape) };
      };
      const first = branch();
      // an equal address in both branches
      const branches = [
        first,
        branch(chance(60) ? first.nodes.find((node) => node.kind === "site") : undefined),
      ] as const;
      const results = branches.map((each) => each.result);
      const out = fresh({
        shape,
        isRandom: true,
        degree: Math.max(...results.map((r) => r.degree)),
        bound: Math.max(...results.map((r) => r.bound)),
      });
      this.nodes.push({ kind: "cond", out, address: `c${addresses++}`, on: predicate, is: below(2), branches });
      this.values.push(out);
      return out;
    }

    scan(): Value | undefined {
      if (this.depth > 1) return undefined;
      const length = 2 + below(2);
      const initial = this.any((value) => value.shape.length <= 1 && value.degree <= 1)!;
      const tame = this.apply("tanh", [initial], {}, { bound: 1, degree: Math.min(1, initial.degree) });
      const sequence = chance(50)
        ? (this.any((value) => value.shape[0] === length) ?? this.constant([length, 2]))
        : undefined;
      const carry = fresh({ shape: tame.shape, isRandom: true, degree: tame.degree, bound: 3 });
      const element = fresh({
        shape: sequence ? sequence.shape.slice(1) : [],
        isRandom: sequence?.isRandom ?? false,
        degree: sequence?.degree ?? 0,
        bound: sequence?.bound ?? 3,
      });
      const kept = chance(40) ? (chance(50) ? additiveStrategies : [pick(additiveStrategies)]) : undefined;
      const inner = new Scope([...this.values, element, carry], this.steps * length, this.depth + 1, kept);
      inner.grow(1 + below(3), 1);
      const update = inner.apply(
        "add",
        [inner.apply("scale", [carry], { by: 0.5 }), inner.exactly(inner.any()!, tame.shape)],
        {},
        { bound: 3 },
      );
      const next = inner.apply("tanh", [update], {}, { bound: 1, degree: Math.min(1, update.degree) });
      const output = inner.any()!;
      const out = fresh({ shape: tame.shape, isRandom: true, degree: 1, bound: 1 });
      const outputs = fresh({
        shape: [length, ...output.shape],
        isRandom: true,
        degree: Math.max(1, output.degree),
        bound: output.bound,
      });
      this.nodes.push({
        kind: "scan",
        out,
        outputs,
        address: `l${addresses++}`,
        length,
        initial: tame,
        sequence,
        carry,
        element,
        body: { nodes: inner.nodes, result: next },
        output,
      });
      this.values.push(out, outputs);
      return out;
    }

    operation(): Value | undefined {
      const small = (value: Value) => sizeOf(value.shape) <= mostElements / 2;
      const x = (chance(60) ? this.any((value) => value.isRandom && small(value)) : undefined) ?? this.any(small)!;
      const rank = x.shape.length;
      const axis = rank > 0 ? below(rank) : 0;
      const discrete = this.any((value) => value.support !== undefined);
      const isOf = (value: Value, other: readonly number[]) =>
        value.shape.length === other.length && value.shape.every((size, i) => size === other[i]);
      const partner = () =>
        this.any((y) => y.degree + x.degree <= 4 && sizeOf(joint(y.shape, x.shape) ?? [99]) <= mostElements)!;
      const axes = () => (chance(50) ? [axis] : x.shape.map((_, i) => i));
      const choices: (() => Value | undefined)[] = [
        () => {
          const y = partner();
          return y && this.apply("add", [x, y], {}, { bound: x.bound + y.bound });
        },
        () => {
          const y = partner();
          return y && this.apply("mul", [x, y], {}, { bound: x.bound * y.bound, degree: x.degree + y.degree });
        },
        () => {
          const y = partner();
          return y && this.apply("sub", [y, x], {}, { bound: x.bound + y.bound });
        },
        () => this.apply("neg", [x]),
        () => this.apply("scale", [x], { by: pick([2, -1.5, 0.5]) }, { bound: 2 * x.bound }),
        () => this.apply("shift", [x], { by: pick([1, -0.5]) }, { bound: x.bound + 1 }),
        () =>
          x.degree <= 2 ? this.apply("square", [x], {}, { bound: x.bound ** 2, degree: 2 * x.degree }) : undefined,
        () => this.apply("tanh", [x], {}, { bound: 1, degree: Math.min(1, x.degree) }),
        () => this.apply("exp", [x], {}, { bound: 3, degree: Math.min(1, x.degree) }),
        () =>
          this.apply("softplus", [
            x.bound > 5 || x.degree > 1 ? this.apply("tanh", [x], {}, { bound: 1, degree: Math.min(1, x.degree) }) : x,
          ]),
        () =>
          rank > 0
            ? this.apply("sum", [x], { axes: axes(), keepDims: chance(30) }, { bound: x.bound * sizeOf(x.shape) })
            : undefined,
        () => (rank > 0 ? this.apply("mean", [x], { axes: axes(), keepDims: chance(30) }) : undefined),
        () =>
          x.degree === 0 && rank > 0
            ? this.apply("prod", [x], { axes: [axis], keepDims: chance(30) }, { bound: x.bound ** x.shape[axis]! })
            : undefined,
        () => (x.degree === 0 && rank > 0 ? this.apply("max", [x], { axes: axes(), keepDims: chance(30) }) : undefined),
        () =>
          x.degree <= 1 && x.bound < 5 && rank > 0
            ? this.apply("logSumExp", [x], { axes: axes(), keepDims: chance(30) })
            : undefined,
        () => (x.degree <= 1 && x.bound < 5 && rank > 0 ? this.apply("softmax", [x], {}, { bound: 1 }) : undefined),
        () => {
          const y = partner();
          return y && x.degree + y.degree === 0 ? this.apply(pick(["maximum", "minimum"]), [x, y]) : undefined;
        },
        () => (x.degree === 0 ? this.apply("abs", [x]) : undefined),
        () => this.apply("reshape", [x], { shape: pick(reshapes(x.shape)) }, x.support ? { support: x.support } : {}),
        () =>
          rank > 1
            ? this.apply("transpose", [x], { order: pick(permutations(rank)) }, x.support ? { support: x.support } : {})
            : undefined,
        () => {
          if (rank < 1 || rank > 2) return undefined;
          const matrix =
            rank === 2
              ? x
              : this.apply("reshape", [x], {
                  shape: pick([
                    [1, x.shape[0]!],
                    [x.shape[0]!, 1],
                  ]),
                });
          if (chance(30)) {
            const y = this.any(
              (value) => value.shape.length === 2 && value.shape[0] === matrix.shape[1] && value.degree + x.degree <= 4,
            );
            if (y)
              return this.apply(
                "matMul",
                [matrix, y],
                {},
                { bound: x.bound * y.bound * 2, degree: x.degree + y.degree },
              );
          }
          return chance(50)
            ? this.apply("matMul", [matrix, this.constant([matrix.shape[1]!, 2])], {}, { bound: 3 * x.bound })
            : this.apply("matMul", [this.constant([2, matrix.shape[0]!]), matrix], {}, { bound: 3 * x.bound });
        },
        () => {
          if (rank === 0) return undefined;
          const rest = (shape: readonly number[]) => shape.filter((_, i) => i !== axis);
          const y = chance(50)
            ? this.constant(x.shape)
            : this.any(
                (value) =>
                  value.shape.length === rank && rest(value.shape).every((size, i) => size === rest(x.shape)[i]),
              )!;
          return this.apply("concat", chance(50) ? [x, y] : [y, x], { axis });
        },
        () =>
          this.apply("stack", [x, chance(40) ? this.constant(x.shape) : this.any((value) => isOf(value, x.shape))!], {
            axis: below(rank + 1),
          }),
        () => {
          if (rank === 0) return undefined;
          const begin = x.shape.map((size) => below(size));
          return this.apply(
            "slice",
            [x],
            { begin, size: x.shape.map((size, i) => 1 + below(size - begin[i]!)) },
            x.support ? { support: x.support } : {},
          );
        },
        () =>
          rank > 0
            ? this.apply(
                "gather",
                [x],
                { picks: Array.from({ length: 1 + below(3) }, () => below(x.shape[axis]!)), axis },
                x.support ? { support: x.support } : {},
              )
            : undefined,
        () => {
          if (!discrete || discrete.shape.length > 1) return undefined;
          const table = rank > 0 && x.shape[axis]! >= discrete.support! ? x : this.constant([discrete.support!]);
          return this.apply("lookUp", [table, discrete], { axis: table === x ? axis : 0, batchDims: 0 });
        },
        () => {
          const k = this.any((value) => value.support !== undefined && value.shape.length > 0);
          if (!k) return undefined;
          const table =
            this.any(
              (value) =>
                value.shape.length === k.shape.length + 1 &&
                k.shape.every((size, i) => size === value.shape[i]) &&
                value.shape.at(-1)! >= k.support!,
            ) ?? this.constant([...k.shape, k.support!]);
          const wide = this.apply("reshape", [k], { shape: [...k.shape, 1] }, { support: k.support! });
          return this.apply("lookUp", [table, wide], { axis: k.shape.length, batchDims: k.shape.length });
        },
        () => {
          const k = this.any((value) => value.support !== undefined && value.shape.length === 1);
          if (!k) return undefined;
          const rows = this.any((value) => value.shape[0] === k.shape[0])!;
          return this.apply("segmentSum", [rows, k], { count: k.support! }, { bound: rows.bound * k.shape[0]! });
        },
        () =>
          rank > 0
            ? this.apply(
                "cumsum",
                [x],
                { axis, exclusive: chance(40), reverse: chance(40) },
                { bound: x.bound * x.shape[axis]! },
              )
            : undefined,
        () => (rank > 0 ? this.apply("reverse", [x], { axis }) : undefined),
        () =>
          rank > 0 && small(x)
            ? this.apply("pad", [x], { paddings: x.shape.map(() => [below(2), below(2)]), value: pick([0, 1.5]) })
            : undefined,
        () => (rank > 0 ? this.apply("tile", [x], { times: x.shape.map(() => 1 + below(2)) }) : undefined),
        () =>
          discrete
            ? this.apply("oneHot", [discrete], { depth: discrete.support! }, { bound: 1, support: 2 })
            : undefined,
        () => {
          if (!discrete) return undefined;
          const y = partner();
          const shape = y && joint(discrete.shape, x.shape, y.shape);
          return shape && sizeOf(shape) <= mostElements
            ? this.apply(
                "where",
                [discrete, x, y],
                { is: below(2) },
                { bound: Math.max(x.bound, y.bound), degree: Math.max(x.degree, y.degree) },
              )
            : undefined;
        },
        () => {
          const other =
            discrete &&
            this.any((value) => value.support !== undefined && joint(value.shape, discrete.shape) !== undefined);
          return other ? this.apply("agree", [discrete, other], {}, { support: 2, bound: 1, degree: 0 }) : undefined;
        },
        () => {
          const k = this.any((value) => value.support !== undefined && value.shape.length > 0);
          return (
            k &&
            this.apply("argMax", [k], { axis: k.shape.length - 1 }, { support: Math.max(2, k.shape.at(-1)!), bound: 2 })
          );
        },
        () => (x.degree === 0 && rank > 0 && small(x) ? this.apply("sorted", [x]) : undefined),
        () => {
          const y = partner();
          return (
            y &&
            this.apply(
              "div",
              [
                y,
                this.apply(
                  "shift",
                  [this.apply("sigmoid", [x], {}, { bound: 1, degree: Math.min(1, x.degree) })],
                  { by: 0.5 },
                  { bound: 1.5 },
                ),
              ],
              {},
              { bound: 2 * y.bound, degree: y.degree + Math.min(1, x.degree) },
            )
          );
        },
      ];
      return pick(choices)();
    }

    /**
     * Elements of an axis brought together, or to other places, and then to a cost that is not linear in them: what a wrong
     * alignment of axes shows in.
     */
    twist(): Value | undefined {
      const x = this.any((value) => value.isRandom && value.degree <= 1 && value.shape.some((size) => size > 1));
      if (!x) return undefined;
      const rank = x.shape.length;
      const axis = pick(x.shape.flatMap((size, i) => (size > 1 ? [i] : [])));
      const n = x.shape[axis]!;
      const order = Array.from({ length: rank }, (_, i) => i);
      const turned = [...order.filter((i) => i !== axis), axis];
      const square = () =>
        this.apply(
          "matMul",
          [this.apply("transpose", [x], { order: turned }), this.constant([n, n])],
          {},
          { bound: 3 * x.bound },
        );
      const twisted = pick([
        () => this.apply("cumsum", [x], { axis, exclusive: chance(30), reverse: chance(50) }, { bound: x.bound * n }),
        () => this.apply("reverse", [x], { axis }),
        () =>
          rank > 1 ? this.apply("transpose", [x], { order: order.toReversed() }) : this.apply("reverse", [x], { axis }),
        () => this.apply("gather", [x], { picks: Array.from({ length: n }, () => below(n)), axis }),
        () =>
          rank === 2
            ? square()
            : this.apply("cumsum", [x], { axis, exclusive: false, reverse: false }, { bound: x.bound * n }),
      ])();
      const other = chance(50)
        ? this.any((value) => joint(value.shape, twisted.shape)?.length === rank && value.degree <= 1)
        : undefined;
      // sums of normals are kept small: costs that are steep in them are beyond the quadrature that stands for the truth
      const level =
        twisted.degree > 0 ? this.apply("scale", [twisted], { by: n > 2 ? 0.25 : 0.5 }, { bound: x.bound }) : twisted;
      const both =
        other && sizeOf(joint(other.shape, level.shape)!) <= mostElements
          ? this.apply("add", [level, other], {}, { bound: level.bound + other.bound })
          : level;
      return both.degree <= 1 && chance(50)
        ? this.apply("square", [both], {}, { bound: both.bound ** 2, degree: 2 * both.degree })
        : this.apply("tanh", [both], {}, { bound: 1, degree: Math.min(1, both.degree) });
    }

    /** Adds some equations, with at least some sites if they fit. */
    grow(count: number, sites: number): void {
      for (let i = 0; i < sites; i++) this.site();
      for (let i = 0; i < count; i++) {
        const kind = below(20);
        if (kind < 3) this.site();
        else if (kind < 5) this.cond();
        else if (kind === 5) this.scan();
        else if (kind < 9) this.twist();
        else this.operation();
      }
    }
  }

  const a: Value = { name: "a", shape: [], isRandom: false, degree: 0, bound: 1 };
  const b: Value = { name: "b", shape: [2], isRandom: false, degree: 0, bound: 1 };
  const scope = new Scope([b, a], 1, 0);
  scope.grow(2 + below(13), 1 + below(2));
  const candidates = scope.values.filter((value) => value.isRandom);
  const terms = Array.from({ length: 1 + below(3) }, () => {
    const term = scope.any((value) => candidates.includes(value)) ?? a;
    const total = scope.apply(
      chance(70) ? "sum" : "mean",
      [term],
      { axes: term.shape.map((_, axis) => axis), keepDims: false },
      { bound: 1 },
    );
    const mixed = chance(30)
      ? scope.apply("mul", [total, scope.exactly(chance(50) ? a : b, [])], {}, { bound: 1 })
      : total;
    return scope.apply("scale", [mixed], { by: pick([1, -1, 0.5]) });
  });
  const result = terms.reduce((total, term) => scope.apply("add", [total, term], {}, { bound: 1 }));
  const entropy = chance(20) ? pick([-1, 0.5]) : undefined;
  return { body: { nodes: scope.nodes, result }, entropy, isAnyOrder };
}

/** Other shapes of the same size. */
function reshapes(shape: readonly number[]): number[][] {
  const size = sizeOf(shape);
  const pairs = [1, 2, 3].filter((n) => size % n === 0).map((n) => [n, size / n]);
  return [[size], ...pairs, ...pairs.map(([m, n]) => [m!, 1, n!]), ...(size === 1 ? [[]] : [])];
}

function permutations(n: number): number[][] {
  if (n === 0) return [[]];
  return permutations(n - 1)
    .flatMap((rest) => Array.from({ length: n }, (_, i) => [...rest.slice(0, i), n - 1, ...rest.slice(i)]))
    .reverse();
}
