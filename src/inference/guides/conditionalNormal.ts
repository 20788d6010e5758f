// Normal guides that are a product of conditionals: every block of choices given some of those before it.
import type { Tensor } from "@tensorflow/tfjs-core";
import * as tf from "@tensorflow/tfjs-core";
import { logDensity } from "../../distributions/distribution.js";
import { normal } from "../../distributions/normal.js";
import type { Call } from "../../dsl/call.js";
import type { Choices } from "../../dsl/choices.js";
import { type Effects, sample } from "../../dsl/effects.js";
import { matVec, triangularSolveVector, tril } from "../../ops/linearAlgebra.js";
import { type Shape, sizeOf } from "../../util/shapes.js";
import { cut, joined, partsProgram } from "./jointProgram.js";
import { inOrder, startingPoint } from "./perSite.js";
import type { Site } from "./sites.js";

/** A choice that a block depends on. */
interface Parent {
  readonly site: number;
  /** Leading axes along which element n depends on element n alone. */
  readonly aligned: number;
}

/** Choices that are drawn together. */
export interface Block {
  readonly name: string;
  readonly sites: readonly number[];
  /** Leading axes of a single choice along which its elements are independent of one another, given the parents. */
  readonly independent: number;
  readonly parents: readonly Parent[];
}

/** Parameters of such a guide. */
export type ConditionalParameters = {
  readonly loc: Choices;
  readonly logScale: Choices;
  readonly factor: { readonly [block: string]: Tensor };
  readonly weights: { readonly [block: string]: { readonly [parent: string]: Tensor } };
};

/** The shape of a block's coordinates: axes along which they are independent, and how many there are together. */
function matrixShape(sites: readonly Site[], members: readonly number[], leading: number): Shape {
  if (members.length > 1) return [members.reduce((sum, i) => sum + sizeOf(sites[i]!.unconstrained), 0)];
  const { unconstrained } = sites[members[0]!]!;
  return [...unconstrained.slice(0, leading), sizeOf(unconstrained.slice(leading))];
}

const factorShape = (sites: readonly Site[], { sites: members, independent }: Block): Shape => {
  const shape = matrixShape(sites, members, independent);
  return [...shape, shape.at(-1)!];
};

const weightShape = (sites: readonly Site[], { sites: members }: Block, { site, aligned }: Parent): Shape => [
  ...matrixShape(sites, members, aligned),
  matrixShape(sites, [site], aligned).at(-1)!,
];

/** Starting values: independent normals. */
export const conditionalStart = (
  sites: readonly Site[],
  blocks: readonly Block[],
  scale: number,
): ConditionalParameters => ({
  ...startingPoint(sites, scale),
  factor: Object.fromEntries(
    blocks.flatMap((block) => {
      const shape = factorShape(sites, block);
      return shape.at(-1) === 1 ? [] : [[block.name, tf.zeros([...shape])]];
    }),
  ),
  weights: Object.fromEntries(
    blocks.flatMap((block) => {
      const own = block.parents.map((parent) => [
        sites[parent.site]!.address,
        tf.zeros([...weightShape(sites, block, parent)]),
      ]);
      return own.length === 0 ? [] : [[block.name, Object.fromEntries(own)]];
    }),
  ),
});

/**
 * u = m + s·z, z_b = (I + F_b)ε_b + Σ W_bp z_p over the parents p of a block b, F strictly lower triangular: all is in units of
 * the scales s, and the determinant is their product.
 */
export function conditionalNormal(
  name: string,
  sites: readonly Site[],
  blocks: readonly Block[],
  { loc, logScale, factor, weights }: ConditionalParameters,
): Call<Choices, Choices> {
  const [locs, logScales] = [inOrder(sites, loc), inOrder(sites, logScale)];
  const shapes = sites.map(({ unconstrained }) => unconstrained);
  const logScaleSum = tf.sum(joined(logScales));
  const unitOf = ({ name: block }: Block): Tensor | undefined => {
    const own = factor[block];
    return own && tf.add(tril(own, -1), tf.eye(own.shape.at(-1)!));
  };
  /** What the parents add, as a vector. */
  const fromParents = ({ name: block, parents, sites: members }: Block, z: readonly (Tensor | undefined)[]): Tensor[] =>
    parents.map(({ site, aligned }) => {
      const parent = tf.reshape(z[site]!, [...matrixShape(sites, [site], aligned)]);
      const weight = weights[block]![sites[site]!.address]!;
      return tf.reshape(matVec(weight, parent), [sizeOf(matrixShape(sites, members, aligned))]);
    });
  return partsProgram(name, sites, {
    *draw(): Effects<unknown, { parts: readonly Tensor[]; logDensity: Tensor }> {
      const z: (Tensor | undefined)[] = sites.map(() => undefined);
      let density: Tensor = tf.neg(logScaleSum);
      for (const [i, block] of blocks.entries()) {
        const shape = matrixShape(sites, block.sites, block.independent);
        const base = normal(tf.zeros([...shape]), 1);
        const noise = yield* sample(`noise ${i} of ${block.name.replaceAll("/", ".")}`, base);
        density = tf.add(density, tf.sum(logDensity(base, noise)));
        const unit = unitOf(block);
        const own = tf.reshape(unit ? matVec(unit, noise) : noise, [sizeOf(shape)]);
        const vector = fromParents(block, z).reduce<Tensor>((sum, term) => tf.add(sum, term), own);
        const parts = cut(
          vector,
          block.sites.map((site) => shapes[site]!),
        );
        block.sites.forEach((site, at) => {
          z[site] = parts[at]!;
        });
      }
      const parts = sites.map((_, i) => tf.add(locs[i]!, tf.mul(tf.exp(logScales[i]!), z[i]!)));
      return { parts, logDensity: density };
    },
    assess: (parts) => {
      const z = parts.map((u, i) => tf.div(tf.sub(u, locs[i]!), tf.exp(logScales[i]!)));
      const densities = blocks.map((block) => {
        const shape = matrixShape(sites, block.sites, block.independent);
        const own = joined(block.sites.map((i) => z[i]!));
        const rest = tf.reshape(
          fromParents(block, z).reduce<Tensor>((sum, term) => tf.sub(sum, term), own),
          [...shape],
        );
        const unit = unitOf(block);
        return tf.sum(logDensity(normal(tf.zeros([...shape]), 1), unit ? triangularSolveVector(unit, rest) : rest));
      });
      return densities.reduce((sum, each) => tf.add(sum, each), tf.neg(logScaleSum));
    },
  });
}
