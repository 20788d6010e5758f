// Rules for expectations under d independent standard normal variables.
import { gaussHermite } from "./gaussHermite.js";

/** Σ wᵢ·f(xᵢ) for points of several dimensions. */
export interface PointRule {
  readonly points: readonly (readonly number[])[];
  readonly weights: readonly number[];
}

/** All combinations of n Gauss–Hermite nodes: exact up to degree 2n − 1 in every variable. nᵈ points. */
export function productRule(dimension: number, n: number): PointRule {
  const { nodes, weights } = gaussHermite(n);
  let rule: PointRule = { points: [[]], weights: [1] };
  for (let axis = 0; axis < dimension; axis++)
    rule = {
      points: rule.points.flatMap((point) => nodes.map((node) => [...point, node])),
      weights: rule.weights.flatMap((weight) => weights.map((each) => weight * each)),
    };
  return rule;
}

/** r at one coordinate, 0 elsewhere. */
const alongAxis = (dimension: number, axis: number, r: number): number[] =>
  Array.from({ length: dimension }, (_, i) => (i === axis ? r : 0));

/** Both signs of r along every axis. */
const axisPoints = (dimension: number, r: number): number[][] =>
  Array.from({ length: dimension }, (_, axis) => axis).flatMap((axis) => [
    alongAxis(dimension, axis, r),
    alongAxis(dimension, axis, -r),
  ]);

/**
 * The sigma points of the unscented transformation (Julier & Uhlmann 1997) with κ = 1: the centre and √(d + 1) along every
 * axis. Exact up to total degree 3, with positive weights. 2d + 1 points.
 */
export function unscentedRule(dimension: number): PointRule {
  const spread = dimension + 1;
  const axes = axisPoints(dimension, Math.sqrt(spread));
  return {
    points: [alongAxis(dimension, -1, 0), ...axes],
    weights: [1 / spread, ...axes.map(() => 1 / (2 * spread))],
  };
}

/**
 * The fifth-degree spherical-radial cubature rule (Jia, Xin & Cheng 2013, "High-degree cubature Kalman filter"): the centre,
 * √(d + 2) along every axis and along every diagonal of two axes. Exact up to total degree 5; for d > 4 the weights of the
 * axes are negative. 2d² + 1 points.
 */
export function cubatureRule(dimension: number): PointRule {
  const spread = dimension + 2;
  const axes = axisPoints(dimension, Math.sqrt(spread));
  const diagonals: number[][] = [];
  const half = Math.sqrt(spread / 2);
  for (let i = 0; i < dimension; i++)
    for (let j = i + 1; j < dimension; j++)
      for (const [x, y] of [
        [half, half],
        [half, -half],
        [-half, half],
        [-half, -half],
      ] as const)
        diagonals.push(alongAxis(dimension, -1, 0).map((_, k) => (k === i ? x : k === j ? y : 0)));
  return {
    points: [alongAxis(dimension, -1, 0), ...axes, ...diagonals],
    weights: [
      2 / spread,
      ...axes.map(() => (4 - dimension) / (2 * spread * spread)),
      ...diagonals.map(() => 1 / (spread * spread)),
    ],
  };
}
