// The namespace `bijectors` of the public API: exp, sigmoid and their like would say too little, or collide, by themselves.
export { affine } from "./affine.js";
export {
  type AutoregressiveOptions,
  initAutoregressive,
  inverseAutoregressive,
  maskedAutoregressive,
} from "./autoregressive.js";
export type { Bijector } from "./bijector.js";
export { bijector } from "./bijector.js";
export { bounded } from "./bounded.js";
export { choleskyProduct } from "./choleskyProduct.js";
export { correlationCholesky } from "./correlationCholesky.js";
export {
  type ConditionedOptions,
  type CouplingOptions,
  coupling,
  initCoupling,
  type NetworkSizes,
} from "./coupling.js";
export { exp } from "./exp.js";
export { identity } from "./identity.js";
export { interval } from "./interval.js";
export { inverse } from "./inverse.js";
export { type LowerCholeskyOptions, lowerCholesky } from "./lowerCholesky.js";
export { type Conditioner, initMlp, type KeyOrSeed, type Layer, mlp } from "./mlp.js";
export { ordered } from "./ordered.js";
export { permute } from "./permute.js";
export { pipe } from "./pipe.js";
export { initPlanar, type PlanarParameters, planar } from "./planar.js";
export { power } from "./power.js";
export { initRationalQuadraticSpline, rationalQuadraticSpline, type SplineSizes } from "./rationalQuadraticSpline.js";
export { type BijectorRule, bijectorRule, type Monotone, type RuleParts } from "./rule.js";
export { sigmoid } from "./sigmoid.js";
export { softplus } from "./softplus.js";
export type { SplineOptions, SplineParameters } from "./spline.js";
export { stickBreaking } from "./stickBreaking.js";
export { affineTransformer, splineTransformer, type Transformer } from "./transformer.js";
export { trilAffine } from "./trilAffine.js";
