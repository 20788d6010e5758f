// Random programs run by Elbow.
import type { Tensor } from "@tensorflow/tfjs-core";
import * as tf from "@tensorflow/tfjs-core";
import {
  arm,
  bernoulli,
  categorical,
  cond,
  type Distribution,
  disarm,
  enumerate,
  flip,
  gen,
  iid,
  importance,
  localExpectation,
  measureValued,
  muProp,
  normal,
  objective,
  quadrature,
  rebar,
  reinforce,
  relax,
  reparam,
  sample,
  scan,
  simulate,
  topK,
  unorderedSet,
} from "elbow";
import type { Objective } from "../../src/inference/objective.js";
import type { Strategy } from "../../src/ir/site.js";
import { withStrategy } from "../../src/strategies/strategy.js";
import { operationOf } from "./plainArrays.js";
import {
  type Block,
  type FamilyName,
  quadratureNodes,
  type RandomProgram,
  type StrategyName,
  type Value,
} from "./randomPrograms.js";
import { proposalFor } from "./substitutes.js";

export type Theta = { readonly a: Tensor; readonly b: Tensor };
export const thetaTensors = ([a, ...b]: readonly number[]): Theta => ({ a: tf.scalar(a!), b: tf.tensor1d(b) });

/** What a site's strategy is replaced by: other ones, or deliberately wrong ones, to see that they are caught. */
export type Sabotage = (name: StrategyName, distribution: Distribution<Tensor, never>) => Strategy | undefined;

/** The types of strategies and families do not matter here. */
type Loose = any;

/** A number per element, from its relaxed value (for categories: from those of all of them). */
const surrogateFor =
  ({ batch }: Loose) =>
  (z: Tensor): Tensor => {
    const each = tf.mul(0.5, tf.sin(z));
    return z.rank > batch.length ? tf.sum(each, -1) : each;
  };

function chosen(distribution: Loose, name: StrategyName, sabotage: Sabotage | undefined): Loose {
  const wrong = sabotage?.(name, distribution);
  if (wrong) return withStrategy(distribution, wrong);
  switch (name) {
    case "default":
      return distribution;
    case "enumerate":
      return enumerate(distribution);
    case "reparam":
      return reparam(distribution);
    case "measureValued":
      return measureValued(distribution);
    case "reinforce":
      return reinforce(distribution);
    case "baseline":
      return reinforce(distribution, { baseline: 0.75 });
    case "batchBaseline":
      return reinforce(distribution, { baseline: tf.fill(distribution.batch, 0.5) });
    case "copies2":
      return reinforce(distribution, { copies: 2 });
    case "copies3":
      return reinforce(distribution, { copies: 3 });
    case "copiesBaseline":
      return reinforce(distribution, { copies: 2, baseline: 0.5 });
    case "decay":
      return reinforce(distribution, { baseline: { decay: 0.5 } });
    case "optimal":
      return reinforce(distribution, { baseline: "optimal", copies: 3 });
    case "importance":
      return importance(distribution, proposalFor(distribution));
    case "muProp":
      return muProp(distribution);
    case "arm":
      return arm(distribution);
    case "disarm":
      return disarm(distribution);
    case "rebar":
      return rebar(distribution);
    case "relax":
      return relax(distribution, { surrogate: surrogateFor(distribution) });
    case "localExpectation":
      return localExpectation(distribution);
    case "topK":
      return topK(distribution, { k: 1 });
    case "unorderedSet":
      return unorderedSet(distribution, { k: 2 });
    case "quadrature":
      return quadrature(distribution, { points: quadratureNodes });
  }
}

function distributionOf(family: FamilyName, [first, second]: Tensor[], repeat: readonly number[] | undefined): Loose {
  const own: Loose = (() => {
    switch (family) {
      case "flip":
        return flip(first!);
      case "bernoulli":
        return bernoulli({ logits: first! });
      case "categorical":
        return categorical({ probs: first! });
      case "categoricalLogits":
        return categorical({ logits: first! });
      case "normal":
        return normal(first!, second!);
    }
  })();
  return repeat ? iid(repeat, own) : own;
}

function* runBlock(
  { nodes: equations, result }: Block,
  outer: ReadonlyMap<string, Tensor>,
  sabotage: Sabotage | undefined,
): Generator<Loose, { result: Tensor; all: Map<string, Tensor> }, Loose> {
  const all = new Map(outer);
  const of = ({ name }: Value): Tensor => all.get(name)!;
  for (const node of equations) {
    if (node.kind === "operation")
      all.set(node.out.name, operationOf(node.operation).tf(node.inputs.map(of), node.attributes));
    else if (node.kind === "site")
      all.set(
        node.out.name,
        yield* sample(
          node.address,
          chosen(distributionOf(node.family, node.parameters.map(of), node.repeat), node.strategy, sabotage),
        ),
      );
    else if (node.kind === "cond") {
      const branch = (block: Block) =>
        gen(function* () {
          return (yield* runBlock(block, all, sabotage)).result;
        })();
      all.set(
        node.out.name,
        yield* cond(node.address, tf.equal(of(node.on), node.is), branch(node.branches[0]), branch(node.branches[1])),
      );
    } else {
      const step = (carry: Tensor, element: Tensor) =>
        gen(function* () {
          const inner = new Map(all).set(node.carry.name, carry).set(node.element.name, tf.cast(element, "float32"));
          const done = yield* runBlock(node.body, inner, sabotage);
          return { carry: done.result, output: done.all.get(node.output.name)! };
        })();
      const { carry, outputs }: Loose = yield* scan(
        node.address,
        step as Loose,
        of(node.initial),
        (node.sequence ? of(node.sequence) : node.length) as Loose,
      );
      all.set(node.out.name, carry).set(node.outputs.name, outputs);
    }
  }
  return { result: of(result), all };
}

/** The program as an objective of Elbow. */
export function toObjective({ body, entropy }: RandomProgram, sabotage?: Sabotage): Objective<Theta, []> {
  const whole = (theta: Theta) =>
    runBlock(
      body,
      new Map([
        ["a", theta.a],
        ["b", theta.b],
      ]),
      sabotage,
    );
  if (entropy === undefined)
    return objective(function* (theta: Theta) {
      return (yield* whole(theta)).result;
    });
  return objective(function* (theta: Theta) {
    const program = gen(function* () {
      return (yield* whole(theta)).result;
    });
    const { returnValue: result, logDensity } = yield* simulate(program());
    return tf.add(result, tf.mul(logDensity, entropy));
  });
}
